# SPDX-License-Identifier: Apache-2.0
"""
The figures of the paper to stand beside ours.

De Brabandere, Neven, Van Gool: Semantic Instance Segmentation with a Discriminative Loss Function,
2017 (arXiv 1708.02551), Table 2: the class car of the validation images of Cityscapes, measured on
an NVIDIA Titan X. The paper does not say what its memory counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.benchmark.options import Size

SOURCE = ('paper: De Brabandere et al. 2017, arXiv 1708.02551, Table 2 (Cityscapes val, car; '
          'Titan X)')
#: The sizes of its images.
SIZES = (Size(512, 256), Size(768, 384), Size(1024, 512))
#: Parameters of each network, millions.
PARAMETERS_M = {'enet': 0.36, 'segnet': 29.4, 'dilation': 134.3, 'resnet38': 124.0}


@dataclass(frozen=True)
class PaperRow:
    """One network at one size."""

    ap: float
    #: With the true semantics.
    ap_gt: float
    fps: float
    memory_gb: float


#: ResNet-38 at the largest size is missing there, too.
TABLE2: dict[tuple[str, Size], PaperRow] = {
    ('enet', SIZES[0]): PaperRow(0.19, 0.21, 145, 1.00),
    ('enet', SIZES[1]): PaperRow(0.21, 0.25, 94, 1.03),
    ('enet', SIZES[2]): PaperRow(0.20, 0.26, 61, 1.12),
    ('segnet', SIZES[0]): PaperRow(0.20, 0.22, 27, 1.22),
    ('segnet', SIZES[1]): PaperRow(0.22, 0.26, 14, 1.29),
    ('segnet', SIZES[2]): PaperRow(0.18, 0.24, 8, 1.47),
    ('dilation', SIZES[0]): PaperRow(0.21, 0.24, 15, 2.20),
    ('dilation', SIZES[1]): PaperRow(0.24, 0.29, 6, 2.64),
    ('dilation', SIZES[2]): PaperRow(0.23, 0.30, 4, 3.27),
    ('resnet38', SIZES[0]): PaperRow(0.24, 0.27, 12, 4.45),
    ('resnet38', SIZES[1]): PaperRow(0.29, 0.34, 5, 8.83),
}
