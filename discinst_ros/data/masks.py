# SPDX-License-Identifier: Apache-2.0
"""
Outlines and run lengths, one per instance, painted into one label image.

Where masks overlap, the smaller lies on top, of equal ones the later; what is marked as a crowd
lies below all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
import math
from typing import Any

from discinst_ros.data.image_files import FolderError, LARGEST_ID
from discinst_ros.data.problem import Problem
from discinst_ros.data.sample import IGNORE
import numpy as np
import numpy.typing as npt

#: A mask of which others cover more than this share is worth a look; neighbours whose outlines
#: share a border always cover a little of each other.
OVERLAP_SHARE = 0.1


@dataclass(frozen=True)
class Shape:
    """One annotated instance."""

    #: How to find the annotation: 'annotation 7 of ...'.
    name: str
    class_id: int
    #: Compressed run lengths as the COCO tools have them.
    rle: dict[str, Any]
    #: Many instances in one, or one that cannot be told apart: to be ignored.
    crowd: bool = False


@dataclass(frozen=True)
class Painting:
    """The label image of some shapes."""

    #: H×W int32: 1..N in the order of the shapes that are no crowd, 0 background, -1 crowd.
    labels: npt.NDArray[np.int32]
    #: H×W uint8, the class also where it is a crowd.
    classes: npt.NDArray[np.uint8]
    #: Empty masks, and those that others cover.
    problems: tuple[Problem, ...]


def outline(polygons: Sequence[Sequence[float]], height: int, width: int,
            name: str) -> dict[str, Any]:
    """
    Return the run lengths of an instance of one or more polygons.

    :param polygons: x, y, x, y... in pixels of which the first spans 0 to 1; fewer than three
        points enclose nothing.
    :raises FolderError: for coordinates that are no pairs of finite numbers.
    """
    for polygon in polygons:
        if len(polygon) % 2:
            raise FolderError(f'{name}: a polygon has {len(polygon)} coordinates, expected pairs '
                              'of x and y')
        if not all(isinstance(value, (int, float)) and math.isfinite(value) for value in polygon):
            raise FolderError(f'{name}: a polygon has coordinates that are no finite numbers')
    tools = _tools()
    closed = [list(map(float, polygon)) for polygon in polygons if len(polygon) >= 6]
    if not closed:
        return run_lengths(np.zeros((height, width), bool))
    merged: dict[str, Any] = tools.merge(tools.frPyObjects(closed, height, width))
    return merged


def packed(rle: dict[str, Any], height: int, width: int, name: str) -> dict[str, Any]:
    """
    Return run lengths, compressed or a list of numbers, as compressed ones.

    :raises FolderError: where they are of another size, or no run lengths.
    """
    said, counts = rle.get('size'), rle.get('counts')
    if said != [height, width]:
        raise FolderError(f'{name}: the mask has the size {said} (height, width) and the image '
                          f'{[height, width]}')
    if isinstance(counts, str):
        return {'size': said, 'counts': counts.encode()}
    if not isinstance(counts, list) or not all(
            isinstance(one, int) and one >= 0 for one in counts):
        raise FolderError(f'{name}: the run lengths are damaged: neither text nor a list of whole '
                          'numbers')
    with _damage_named(name):
        found: dict[str, Any] = _tools().frPyObjects(rle, height, width)
        return found


def run_lengths(mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Return the compressed run lengths of an H×W mask."""
    found: dict[str, Any] = _tools().encode(np.asfortranarray(mask, dtype=np.uint8))
    return found


def area(rle: dict[str, Any]) -> int:
    """Return the number of pixels of a mask."""
    return int(_tools().area(rle))


def paint(shapes: Sequence[Shape], height: int, width: int, name: str) -> Painting:
    """
    Paint shapes into one label image.

    :param name: of the sample.
    :raises FolderError: where there are more than a label image can hold, or one is damaged.
    """
    labels = np.zeros((height, width), np.int32)
    classes = np.zeros((height, width), np.uint8)
    singles = [shape for shape in shapes if not shape.crowd]
    if len(singles) > LARGEST_ID:
        raise FolderError(f"sample '{name}' has {len(singles)} instances, expected up to "
                          f'{LARGEST_ID}')
    numbers = {id(shape): number for number, shape in enumerate(singles, start=1)}
    areas = {}
    for shape in shapes:
        with _damage_named(shape.name):
            areas[id(shape)] = area(shape.rle)
    for shape in sorted(shapes, key=lambda one: (not one.crowd, -areas[id(one)])):
        with _damage_named(shape.name):
            mask = _tools().decode(shape.rle).view(bool)
        labels[mask] = numbers.get(id(shape), IGNORE)
        classes[mask] = shape.class_id
    seen = np.bincount(labels[labels > 0], minlength=len(singles) + 1)
    problems = []
    for shape, number in ((shape, numbers[id(shape)]) for shape in singles):
        whole = areas[id(shape)]
        if not whole:
            problems.append(Problem('empty-mask', f'{shape.name}: the mask has no pixel'))
        elif whole - seen[number] > OVERLAP_SHARE * whole:
            problems.append(Problem('overlap', (
                f'{shape.name}: others cover {(whole - seen[number]) / whole:.0%} of its {whole} '
                'pixels')))
    return Painting(labels, classes, tuple(problems))


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Say which mask it is that the tools refuse."""
    try:
        yield
    except (ValueError, RuntimeError) as error:
        raise FolderError(f'{name}: the run lengths are damaged: {error}') from error


def _tools() -> Any:
    """Import the mask tools when they are needed: to replay a folder they are not."""
    from faster_coco_eval.core import mask
    return mask
