# SPDX-License-Identifier: Apache-2.0
"""
How fast each format is read, in samples per second of one core.

Run it as ``PYTHONPATH=. python test/core/dataset_speed.py``; it is no test. Time is that of the
processor, so that other programs do not count. The same drawn scenes are written
in every format; photographs are JPEG with the polygons of COCO and YOLO, and PNG elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import tempfile
import time

import cv2
from discinst_ros.data.convert import to_coco, to_folder
from discinst_ros.data.dataset import Dataset, open_dataset
from discinst_ros.data.sample import Sample
import numpy as np
from PIL import Image

SCENES, ROUNDS = 40, 3
SIZES = {(640, 480): ('folder', 'coco-rle', 'coco', 'yolo', 'cvppp', 'cityscapes', 'drawn'),
         (2048, 1024): ('cityscapes',)}


def polygons(sample: Sample) -> list[list[np.ndarray]]:
    """Return the outlines of every instance, each N×2 pixels."""
    return [[contour[:, 0] for contour in cv2.findContours(
        (sample.labels == label).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        if len(contour) > 2] for label in np.unique(sample.labels[sample.labels > 0])]


def save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def write_coco(samples: Dataset, out: Path) -> None:
    images, annotations = [], []
    for sample in samples:
        images.append({'id': len(images), 'file_name': f'{sample.name}.jpg'})
        save(out / 'images' / f'{sample.name}.jpg', sample.image)
        annotations.extend({
            'id': 0, 'image_id': images[-1]['id'], 'category_id': 1,
            'segmentation': [part.ravel().tolist() for part in parts]}
            for parts in polygons(sample))
    (out / 'x.json').write_text(json.dumps({
        'images': images, 'annotations': annotations, 'categories': [{'id': 1, 'name': 'x'}]}))


def write_yolo(samples: Dataset, out: Path) -> None:
    for sample in samples:
        save(out / 'images' / f'{sample.name}.jpg', sample.image)
        labels = out / 'labels' / f'{sample.name}.txt'
        labels.parent.mkdir(exist_ok=True)
        labels.write_text('\n'.join(
            '0 ' + ' '.join(f'{value:.6f}' for value in
                            (part / sample.image.shape[1::-1]).ravel())
            for parts in polygons(sample) for part in parts))


def write_cvppp(samples: Dataset, out: Path) -> None:
    for number, sample in enumerate(samples):
        save(out / f'plant{number:03}_rgb.png', sample.image)
        save(out / f'plant{number:03}_label.png', sample.labels.astype(np.uint8))


def write_cityscapes(samples: Dataset, out: Path) -> None:
    for sample in samples:
        ids = np.where(sample.labels > 0, sample.labels + 26000, 7).astype(np.uint16)
        save(out / 'leftImg8bit/train/ulm' / f'{sample.name}_leftImg8bit.png', sample.image)
        save(out / 'gtFine/train/ulm' / f'{sample.name}_gtFine_instanceIds.png', ids)


WRITERS: dict[str, Callable[[Dataset, Path], None]] = {
    'folder': lambda samples, out: to_folder(samples, range(len(samples)), out),
    'coco-rle': lambda samples, out: to_coco(samples, range(len(samples)), out),
    'coco': write_coco, 'yolo': write_yolo, 'cvppp': write_cvppp, 'cityscapes': write_cityscapes}


def samples_per_s(dataset: Dataset) -> float:
    """Return the rate of the fastest round."""
    times_s = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for index in range(len(dataset)):
            dataset[index]
        times_s.append(time.process_time() - start)
    return len(dataset) / min(times_s)


def main() -> None:
    """Write, read, and print a line for each format."""
    cv2.setNumThreads(1)
    for (width, height), kinds in SIZES.items():
        scenes = open_dataset('shapes', count=SCENES, width=width, height=height)
        with tempfile.TemporaryDirectory() as temporary:
            for kind in kinds:
                dataset = scenes
                if kind in WRITERS:
                    WRITERS[kind](scenes, Path(temporary) / kind)
                    dataset = open_dataset(Path(temporary) / kind)
                print(f'{kind:<12}{width}x{height} {samples_per_s(dataset):8.0f} samples/s')


if __name__ == '__main__':
    main()
