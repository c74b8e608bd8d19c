# SPDX-License-Identifier: Apache-2.0
"""What stands on a side of a package: a name, a badge, a block of text, a table, a bar code."""

from __future__ import annotations

import cv2
from discinst_ros.scenes.canvas import FloatImage
from discinst_ros.scenes.heaps.families.print_areas import any_of, as_ink, place
from discinst_ros.scenes.textures import random_colour, Rng
import numpy as np
import numpy.typing as npt

WHITE = np.array((245, 243, 238), np.float32)
_DARK = (30.0, 30.0, 30.0)
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX,
          cv2.FONT_HERSHEY_SCRIPT_COMPLEX)
_LETTERS = np.array(list('ABCDEFGHIJKLMNOPRSTUVWXYZabcdefghiklmnopqrstuvwxyz'))


def logo(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Write a name in large letters with an outline."""
    height, width = patch.shape[:2]
    text = ''.join(rng.choice(_LETTERS, int(rng.integers(3, 9))))
    font, thick = int(rng.choice(_FONTS)), int(rng.integers(2, 7))
    (long, tall), _ = cv2.getTextSize(text, font, 1.0, thick)
    scale = min(rng.uniform(0.4, 1.1) * width / long, 0.5 * height / tall)
    x = int(rng.uniform(-0.05, max(0.05, 1 - scale * long / width)) * width)
    y = int(rng.uniform(0.15, 0.95) * height)
    canvas = _writable(patch)
    for colour, more in ((any_of(rng, palette), int(rng.integers(0, 7))), (random_colour(rng), 0)):
        cv2.putText(canvas, text, (x, y), font, scale, as_ink(colour), thick + more, cv2.LINE_AA)
    patch[:] = canvas


def badge(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Stick a small disc or box on."""
    (x, y), (w, h) = place(rng, patch.shape[:2], (0.08, 0.3))
    canvas = _writable(patch)
    colour = as_ink(random_colour(rng) if rng.random() < 0.5 else any_of(rng, palette))
    if rng.random() < 0.6:
        cv2.circle(canvas, (x + w // 2, y + h // 2), min(w, h) // 2, colour, -1, cv2.LINE_AA)
    else:
        cv2.rectangle(canvas, (x, y), (x + w, y + h), colour, -1)
    patch[:] = canvas


def text_block(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Set a block of lines."""
    (x, y), (w, h) = place(rng, patch.shape[:2], (0.2, 0.9))
    ink = any_of(rng, palette) if rng.random() < 0.4 else np.full(3, rng.uniform(10, 60))
    pitch = int(rng.integers(3, 9))
    for row in range(max(y, 0), y + h, pitch):
        end = max(x, 0) + int(w * rng.uniform(0.5, 1))
        patch[row:row + max(1, pitch // 2 - 1), max(x, 0):end:1 + (pitch > 5)] = ink


def table(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Put a table on: a light box with lines and a frame."""
    (x, y), (w, h) = place(rng, patch.shape[:2], (0.3, 0.8))
    canvas = _writable(patch)
    cv2.rectangle(canvas, (x, y), (x + w, y + h), as_ink(WHITE), -1)
    cv2.rectangle(canvas, (x, y), (x + w, y + h), as_ink(any_of(rng, palette)), 2)
    for row in range(y + 4, y + h - 2, int(rng.integers(4, 9))):
        cv2.line(canvas, (x + 3, row), (x + int(w * rng.uniform(0.4, 0.7)), row), _DARK, 1)
        cv2.line(canvas, (x + int(w * 0.8), row), (x + w - 3, row), _DARK, 1)
    patch[:] = canvas


def bar_code(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Put a bar code on."""
    (x, y), (w, h) = place(rng, patch.shape[:2], (0.2, 0.5))
    x, y = max(x, 0), max(y, 0)
    patch[y:y + h, x:x + w] = WHITE
    columns = np.flatnonzero(rng.random(max(w - 6, 1)) < 0.5) + x + 3
    patch[y + 3:y + h - 3, columns[columns < patch.shape[1]]] = 15


def _writable(patch: FloatImage) -> npt.NDArray[np.uint8]:
    """Return a copy for OpenCV to write on, which does so on 8 bits only."""
    return np.asarray(np.clip(patch, 0, 255), np.uint8)
