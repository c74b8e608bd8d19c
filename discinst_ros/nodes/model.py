# SPDX-License-Identifier: Apache-2.0
"""The segmenter of a configured node: loaded as the parameters say, and let go."""

from __future__ import annotations

from pathlib import Path

from discinst_ros.instances import Instances
from discinst_ros.nodes.frame_input import FrameInput
from discinst_ros.nodes.parameters import Parameters
from discinst_ros.resources import default_checkpoint

#: Height and width of the image that the first run is made with, so that the camera's first
#: image does not pay for it.
WARM_UP_SIZE = (480, 640)


class Model:
    """A segmenter and what /diagnostics says of it."""

    def __init__(self, parameters: Parameters) -> None:
        """
        Load the weights.

        :param parameters: of the node.
        :raises ValueError: for weights that cannot be used.
        """
        # Here and not above: torch takes seconds to import, and the node should answer sooner.
        from discinst_ros.inference import InstanceSegmenter

        path = Path(parameters['checkpoint'] or default_checkpoint())
        self._segmenter = InstanceSegmenter.from_checkpoint(
            path, device=parameters['device'],
            semantics=parameters['semantics_checkpoint'] or None,
            bandwidth=parameters['bandwidth'] or None,
            min_pixels=parameters['min_pixels'] or None)
        self._segmenter.warm_up(*WARM_UP_SIZE)
        #: Path of the weights.
        self.name = str(path)
        self.device = str(self._segmenter.device)
        self.class_names = tuple(self._segmenter.class_names)

    def segment(self, data: FrameInput) -> Instances:
        """Return the instances of an image."""
        return self._segmenter(data.rgb, data.depth, data.intrinsics)

    def release(self) -> None:
        """Give up the weights, and the memory of the GPU that they were in."""
        del self._segmenter
        if self.device.startswith('cuda'):
            import torch

            torch.cuda.empty_cache()
