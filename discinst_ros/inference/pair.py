# SPDX-License-Identifier: Apache-2.0
"""Two sets of weights side by side: those that see depth, and others for images without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from discinst_ros.inference.checks import InferenceError
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.instances import Instances, Intrinsics
from discinst_ros.resources import default_checkpoint, default_depth_checkpoint
import numpy as np
import numpy.typing as npt


class SegmenterPair:
    """A segmenter for each image: with depth and without."""

    def __init__(self, path: str | Path | None = None, depth_path: str | Path | None = None,
                 device: str = 'auto', semantics: str | Path | None = None, *,
                 bandwidth: float | None = None, min_pixels: int | None = None,
                 use_depth: bool = True, classes_given: bool = False) -> None:
        """
        Read the weights; those that are shipped where no path is given.

        :param path: of the weights; None and '' stand for the shipped ones.
        :param depth_path: of those for images with depth and intrinsics; without, they are the
            shipped ones where those of ``path`` are, else the weights of ``path`` serve all
            images.
        :param device: as of :class:`InstanceSegmenter`, as the following.
        :param semantics: a checkpoint whose class scores are used with both.
        :param use_depth: False where no image will have depth.
        :param classes_given: as of :meth:`InstanceSegmenter.from_checkpoint`.
        :raises CheckpointError: where a file cannot be used.
        :raises InferenceError: where the device is not there, or the two do not go together.
        """
        if not path and not depth_path:
            depth_path = default_depth_checkpoint()
        #: Of the weights for images without depth, and with it.
        self.path = Path(path or default_checkpoint())
        self.depth_path = Path(depth_path or self.path) if use_depth else self.path
        same = self.depth_path == self.path

        def read(one: Path) -> InstanceSegmenter:
            return InstanceSegmenter.from_checkpoint(
                one, device, semantics or None, bandwidth=bandwidth, min_pixels=min_pixels,
                classes_given=classes_given)

        self._colour = read(self.path)
        self._depth = self._colour if same else read(self.depth_path)
        if self._colour.class_names != self._depth.class_names:
            raise InferenceError(
                f"'{self.path}' finds {list(self._colour.class_names)} and '{self.depth_path}' "
                f'{list(self._depth.class_names)}; give weights of the same classes')
        if not use_depth and self._colour.sees_depth:
            raise InferenceError(f"'{self.path}' was trained to see depth, which is not used; use "
                                 'it, or give weights that see colours alone')
        self.device = self._colour.device
        self.class_names = self._colour.class_names

    def path_for(self, depth: object, intrinsics: object) -> Path:
        """Return which weights an image is given to, by what comes with it."""
        return self.path if depth is None or intrinsics is None else self.depth_path

    def warm_up(self, height: int, width: int) -> None:
        """Run both on an image of this size once."""
        self._colour.warm_up(height, width)
        if self._depth is not self._colour:
            self._depth.warm_up(height, width)

    def __call__(
        self,
        rgb: npt.NDArray[np.uint8],
        depth: npt.NDArray[np.floating[Any]] | None = None,
        intrinsics: Intrinsics | None = None,
        *,
        classes: npt.NDArray[np.integer[Any]] | None = None,
    ) -> Instances:
        """Separate the objects of an image; all as of :class:`InstanceSegmenter`."""
        one = self._colour if self.path_for(depth, intrinsics) == self.path else self._depth
        return one(rgb, depth, intrinsics, classes=classes)
