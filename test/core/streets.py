# SPDX-License-Identifier: Apache-2.0
"""A tiny Cityscapes in official format, drawn so that ColourNetwork's result is known."""

from __future__ import annotations

import json
from pathlib import Path

from blobs import instances
from discinst_ros.data.cityscapes import CLASS_NAMES
from discinst_ros.data.sample import Sample
from discinst_ros.instances import Instances
import numpy as np
from PIL import Image

HEIGHT, WIDTH = 60, 120
ROAD, PERSON, CAR, TRAILER = 7, 24, 26, 30
#: Class ids of the package.
PERSON_CLASS, CAR_CLASS = CLASS_NAMES.index('person'), CLASS_NAMES.index('car')
NAME = 'lindau_000001_000019'


def box(x: int, y: int, width: int = 20, height: int = 20) -> tuple[slice, slice]:
    return slice(y, y + height), slice(x, x + width)


def ids_of(*objects: tuple[tuple[slice, slice], int]) -> np.ndarray:
    """Return a road with windows of some ids on it."""
    ids = np.full((HEIGHT, WIDTH), ROAD, np.uint16)
    for window, value in objects:
        ids[window] = value
    return ids


def write_street(root: Path, name: str, ids: np.ndarray, image: np.ndarray | None = None,
                 split: str = 'val') -> None:
    """Write an image and its instance ids where the archives have them."""
    city = name.split('_')[0]
    image = np.zeros((*ids.shape, 3), np.uint8) if image is None else image
    for folder, ending, pixels in (('leftImg8bit', 'leftImg8bit', image),
                                   ('gtFine', 'gtFine_instanceIds', ids)):
        path = root / folder / split / city / f'{name}_{ending}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)


def write_distance(root: Path, name: str, metres: np.ndarray, split: str = 'val') -> None:
    """Write disparity and camera for a distance of each pixel; baseline · fx is 500 px·m."""
    city = name.split('_')[0]
    for folder in ('disparity', 'camera'):
        (root / folder / split / city).mkdir(parents=True, exist_ok=True)
    raw = np.round(500 / metres * 256 + 1).astype(np.uint16)
    Image.fromarray(raw).save(root / 'disparity' / split / city / f'{name}_disparity.png')
    (root / 'camera' / split / city / f'{name}_camera.json').write_text(json.dumps({
        'extrinsic': {'baseline': 0.25},
        'intrinsic': {'fx': 2000.0, 'fy': 2000.0, 'u0': 60.0, 'v0': 30.0}}))


def found_street(name: str, objects: list[tuple[np.ndarray, int, float]]
                 ) -> tuple[Sample, Instances]:
    """Return a sample and what a segmenter would return: masks with class and score."""
    labels = np.zeros((HEIGHT, WIDTH), int)
    for number, (mask, _, _) in enumerate(objects, start=1):
        labels[mask] = number
    found = instances(labels, {number: score for number, (*_, score) in enumerate(objects, 1)},
                      {number: kind for number, (_, kind, _) in enumerate(objects, 1)})
    return Sample(name, np.zeros((HEIGHT, WIDTH, 3), np.uint8)), found


def mask_of(*windows: tuple[slice, slice]) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for window in windows:
        mask[window] = True
    return mask
