# SPDX-License-Identifier: Apache-2.0
"""The one composition, image in and instances out; evaluation, commands and node all run it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from discinst_ros.clustering import mean_shift, MIN_PIXELS
from discinst_ros.clustering.seeds import inner
from discinst_ros.geometry.surface import pose_of_mask
from discinst_ros.inference.checks import (
    checked_classes,
    checked_depth,
    checked_image,
    checked_intrinsics,
    choose_device,
    InferenceError,
)
from discinst_ros.inference.evidence import instance_evidence
from discinst_ros.inference.fields import check_scores, columns, Fields, highest
from discinst_ros.inference.model import Model, prepared
from discinst_ros.inference.preprocess import to_input
from discinst_ros.inference.regions import label_regions, Region, to_label_image
from discinst_ros.inference.scores import check_weights, instance_scores
from discinst_ros.inference.stopwatch import Stopwatch
from discinst_ros.instances import Instance, Instances, Intrinsics, ObjectPose
from discinst_ros.model_config import ModelConfig
from discinst_ros.out_of_memory import explained
import numpy as np
import numpy.typing as npt
import torch
from torch import nn, Tensor
from torch.nn import functional

#: What to do where an image does not fit.
_LOWER = ('give smaller images, train with a smaller long_side_px, or take a smaller network, or '
          'on a GPU the device cpu')


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
        self._network = prepared(network, self.device)
        self._semantics = semantics and Model(
            prepared(semantics.network, self.device), semantics.config)

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
        return (self._semantics.config if self._semantics else self.config).class_names

    @property
    def sees_depth(self) -> bool:
        """Whether a network looks at depth, so that no image can do without."""
        return any(config.depth is not None for config in (
            self.config, *([self._semantics.config] if self._semantics else [])))

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
        fields = self._look(rgb, metres, camera, watch)
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
        return self._look(
            rgb, None if depth is None else checked_depth(depth, height, width),
            None if intrinsics is None else checked_intrinsics(intrinsics, height, width),
            watch or Stopwatch(self.device))

    @torch.inference_mode()
    def _look(self, rgb: npt.NDArray[np.uint8], depth: npt.NDArray[np.float32] | None,
              intrinsics: Intrinsics | None, watch: Stopwatch) -> Fields:
        """Run the networks on what has been checked."""
        size = (rgb.shape[0], rgb.shape[1])
        with explained(InferenceError, f'an image of {size[1]}x{size[0]}', _LOWER):
            writable = np.require(rgb, requirements=('C', 'W'))  # torch warns of any other
            image = torch.from_numpy(writable).to(self.device)[None]
            seen = self._depth(depth, intrinsics)
            x = to_input(image, self.config, *seen)
            watch.lap('preprocess')
            embeddings, scores = self._run_networks(image, x, seen)
            check_scores(scores)
            fields = Fields(embeddings, highest(scores), scores, size)
            watch.lap('network')
        return fields

    @torch.inference_mode()
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
        watch = watch or Stopwatch(self.device)
        radii = self.config.clustering_radii(self.bandwidth if bandwidth is None else bandwidth)
        if reach is not None:
            radii['reach'] = max(radii['bandwidth'], reach)
        with explained(InferenceError, f'clustering {fields.size[1]}x{fields.size[0]}', _LOWER):
            labels = mean_shift(fields.embeddings, fields.classes, **radii,
                                min_pixels=self.min_pixels if min_pixels is None else min_pixels)
            class_ids, evidence = self._judge(fields, labels)
        scores = instance_scores(evidence, self.config.score_weights).tolist()
        label_image = to_label_image(labels, *fields.size)
        regions = label_regions(label_image)
        watch.lap('clustering')
        poses = [_pose(label_image, region, depth, intrinsics) for region in regions]
        watch.lap('poses')
        return Instances(label_image, tuple(
            Instance(label=region.label, class_id=class_ids[region.label - 1],
                     score=scores[region.label - 1], box=region.box,
                     pixel_count=region.pixel_count, pose=pose)
            for region, pose in zip(regions, poses, strict=True)), watch.laps_s,
            evidence[[region.label - 1 for region in regions]].cpu().numpy())

    def _depth(self, depth: npt.NDArray[np.float32] | None, camera: Intrinsics | None
               ) -> tuple[Tensor | None, Tensor | None]:
        """Return depth (1×H×W) and camera (1×4) for the networks that see them."""
        if not self.sees_depth:
            return None, None
        if depth is None or camera is None:
            raise InferenceError('the weights were trained to see depth and this image has no '
                                 f'{"depth" if depth is None else "intrinsics"}; give both, or '
                                 'take weights that see colours alone')
        metres = torch.from_numpy(np.ascontiguousarray(depth))
        return metres.to(self.device)[None], torch.tensor(
            [(camera.fx, camera.fy, camera.cx, camera.cy)], dtype=torch.float32,
            device=self.device)

    def _run_networks(self, image: Tensor, x: Tensor, seen: tuple[Tensor | None, Tensor | None]
                      ) -> tuple[Tensor, Tensor]:
        """Return embeddings D×h×w and class scores K×h×w of one image."""
        embeddings, scores = self._network(x)
        if self._semantics:
            scores = self._semantics.network(to_input(image, self._semantics.config, *seen))[1]
            if scores.shape[-2:] != embeddings.shape[-2:]:
                scores = functional.interpolate(
                    scores, embeddings.shape[-2:], mode='bilinear', align_corners=False)
        return embeddings[0], scores[0]

    def _judge(self, fields: Fields, labels: Tensor) -> tuple[Sequence[int], Tensor]:
        """Return the class and the evidence (N×F) of each label, in their order."""
        pixels = labels.flatten().nonzero().squeeze(1)
        own = labels.flatten().index_select(0, pixels).long()
        given = fields.classes.flatten().index_select(0, pixels)
        class_ids = given.new_zeros(int(own.amax()) if len(own) else 0)
        class_ids[own - 1] = given  # a cluster has one class, whichever pixel is written last
        evidence = instance_evidence(
            columns(fields.embeddings, pixels), own, fields.probability(pixels),
            inner(labels).flatten().index_select(0, pixels), delta_v=self.config.delta_v,
            delta_d=self.config.delta_d, image_pixels=labels.numel())
        return class_ids.tolist(), evidence


def _pose(
    label_image: npt.NDArray[np.uint16], region: Region, depth: npt.NDArray[np.float32] | None,
    intrinsics: Intrinsics | None,
) -> ObjectPose | None:
    if depth is None or intrinsics is None:
        return None
    x0, y0, x1, y1 = region.box
    window = (slice(y0, y1), slice(x0, x1))
    return pose_of_mask(depth[window], label_image[window] == region.label, intrinsics, (x0, y0))
