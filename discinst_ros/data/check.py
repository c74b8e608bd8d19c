# SPDX-License-Identifier: Apache-2.0
"""Read a whole dataset: what there is of what, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from discinst_ros.clustering import MIN_PIXELS
from discinst_ros.data.dataset import Dataset
from discinst_ros.data.image_files import FolderError, size
from discinst_ros.data.problem import inspect, Problem
from discinst_ros.data.sample import Sample
import numpy as np
import numpy.typing as npt

#: Median depths beyond these are no scene that a robot works in, but another unit.
DEPTH_RANGE_M = (0.05, 50.0)


@dataclass
class Inventory:
    """What a dataset has."""

    class_names: tuple[str, ...]
    #: Images that could be read.
    images: int = 0
    #: Images with this many pixels, as '640x480'.
    image_sizes: Counter[str] = field(default_factory=Counter)
    with_depth: int = 0
    #: Images that are labelled and have no instance.
    without_instance: int = 0
    #: Pixels to ignore, and pixels altogether, of the labelled images.
    ignored_px: int = 0
    labelled_px: int = 0
    #: Number of instances of each labelled image.
    per_image: list[int] = field(default_factory=list)
    #: Class id → pixels of each of its instances.
    sizes_px: dict[int, list[int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, allowed: Iterable[str] = ()) -> int:
        """Return the number of problems of the kinds that are not allowed."""
        return sum(problem.kind not in set(allowed) for problem in self.problems)


def check(dataset: Dataset, indices: Iterable[int],
          seen: Callable[[int, Sample], None] | None = None) -> Inventory:
    """
    Read samples and take down what they have; a bad one is taken down, too.

    :param indices: of the samples to read.
    :param seen: is called with each sample that could be read.
    :raises FolderError: where the names of the classes cannot be told.
    """
    inventory = Inventory(dataset.class_names)
    inventory.problems.extend(getattr(dataset, 'problems', ()))
    for index in indices:
        try:
            sample, problems = inspect(dataset, index)
        except FolderError as error:
            inventory.problems.append(Problem('unreadable', str(error)))
            continue
        inventory.problems.extend(problems)
        _take_down(inventory, sample)
        if seen is not None:
            seen(index, sample)
    inventory.problems.extend(_nothing_to_learn(inventory))
    return inventory


def _nothing_to_learn(inventory: Inventory) -> list[Problem]:
    """Tell of data that each image may be a part of, and that teaches nothing as a whole."""
    labelled = len(inventory.per_image)
    if not labelled or any(inventory.per_image):
        return []
    if inventory.ignored_px == inventory.labelled_px:
        return [Problem('nothing', f'of all {labelled} labelled images every pixel is to be '
                        'ignored; is the value that means ignore right?')]
    return [Problem('nothing', f'none of all {labelled} labelled images has an instance; are '
                    'these the right labels?')]


def _take_down(inventory: Inventory, sample: Sample) -> None:
    """Add one sample."""
    inventory.images += 1
    inventory.image_sizes[size(sample.image)] += 1
    if sample.depth is not None:
        inventory.with_depth += 1
        inventory.problems.extend(_depth_problems(sample.name, sample.depth))
    if sample.labels is None:
        inventory.problems.append(Problem('no-label', f"'{sample.name}' has no label image"))
        return
    inventory.labelled_px += sample.labels.size
    inventory.ignored_px += int((sample.labels < 0).sum())
    ids, sizes_px = np.unique(sample.labels[sample.labels > 0], return_counts=True)
    inventory.per_image.append(len(ids))
    inventory.without_instance += not len(ids)
    classes = _classes(sample, ids)
    for class_id, size_px in zip(classes, sizes_px, strict=True):
        inventory.sizes_px.setdefault(int(class_id), []).append(int(size_px))
    inventory.problems.extend(_instance_problems(sample, ids, sizes_px, classes))


def _classes(sample: Sample, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the class of each instance; -1 where its pixels do not agree."""
    if sample.classes is None or sample.labels is None:
        return np.ones(len(ids), np.int64)
    inside = sample.labels > 0
    places = np.searchsorted(ids, sample.labels[inside])
    values = sample.classes[inside].astype(np.int64)
    lowest, highest = np.full(len(ids), 256), np.full(len(ids), -1)
    np.minimum.at(lowest, places, values)
    np.maximum.at(highest, places, values)
    return np.where(lowest == highest, lowest, -1)


def _instance_problems(sample: Sample, ids: npt.NDArray[np.int32],
                       sizes_px: npt.NDArray[np.int64],
                       classes: npt.NDArray[np.int64]) -> list[Problem]:
    """Tell of instances that cannot be learned."""
    problems = []
    small = int((sizes_px < MIN_PIXELS).sum())
    if small:
        problems.append(Problem('small', (
            f"'{sample.name}' has {small} of {len(ids)} instances under {MIN_PIXELS} pixels (the "
            f'smallest {sizes_px.min()}), which the clustering drops')))
    for label in ids[classes == 0]:
        problems.append(Problem('class', f"'{sample.name}': instance {label} is of class 0, the "
                                'background'))
    for label in ids[classes < 0]:
        problems.append(Problem('class', f"'{sample.name}': instance {label} is of more than one "
                                'class'))
    return problems


def _depth_problems(name: str, depth: npt.NDArray[np.float32]) -> list[Problem]:
    """Tell of depth in a unit that cannot be."""
    known = depth[np.isfinite(depth)]
    if not known.size:
        return [Problem('depth', f"'{name}': no pixel of the depth image has a depth")]
    median_m, (nearest_m, farthest_m) = float(np.median(known)), DEPTH_RANGE_M
    if nearest_m <= median_m <= farthest_m:
        return []
    return [Problem('depth', (
        f"'{name}' has a median depth of {median_m:.4g} m, expected {nearest_m:g} to "
        f'{farthest_m:g} m; is depth_scale_m in the camera file right?'))]
