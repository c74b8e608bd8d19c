# SPDX-License-Identifier: Apache-2.0
"""
Instances of one sample laid on top of another, as if someone had put them there.

Each hides what is beneath it: its pixels get its id, class and depth. Only whole instances are
taken, none that the border of its image cuts. Pasting comes after the view, so that what is pasted
is sampled once, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
import math
from typing import Any, TYPE_CHECKING, TypeAlias

import cv2
from discinst_ros.data.augment.geometry import source_pixels, View, warp_image
from discinst_ros.data.augment.views import draw_scale, draw_turn, zoom_at_scale_1
from discinst_ros.data.augment.visibility import pixels_per_id
from discinst_ros.data.sample import Sample
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from discinst_ros.data.augment.augmentation import Augmentation

Pixels: TypeAlias = npt.NDArray[Any]

#: Metres between what is pasted and the highest thing beneath it.
_GAP_M = 0.001
#: Pixels kept around an instance when it is cut out, so that its border can be interpolated.
_MARGIN_PX = 2
#: Reach and softness of a shadow, as shares of the size of what casts it.
_SHADOW = 0.06


@dataclass(frozen=True)
class Cutting:
    """One instance, cut out and turned, ready to be laid down."""

    #: h×w×3 float32, 0 to 255.
    image: Pixels
    #: h×w float32, share of each pixel that it covers, 0 to 1.
    alpha: Pixels
    class_id: int
    #: h×w float32 metres, NaN = none; None where the sample had no depth.
    depth: Pixels | None


def paste(sample: Sample, other: Sample, settings: Augmentation, scale: float,
          rng: np.random.Generator) -> tuple[Sample, npt.NDArray[np.intp]]:
    """
    Return the sample with instances of another one in front, and the whole pixels of each id.

    :param scale: of the view of the sample; what is pasted is enlarged as much.
    :raises ValueError: where one of the two has no labels.
    """
    for one in (sample, other):
        if one.labels is None:
            raise ValueError(f"sample '{one.name}' has no labels; set paste_probability to 0")
    assert sample.labels is not None and other.labels is not None
    counts = pixels_per_id(sample.labels)
    low, high = settings.paste_count
    candidates = whole_instances(other.labels)
    chosen = rng.permutation(candidates)[:rng.integers(low, high + 1)]
    if not len(chosen):
        return sample, counts
    layers = _writable(sample, other)
    height, width = layers.labels.shape
    zoom = scale * zoom_at_scale_1(settings, (other.labels.shape[1], other.labels.shape[0]),
                                   (width, height))
    direction, shade = rng.uniform(-math.pi, math.pi), rng.uniform(*settings.paste_shadow)
    whole = list(counts)
    for label in chosen:
        cutting = cut(other, int(label), draw_turn(settings, rng),
                      zoom * draw_scale(settings.paste_scale, rng))
        centre = rng.uniform(0, (width, height))
        whole.append(layers.lay(cutting, centre, len(whole), direction, shade))
    return layers.on(sample), np.array(whole)


def whole_instances(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
    """Return the ids of the instances that the border of the image does not cut."""
    present = pixels_per_id(labels) > 0
    present[:1] = False
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        present[edge[edge > 0]] = False
    return np.flatnonzero(present)


def cut(sample: Sample, label: int, turn: tuple[float, bool, bool], zoom: float) -> Cutting:
    """Cut an instance out, and turn and zoom it."""
    assert sample.labels is not None
    inside = sample.labels == label
    x, y, width, height = cv2.boundingRect(inside.view(np.uint8))
    place = (slice(max(y - _MARGIN_PX, 0), y + height + _MARGIN_PX),
             slice(max(x - _MARGIN_PX, 0), x + width + _MARGIN_PX))
    mask = inside[place].view(np.uint8) * np.uint8(255)
    # An odd side has a pixel in its middle, which is one of the source: at zoom 1 all pixels of
    # flips and quarter turns are.
    side = 2 * math.ceil((math.hypot(*mask.shape) / 2 + 1) * zoom) + 1
    view = View(side, side, (mask.shape[1] // 2, mask.shape[0] // 2), zoom, *turn)
    depth = None
    if sample.depth is not None:
        source = source_pixels(mask.shape, view.map(), (side, side))
        depth = np.where((source >= 0) & (mask.ravel()[source] > 0),
                         sample.depth[place].ravel()[source], np.float32(np.nan))
    classes = sample.classes
    return Cutting(
        image=warp_image(sample.image[place], view.map(), (side, side)).astype(np.float32),
        alpha=warp_image(mask, view.map(), (side, side),
                         cv2.BORDER_CONSTANT).astype(np.float32) / np.float32(255),
        class_id=1 if classes is None else int(classes[inside][0]), depth=depth)


@dataclass(frozen=True)
class _Layers:
    """What a sample holds, ready to be painted over."""

    image: Pixels
    labels: Pixels
    classes: Pixels | None
    depth: Pixels | None

    def lay(self, cutting: Cutting, centre: Pixels, label: int, direction: float,
            shade: float) -> int:
        """Put an instance on top, its middle at ``centre``; return how many pixels it covers."""
        height, width = self.labels.shape
        side = len(cutting.alpha)
        reach = max(1, round(side * _SHADOW))
        x0, y0 = (round(c - side / 2) for c in centre)
        alpha = cv2.copyMakeBorder(cutting.alpha, *(2 * reach,) * 4, cv2.BORDER_CONSTANT)
        shadow = cv2.GaussianBlur(alpha, (0, 0), reach / 2)
        offset = (round(reach * math.cos(direction)) - 2 * reach,
                  round(reach * math.sin(direction)) - 2 * reach)
        here, there = _overlap((x0 + offset[0], y0 + offset[1]), len(shadow), (width, height))
        self.image[here] *= (1 - np.float32(shade) * shadow[there])[..., None]
        here, there = _overlap((x0, y0), side, (width, height))
        alpha = cutting.alpha[there]
        self.image[here] += alpha[..., None] * (cutting.image[there] - self.image[here])
        inside = alpha >= 0.5
        self.labels[here][inside] = label
        if self.classes is not None:
            self.classes[here][inside] = cutting.class_id
        if self.depth is not None:
            self.depth[here][inside] = in_front(cutting, there, inside, self.depth[here])
        return int(inside.sum())

    def on(self, sample: Sample) -> Sample:
        return replace(sample, image=np.rint(self.image).astype(np.uint8), labels=self.labels,
                       classes=self.classes, depth=self.depth)


def in_front(cutting: Cutting, part: tuple[slice, slice], inside: npt.NDArray[np.bool_],
             beneath: Pixels) -> Pixels:
    """
    Return the depth of an instance's pixels, moved as a whole to lie on the highest thing beneath.

    NaN where that is not known, or would be behind the camera.
    """
    unknown = np.full(int(inside.sum()), np.nan, np.float32)
    if cutting.depth is None:
        return unknown
    own, under = cutting.depth[part][inside], beneath[inside]
    if not (np.isfinite(own).any() and np.isfinite(under).any()):
        return unknown
    moved = own + np.float32(np.nanmin(under) - _GAP_M - np.nanmax(own))
    return moved if np.nanmin(moved) > 0 else unknown


def _writable(sample: Sample, other: Sample) -> _Layers:
    """Return copies; with classes where one of the two samples tells them apart."""
    assert sample.labels is not None
    classes = sample.classes
    if classes is None and other.classes is not None:
        classes = (sample.labels > 0).astype(np.uint8)
    return _Layers(image=sample.image.astype(np.float32), labels=sample.labels.copy(),
                   classes=None if classes is None else classes.copy(),
                   depth=None if sample.depth is None else sample.depth.copy())


def _overlap(corner: tuple[int, int], side: int, size: tuple[int, int],
             ) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return where a square lies in an image, and which part of the square lies in it."""
    x0, y0 = corner
    left, top = max(x0, 0), max(y0, 0)
    right, bottom = max(min(x0 + side, size[0]), left), max(min(y0 + side, size[1]), top)
    return ((slice(top, bottom), slice(left, right)),
            (slice(top - y0, bottom - y0), slice(left - x0, right - x0)))
