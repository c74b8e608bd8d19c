# SPDX-License-Identifier: Apache-2.0
"""
What another light and another camera make of a picture, in the order in which a camera does it.

Light (brightness, tint), lens (blur), sensor (noise), processing (contrast, tone curve, saturation
and hue), compression. In between are floats, so that only the end rounds.
"""

from __future__ import annotations

import math
from typing import Any, TYPE_CHECKING, TypeAlias

import cv2
from discinst_ros.data.augment.views import draw_scale
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from discinst_ros.data.augment.augmentation import Augmentation

Image: TypeAlias = npt.NDArray[np.uint8]
#: H×W×3 float32, 0 to 255, as all pictures between the steps are.
Picture: TypeAlias = npt.NDArray[np.floating[Any]]

#: How much red, green and blue add to brightness (ITU-R BT.601).
_LUMA = (0.299, 0.587, 0.114)


def photograph(image: Image, settings: Augmentation, rng: np.random.Generator) -> Image:
    """
    Return the picture another camera would have taken; the image itself where none is drawn.

    :param image: H×W×3, RGB.
    """
    recoloured, blurred, noisy, compressed = rng.random(4) < (
        settings.colour_probability, settings.blur_probability, settings.noise_probability,
        settings.jpeg_probability)
    if recoloured or blurred or noisy:
        picture = image.astype(np.float32)
        if recoloured:
            picture *= _light(settings, rng)
        if blurred:
            picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(*settings.blur_sigma_px))
        if noisy:
            grain = rng.standard_normal(picture.shape, dtype=np.float32)
            picture += grain * np.float32(rng.uniform(*settings.noise_sigma))
        if recoloured:
            picture = _process(_clipped(picture), settings, rng)
        image = np.rint(_clipped(picture)).astype(np.uint8)
    if compressed:
        low, high = settings.jpeg_quality
        image = _compress(image, int(rng.integers(low, high + 1)))
    return image


def _light(settings: Augmentation, rng: np.random.Generator) -> Picture:
    """Return the factor of each channel, (3,)."""
    tint = 1 + settings.white_balance * rng.uniform(-1, 1, 3)
    return (draw_scale(settings.brightness, rng) * tint).astype(np.float32)


def _process(picture: Picture, settings: Augmentation, rng: np.random.Generator) -> Picture:
    mean = np.float32(picture.mean())
    picture = mean + (picture - mean) * np.float32(draw_scale(settings.contrast, rng))
    picture = cv2.pow(_clipped(picture) / np.float32(255), draw_scale(settings.gamma, rng))
    colours = colour_matrix(rng.uniform(*settings.saturation), rng.uniform(*settings.hue_rad))
    return np.asarray(cv2.transform(picture * np.float32(255), colours.astype(np.float32)))


def colour_matrix(saturation: float, hue_rad: float) -> npt.NDArray[np.float64]:
    """
    Return the 3×3 matrix that turns RGB colours about the grey axis, then fades them to grey.

    Greys stay what they are. The rotation is Rodrigues' formula for the axis (1, 1, 1)/√3.
    """
    cos, sin = math.cos(hue_rad), math.sin(hue_rad) / math.sqrt(3)
    cross = np.array(((0.0, -1.0, 1.0), (1.0, 0.0, -1.0), (-1.0, 1.0, 0.0)))
    hue = cos * np.eye(3) + sin * cross + (1 - cos) / 3
    grey = np.tile(_LUMA, (3, 1))
    return np.asarray((grey + saturation * (np.eye(3) - grey)) @ hue)


def _compress(image: Image, quality: int) -> Image:
    """Return what is left of an image after JPEG."""
    _, data = cv2.imencode('.jpg', image[:, :, ::-1], (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[:, :, ::-1])


def _clipped(picture: Picture) -> Picture:
    return np.clip(picture, 0, 255, out=picture)
