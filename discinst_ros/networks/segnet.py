# SPDX-License-Identifier: Apache-2.0
"""
SegNet, with one output for embeddings and one for class scores.

Badrinarayanan, Kendall, Cipolla: SegNet: A Deep Convolutional Encoder-Decoder Architecture for
Image Segmentation, arXiv 1511.00561: Section 3 and Figure 2. The encoder is VGG-16 with batch
norm; each pooling remembers where its maxima were, and the decoder, its mirror image, puts them
back there.
"""

from __future__ import annotations

from discinst_ros.networks.dense import DenseNetwork
from discinst_ros.networks.pooling import max_pool_phase, max_unpool_phase
from discinst_ros.networks.vgg import check_in_channels, initialise, stage, STAGES, VggStages
from torch import nn, Tensor


class SegNet(DenseNetwork):
    """
    Thirteen convolutions down, thirteen up; the last of them is the head.

    :param embedding_dim: D.
    :param num_classes: K, background included.
    :param in_channels: C of the input, 1 or more.
    :raises ValueError: for an input without channels.
    """

    stride = 32

    def __init__(self, *, embedding_dim: int, num_classes: int, in_channels: int = 3) -> None:
        check_in_channels('SegNet', in_channels)
        super().__init__(embedding_dim, num_classes)
        self.encoder = VggStages(in_channels, batch_norm=True)
        # Each decoder stage ends with as many channels as the encoder stage above it.
        narrowing = [(*widths[:-1], above[-1]) for above, widths in zip(STAGES, STAGES[1:])]
        self.decoder = nn.ModuleList(
            stage(widths[0], widths, batch_norm=True)
            for widths in ((64,), *narrowing))
        self.head = nn.Conv2d(64, embedding_dim + num_classes, 3, padding=1)
        initialise(self)

    def maps(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×(D+K)×H×W."""
        phases = []
        for encode in self.encoder:
            x, phase = max_pool_phase(self.run(encode, x))
            phases.append(phase)
        for decode in reversed(self.decoder):
            x = self.run(decode, max_unpool_phase(x, phases.pop()))
        return self.head(x)  # type: ignore[no-any-return]
