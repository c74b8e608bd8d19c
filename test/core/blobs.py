# SPDX-License-Identifier: Apache-2.0
"""Random true objects and what somebody might have found of them."""

from __future__ import annotations

from discinst_ros.data.sample import Sample
from discinst_ros.evaluation.comparison import compare, Comparison
from discinst_ros.inference.regions import label_regions
from discinst_ros.instances import Instance, Instances
import numpy as np


def instances(labels: np.ndarray, scores: dict[int, float] | None = None,
              classes: dict[int, int] | None = None) -> Instances:
    """Return a label image as what a segmenter would return."""
    labels = labels.astype(np.uint16)
    return Instances(labels, tuple(
        Instance(region.label, (classes or {}).get(region.label, 1),
                 (scores or {}).get(region.label, 1.0), region.box, region.pixel_count)
        for region in label_regions(labels)))


def sample(labels: np.ndarray, classes: np.ndarray | None = None,
           depth: np.ndarray | None = None, name: str = 'image') -> Sample:
    """Return a sample with these labels; its picture is black."""
    return Sample(name, np.zeros((*labels.shape, 3), np.uint8), labels.astype(np.int32),
                  None if classes is None else classes.astype(np.uint8), depth)


def random_scene(rng: np.random.Generator, *, shape: tuple[int, int] = (90, 120), count: int = 6,
                 classes: int = 1, ignored: bool = False) -> tuple[Sample, Instances]:
    """
    Draw rectangles, and find them shifted, some not at all, some that are not there.

    :param classes: number of them; the class found is at times another than the true one.
    :param ignored: put regions of void (below 0, class 0) and of a crowd (below 0) into it.
    """
    truth, found = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    kinds = np.zeros(shape, np.uint8)
    found_kinds: dict[int, int] = {}
    for number in range(1, count + 1):
        height, width = rng.integers(12, 40, 2)
        y, x = rng.integers(0, shape[0] - height), rng.integers(0, shape[1] - width)
        kind = int(rng.integers(1, classes + 1))
        truth[y:y + height, x:x + width] = 3 * number
        kinds[y:y + height, x:x + width] = kind
        dy, dx = rng.integers(-4, 5, 2)
        if rng.random() < 0.85:
            found[max(0, y + dy):y + dy + height, max(0, x + dx):x + dx + width] = number
            found_kinds[number] = kind if rng.random() < 0.8 else int(rng.integers(1, classes + 1))
    found[:10, :10], found_kinds[count + 1] = count + 1, 1
    if ignored:
        truth[:, :25], kinds[:, :25] = -1, 0
        truth[60:, 60:], kinds[60:, 60:] = -1, 1
    scores = {label: float(value) for label, value in
              enumerate(rng.random(count + 1).round(3), start=1)}
    return sample(truth, kinds), instances(found, scores, found_kinds)


def comparisons(seed: int, images: int = 5, **how: object) -> list[Comparison]:
    """Compare some random scenes."""
    rng = np.random.default_rng(seed)
    return [compare(*random_scene(rng, **how)) for _ in range(images)]  # type: ignore[arg-type]
