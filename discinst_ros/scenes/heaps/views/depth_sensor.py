# SPDX-License-Identifier: Apache-2.0
"""What a depth camera makes of true depth: pure functions, each with its own source of chance."""

from __future__ import annotations

import cv2
from discinst_ros.scenes.textures import Rng
import numpy as np
import numpy.typing as npt

Depth = npt.NDArray[np.float32]
Share = npt.NDArray[np.float32]


def edge_holes(depth: Depth, rng: Rng, *, step_m: float, reach_px: int, share: float) -> Depth:
    """
    Return depth with holes on the far side of steps, as the shadow of the emitter leaves.

    :param step_m: difference to a neighbour that counts as a step.
    :param reach_px: width of the holes.
    :param share: probability of each such pixel to be one.
    """
    filled = np.where(np.isnan(depth), np.float32(np.inf), depth)
    nearest = cv2.erode(filled, np.ones((3, 2 * reach_px + 1), np.uint8))
    with np.errstate(invalid='ignore'):
        behind = filled - nearest > step_m
    holes = behind & (rng.random(depth.shape, np.float32) < share)
    return np.where(holes, np.float32(np.nan), depth)


def surface_holes(depth: Depth, probability: Share, rng: Rng, *, size_px: float) -> Depth:
    """
    Return depth with blotches of holes on surfaces that reflect badly.

    :param probability: H×W, how likely a pixel gives no depth, 0 to 1.
    :param size_px: width of the blotches.
    """
    height, width = depth.shape
    small = rng.random((int(height / size_px) + 2, int(width / size_px) + 2), np.float32)
    field = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    # Blotches, roughened by a little chance of each pixel.
    field = 0.8 * field + 0.2 * rng.random(depth.shape, np.float32)
    return np.where(field < probability, np.float32(np.nan), depth)


def noisy(depth: Depth, rng: Rng, *, noise_per_m2: float, cell_px: float = 1.0) -> Depth:
    """
    Return depth with noise whose deviation grows with the square of the distance.

    :param noise_per_m2: deviation at one metre, metres.
    :param cell_px: how many pixels share an error.
    """
    height, width = depth.shape
    small = rng.standard_normal((int(np.ceil(height / cell_px)), int(np.ceil(width / cell_px))),
                                np.float32)
    error = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(depth + np.float32(noise_per_m2) * depth ** 2 * error, np.float32)


def quantised(depth: Depth, *, step_per_m2: float) -> Depth:
    """
    Return depth in the steps of a disparity: they grow with the square of the distance.

    :param step_per_m2: step at one metre, metres; 0 leaves depth as it is.
    """
    if step_per_m2 == 0:
        return depth
    return np.asarray(1 / (np.round(1 / depth / step_per_m2) * step_per_m2), np.float32)


def without_border(depth: Depth, *, left: int, top: int, right: int, bottom: int) -> Depth:
    """Return depth without what only one of the two cameras sees; widths in pixels."""
    height, width = depth.shape
    result = np.full_like(depth, np.nan)
    inside = np.s_[top:height - bottom, left:width - right]
    result[inside] = depth[inside]
    return result


def shifted(depth: Depth, *, dx_px: int, dy_px: int) -> Depth:
    """Return depth registered wrongly by whole pixels; what comes in from outside is NaN."""
    result = np.full_like(depth, np.nan)
    height, width = depth.shape
    if abs(dy_px) >= height or abs(dx_px) >= width:
        return result
    result[max(dy_px, 0):height + min(dy_px, 0), max(dx_px, 0):width + min(dx_px, 0)] = depth[
        max(-dy_px, 0):height - max(dy_px, 0), max(-dx_px, 0):width - max(dx_px, 0)]
    return result


def bad_surface(image: npt.NDArray[np.uint8], shine: Share, *, dark: float, shiny: float
                ) -> Share:
    """
    Return how likely each pixel gives no depth: on dark surfaces, and on shiny bright spots.

    :param shine: H×W, 0 to 1, of the material.
    :param dark: probability where the image is black.
    :param shiny: probability on a mirror where the image is white.
    """
    bright = image.max(axis=2).astype(np.float32) / 255
    return np.asarray(dark * np.clip(1 - bright / 0.18, 0, 1)
                      + shiny * shine * np.clip((bright - 0.55) / 0.45, 0, 1), np.float32)


def sense_depth(depth: Depth, image: npt.NDArray[np.uint8], shine: Share, rng: Rng) -> Depth:
    """
    Return what one of many depth cameras, drawn by chance, makes of true depth.

    :param image: H×W×3, before the colour camera's faults.
    """
    scale = depth.shape[1] / 640
    bad = bad_surface(image, shine, dark=rng.uniform(0, 0.7), shiny=rng.uniform(0, 0.9))
    sensed = noisy(depth, rng, noise_per_m2=rng.uniform(0.0002, 0.003),
                   cell_px=rng.uniform(1, 4))
    sensed = edge_holes(sensed, rng, step_m=rng.uniform(0.01, 0.04),
                        reach_px=max(1, round(rng.uniform(0.5, 5) * scale)),
                        share=rng.uniform(0.2, 1))
    sensed = surface_holes(sensed, bad, rng, size_px=max(1.5, rng.uniform(2, 12) * scale))
    sensed = quantised(sensed, step_per_m2=rng.choice((0.0, rng.uniform(0.0005, 0.004))))
    left, top, right, bottom = (int(k * scale) for k in rng.uniform(0, (30, 12, 12, 12)))
    sensed = without_border(sensed, left=left, top=top, right=right, bottom=bottom)
    dx, dy = np.round(rng.normal(0, 1.2 * scale, 2)).astype(int)
    return shifted(sensed, dx_px=int(dx), dy_px=int(dy))
