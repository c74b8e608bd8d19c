# SPDX-License-Identifier: Apache-2.0
"""COCO files for tests, and masks made without the COCO tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.sample import Sample
import numpy as np
from PIL import Image

HEIGHT, WIDTH = 48, 64
SIZE = [HEIGHT, WIDTH]
SQUARE = [[10, 10, 20, 10, 20, 20, 10, 20]]


def picture(path: Path, seed: int = 0) -> np.ndarray:
    """Write a PNG of noise and return it."""
    image = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return image


def write_json(path: Path, annotations: list[dict[str, Any]], *,
               images: list[dict[str, Any]] | None = None,
               categories: list[dict[str, Any]] | None = None) -> Path:
    """Write a COCO file of one image 'a.png' and one category 7, unless others are given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        'images': [{'id': 1, 'file_name': 'a.png'}] if images is None else images,
        'annotations': annotations,
        'categories': [{'id': 7, 'name': 'bolt'}] if categories is None else categories}))
    return path


def read(folder: Path, annotations: list[dict[str, Any]], **changes: Any) -> Sample:
    """Return the one sample of a file with these annotations."""
    picture(folder / 'a.png')
    return open_dataset(write_json(folder / 'instances.json', annotations, **changes))[0]


def annotation(segmentation: Any, number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return an annotation of image 1 and category 7."""
    return {'id': number, 'image_id': 1, 'category_id': 7, 'segmentation': segmentation,
            **changes}


def counts(mask: np.ndarray) -> list[int]:
    """Return uncompressed run lengths, by walking down the columns."""
    lengths, value, run = [], False, 0
    for pixel in mask.T.ravel().tolist():
        if bool(pixel) != value:
            lengths.append(run)
            value, run = bool(pixel), 0
        run += 1
    return [*lengths, run]


def compressed(lengths: list[int]) -> str:
    """Pack run lengths: differences to the one before last, in groups of 5 bits from '0' on."""
    text = ''
    for index, length in enumerate(lengths):
        rest = length - (lengths[index - 2] if index > 2 else 0)
        while True:
            group, rest = rest & 31, rest >> 5
            last = rest == (-1 if group & 16 else 0)
            text += chr(48 + group + (0 if last else 32))
            if last:
                break
    return text


def blob(seed: int) -> np.ndarray:
    """Return a ragged mask with holes and more than one part."""
    noise = np.random.default_rng(seed).random((HEIGHT, WIDTH)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 3) > 0.5


def filled(polygons: list[list[float]], fine: int = 16) -> np.ndarray:
    """Return the pixels of which polygons cover the larger part, drawn in 16 times the size."""
    canvas = np.zeros((HEIGHT * fine, WIDTH * fine), np.uint8)
    for polygon in polygons:
        points = np.array(polygon).reshape(-1, 2) * fine - 0.5
        cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], 1)
    return canvas.reshape(HEIGHT, fine, WIDTH, fine).mean((1, 3)) > 0.5


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())
