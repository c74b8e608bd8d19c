# SPDX-License-Identifier: Apache-2.0
"""The one composition, image in and instances out; evaluation, commands and node all run it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from discinst_ros.clustering import MIN_PIXELS
from discinst_ros.inference.checks import (
    checked_classes,
    checked_depth,
    checked_image,
    checked_intrinsics,
    choose_device,
)
from discinst_ros.inference.fields import Fields
from discinst_ros.inference.grouping import group_pixels
from discinst_ros.inference.model import Model
from discinst_ros.inference.networks import Networks
from discinst_ros.inference.scores import check_weights
from discinst_ros.inference.stopwatch import Stopwatch
from discinst_ros.instances import Instances, Intrinsics
from discinst_ros.model_config import ModelConfig
import numpy as np
import numpy.typing as npt
from torch import nn


class InstanceSegmenter:
    """Separate the objects of an image, and find their poses where there is depth."""

    def __init__(
        self,
        network: nn.Module,
        config: ModelConfig,
        device: str = 'auto',
        *,
        semantics: Model | None = None,
        bandwidth: float | None = None,
        min_pixels: int | None = None,
    ) -> None:
        """
        Take a network to the device it is to run on.

        :param network: gives embeddings and class scores.
        :param config: of the network.
        :param device: 'auto', 'cpu', 'cuda', 'cuda:1' and so on.
        :param semantics: another network, whose class scores are used instead.
        :param bandwidth: of the clustering, instead of the checkpoint's.
        :param min_pixels: smallest cluster kept, pixels of the network's input, instead of the
            clustering's default.
        :raises InferenceError: where the device is not there.
        """
        check_weights(config.score_weights)
        self.device = choose_device(device)
        self.config = config
        self.bandwidth = config.clustering_bandwidth if bandwidth is None else bandwidth
        self.min_pixels = MIN_PIXELS if min_pixels is None else min_pixels
        self._networks = Networks(Model(network, config), semantics, self.device)

    @classmethod
    def from_checkpoint(
        cls,
        path: str | Path,
        device: str = 'auto',
        semantics: str | Path | None = None,
        *,
        bandwidth: float | None = None,
        min_pixels: int | None = None,
        classes_given: bool = False,
    ) -> InstanceSegmenter:
        """
        Read the weights from a checkpoint file; the other parameters are the constructor's.

        :param semantics: a second checkpoint, whose class scores are used instead.
        :param classes_given: the classes of each image will be given, so that those of the
            network need not have been trained.
        :raises CheckpointError: where a file cannot be used, or what it is to give was not
            trained.
        :raises InferenceError: where the device is not there.
        """
        model = Model.from_checkpoint(path)
        model.refuse_untrained(path, 'embedding', 'give it as semantics (--semantics), beside a '
                               'checkpoint that was trained to embed')
        other = None if semantics is None else Model.from_checkpoint(semantics)
        if other and semantics:
            other.refuse_untrained(semantics, 'semantics', 'give another as semantics')
        elif not classes_given:
            model.refuse_untrained(path, 'semantics', 'give one that was trained for them beside '
                                   'it as semantics (--semantics), or true classes '
                                   '(--true-semantics)')
        return cls(model.network, model.config, device, semantics=other, bandwidth=bandwidth,
                   min_pixels=min_pixels)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names by class id, of the network that gives the classes."""
        return self._networks.class_names

    @property
    def sees_depth(self) -> bool:
        """Whether a network looks at depth, so that no image can do without."""
        return self._networks.sees_depth

    def warm_up(self, height: int, width: int) -> None:
        """Run on an image of this size once, so that the first real one takes no longer."""
        self(np.zeros((height, width, 3), dtype=np.uint8), np.ones((height, width), np.float32),
             Intrinsics(width, width, width / 2, height / 2, width, height))

    def __call__(
        self,
        rgb: npt.NDArray[np.uint8],
        depth: npt.NDArray[np.floating[Any]] | None = None,
        intrinsics: Intrinsics | None = None,
        *,
        classes: npt.NDArray[np.integer[Any]] | None = None,
    ) -> Instances:
        """
        Separate the objects of an image.

        :param rgb: H×W×3 uint8.
        :param depth: h×w metres along the optical axis, registered to the image; 0, infinite
            and NaN = none. Another resolution of the same aspect is resampled.
        :param intrinsics: of the image. Without depth or intrinsics no instance has a pose, and
            networks that see depth cannot run.
        :param classes: H×W integer class ids, 0 and below = background, where they are known;
            they take the place of the network's. What :attr:`class_names` says of them is the
            caller's to know.
        :return: the same for the same input.
        :raises InferenceError: for input that is not as described.
        """
        rgb = checked_image(rgb)
        height, width = rgb.shape[:2]
        metres = None if depth is None else checked_depth(depth, height, width)
        camera = None if intrinsics is None else checked_intrinsics(intrinsics, height, width)
        watch = Stopwatch(self.device)
        fields = self._networks.look(rgb, metres, camera, watch)
        if classes is not None:
            fields = fields.with_classes(checked_classes(classes, height, width))
        return self.group(fields, metres, camera, watch=watch)

    def look(
        self,
        rgb: npt.NDArray[np.uint8],
        depth: npt.NDArray[np.floating[Any]] | None = None,
        intrinsics: Intrinsics | None = None,
        *,
        watch: Stopwatch | None = None,
    ) -> Fields:
        """
        Run the networks: the first half of a call, of which :meth:`group` is the second.

        :param rgb: H×W×3 uint8.
        :param depth: as of a call; networks that see colours alone do without.
        :param intrinsics: as of a call, too.
        :param watch: to note the time of the stages with.
        :raises InferenceError: for input that is not as described.
        """
        rgb = checked_image(rgb)
        height, width = rgb.shape[:2]
        return self._networks.look(
            rgb, None if depth is None else checked_depth(depth, height, width),
            None if intrinsics is None else checked_intrinsics(intrinsics, height, width),
            watch or Stopwatch(self.device))

    def group(
        self,
        fields: Fields,
        depth: npt.NDArray[np.float32] | None = None,
        intrinsics: Intrinsics | None = None,
        *,
        bandwidth: float | None = None,
        reach: float | None = None,
        min_pixels: int | None = None,
        watch: Stopwatch | None = None,
    ) -> Instances:
        """
        Group the pixels: the second half of a call, which can be repeated with other settings.

        :param fields: what :meth:`look` returned for the image.
        :param depth: H×W float32 metres, NaN = none, at the size of the image.
        :param intrinsics: of the image at this size.
        :param bandwidth: instead of the segmenter's.
        :param reach: instead of the configuration's; never less than the bandwidth.
        :param min_pixels: instead of the segmenter's.
        :param watch: to note the time of the stages with.
        """
        return group_pixels(
            fields, depth, intrinsics, self.config,
            bandwidth=self.bandwidth if bandwidth is None else bandwidth, reach=reach,
            min_pixels=self.min_pixels if min_pixels is None else min_pixels,
            watch=watch or Stopwatch(self.device))
