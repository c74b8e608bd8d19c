# SPDX-License-Identifier: Apache-2.0
"""What a colour camera makes of a picture: pure functions, each with its own source of chance."""

from __future__ import annotations

import cv2
from discinst_ros.scenes.heaps.surface import Vector
from discinst_ros.scenes.textures import Rng
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


def exposed(image: Image, *, gain: float, gamma: float = 1.0) -> Image:
    """Return an image with another exposure; what is too bright is cut off at white."""
    table = 255 * np.clip(gain * np.linspace(0, 1, 256) ** gamma, 0, 1)
    return np.asarray(np.round(table).astype(np.uint8)[image])


def balanced(image: Image, *, gains: Vector) -> Image:
    """Return an image with another white balance: a gain for red, green and blue each."""
    return np.asarray(np.clip(np.round(image * np.asarray(gains, np.float32)), 0, 255), np.uint8)


def grainy(image: Image, rng: Rng, *, read: float, shot: float) -> Image:
    """
    Return an image with noise.

    :param read: deviation everywhere, grey levels.
    :param shot: deviation at white that grows with the root of the light, grey levels.
    """
    light = image.astype(np.float32)
    deviation = np.sqrt(read ** 2 + shot ** 2 * light / 255)
    noise = rng.standard_normal(image.shape, np.float32)
    return np.asarray(np.clip(np.round(light + deviation * noise), 0, 255), np.uint8)


def blurred(image: Image, *, sigma_px: float) -> Image:
    """Return an image out of focus; 0 leaves it as it is."""
    if sigma_px <= 0:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px))


def jpeg(image: Image, *, quality: int) -> Image:
    """Return an image after it was a JPEG of a quality from 1 to 100."""
    _, data = cv2.imencode('.jpg', image[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB),
                      np.uint8)


def sense_colour(image: Image, rng: Rng) -> Image:
    """Return what one of many cameras, drawn by chance, makes of a picture."""
    scale = image.shape[1] / 640
    # Automatic exposure: towards a middle brightness, not all the way.
    level = float(image.mean()) / 255 + 0.02
    gain = (rng.uniform(0.32, 0.58) / level) ** rng.uniform(0.3, 1.0)
    sensed = exposed(image, gain=float(np.clip(gain, 0.5, 3.0)), gamma=rng.uniform(0.75, 1.25))
    sensed = balanced(sensed, gains=rng.uniform(0.88, 1.12, 3))
    if rng.random() < 0.6:
        sensed = blurred(sensed, sigma_px=rng.uniform(0.3, 1.6) * scale)
    sensed = grainy(sensed, rng, read=rng.uniform(0.3, 5), shot=rng.uniform(0, 8))
    if rng.random() < 0.5:
        sensed = jpeg(sensed, quality=int(rng.integers(40, 96)))
    return sensed
