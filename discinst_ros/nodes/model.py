# SPDX-License-Identifier: Apache-2.0
"""The segmenters of a configured node: loaded as the parameters say, chosen by what comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from discinst_ros.instances import Instances
from discinst_ros.nodes.frame_input import FrameInput
from discinst_ros.nodes.parameters import Parameters

#: Height and width of the image that the first run is made with, so that the camera's first
#: image does not pay for it.
WARM_UP_SIZE = (480, 640)


class Model:
    """Segmenters for images with depth and without, and what /diagnostics says of them."""

    def __init__(self, parameters: Parameters, say: Callable[[str], object]) -> None:
        """
        Load the weights.

        :param parameters: of the node.
        :param say: is told which weights are used, each time these are others.
        :raises ValueError: for weights that cannot be used.
        """
        # Here and not above: torch takes seconds to import, and the node should answer sooner.
        from discinst_ros.inference import SegmenterPair

        self._say = say
        self._segmenters = SegmenterPair(
            parameters['checkpoint'], parameters['depth_checkpoint'], parameters['device'],
            parameters['semantics_checkpoint'], bandwidth=parameters['bandwidth'] or None,
            min_pixels=parameters['min_pixels'] or None,
            use_depth=parameters['use_depth'] != 'never')
        self._segmenters.warm_up(*WARM_UP_SIZE)
        self._used: Path | None = None
        self.device = str(self._segmenters.device)
        self.class_names = tuple(self._segmenters.class_names)

    @property
    def name(self) -> str:
        """The path of the weights in use; of all that may be, while no image has come."""
        if self._used is not None:
            return str(self._used)
        pair = self._segmenters
        return ', '.join(dict.fromkeys(map(str, (pair.depth_path, pair.path))))

    def segment(self, data: FrameInput) -> Instances:
        """
        Return the instances of an image.

        :raises ValueError: where the weights see depth and the image has none.
        """
        path = self._segmenters.path_for(data.depth, data.intrinsics)
        if path != self._used:
            self._say(f'images come {data.seen}: {path}')
            self._used = path
        return self._segmenters(data.rgb, data.depth, data.intrinsics)

    def release(self) -> None:
        """Give up the weights, and the memory of the GPU that they were in."""
        del self._segmenters
        if self.device.startswith('cuda'):
            import torch

            torch.cuda.empty_cache()
