# SPDX-License-Identifier: Apache-2.0
"""
Polygons and run lengths, one per instance, painted into one label image.

Where masks overlap, the smaller lies on top, of equal ones the later; what is marked as a crowd
lies below all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from discinst_ros.data.coco_rle import mask_tools
from discinst_ros.data.image_files import FolderError, LARGEST_ID
from discinst_ros.data.problem import Problem
from discinst_ros.data.sample import IGNORE
import numpy as np
import numpy.typing as npt

#: A mask of which others cover more than this share is worth a look; neighbours whose outlines
#: share a border always cover a little of each other.
OVERLAP_SHARE = 0.1
#: No outline goes farther, in units of the longer side; drawing takes memory by its length.
_FARTHEST = 10


@dataclass(frozen=True)
class Mask:
    """The pixels of one instance, cut out of its image."""

    #: h×w bool.
    pixels: npt.NDArray[np.bool_]
    #: Where the first of them lies in the image.
    top: int = 0
    left: int = 0


@dataclass(frozen=True)
class Shape:
    """One annotated instance."""

    #: How to find the annotation: 'annotation 7 of ...'.
    name: str
    class_id: int
    mask: Mask
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


def from_polygons(polygons: Sequence[Sequence[float]], height: int, width: int,
                  name: str) -> Mask:
    """
    Return the mask of an instance of one or more polygons.

    :param polygons: x, y, x, y... in pixels of which the first spans 0 to 1; fewer than three
        points enclose nothing.
    :raises FolderError: for coordinates that are no pairs of finite numbers, or so far outside
        of the image that they are no pixels.
    """
    closed = []
    for polygon in polygons:
        if len(polygon) % 2:
            raise FolderError(f'{name}: a polygon has {len(polygon)} coordinates, expected pairs '
                              'of x and y')
        try:
            points = np.array(polygon, np.float64)
        except (ValueError, TypeError, OverflowError):
            points = np.array([np.nan])
        if points.ndim != 1 or not np.isfinite(points).all():
            raise FolderError(f'{name}: a polygon has coordinates that are no finite numbers')
        if len(points) and np.abs(points).max() > _FARTHEST * max(height, width):
            raise FolderError(f'{name}: a polygon has the coordinate '
                              f'{points[np.abs(points).argmax()]:g}, far outside of the image '
                              f'of {width}x{height}; expected pixels of this image')
        if len(points) >= 6:
            closed.append(points.reshape(-1, 2))
    if not closed:
        return Mask(np.zeros((0, 0), bool))
    # only the part of the image that they can cover is drawn: large images, small objects
    corners = np.concatenate(closed)
    left, top = np.clip(np.floor(corners.min(0)), 0, (width, height)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(corners.max(0)) + 1, 0, (width, height)).astype(int).tolist()
    if right <= left or bottom <= top:
        return Mask(np.zeros((0, 0), bool))
    tools = mask_tools()
    drawn = tools.frPyObjects([(points - (left, top)).ravel().tolist() for points in closed],
                              bottom - top, right - left)
    return Mask(tools.decode(tools.merge(drawn)).view(bool), top, left)


def from_run_lengths(rle: dict[str, Any], height: int, width: int, name: str) -> Mask:
    """
    Return the mask of run lengths: compressed text, or a list of numbers.

    :raises FolderError: where they are damaged or of another size.
    """
    said, counts, size = rle.get('size'), rle.get('counts'), [height, width]
    if said != size:
        raise FolderError(f'{name}: the mask has the size {said} (height, width) and the image '
                          f'{size}')
    if not isinstance(counts, str) and not (isinstance(counts, list) and all(
            isinstance(one, int) and one >= 0 for one in counts)):
        raise FolderError(f'{name}: the run lengths are damaged: neither text nor a list of whole '
                          'numbers')
    tools = mask_tools()
    try:
        packed = ({'size': size, 'counts': counts.encode()} if isinstance(counts, str) else
                  tools.frPyObjects({'size': size, 'counts': counts}, height, width))
        whole = tools.decode(packed).view(bool)
    except (ValueError, RuntimeError) as error:
        raise FolderError(f'{name}: the run lengths are damaged: {error}') from error
    left, top, columns, rows = map(int, tools.toBbox(packed))
    return Mask(whole[top:top + rows, left:left + columns], top, left)


def paint(shapes: Sequence[Shape], height: int, width: int, name: str) -> Painting:
    """
    Paint shapes into one label image.

    :param name: of the sample.
    :raises FolderError: where there are more than a label image can hold.
    """
    labels = np.zeros((height, width), np.int32)
    classes = np.zeros((height, width), np.uint8)
    singles = [shape for shape in shapes if not shape.crowd]
    if len(singles) > LARGEST_ID:
        raise FolderError(f"sample '{name}' has {len(singles)} instances, expected up to "
                          f'{LARGEST_ID}')
    numbered = [*((shape, IGNORE) for shape in shapes if shape.crowd),
                *zip(singles, range(1, len(singles) + 1), strict=True)]
    areas = [int(shape.mask.pixels.sum()) for shape, _ in numbered]
    for place in sorted(range(len(numbered)),
                        key=lambda one: (not numbered[one][0].crowd, -areas[one])):
        (shape, number), mask = numbered[place], numbered[place][0].mask
        rows, columns = mask.pixels.shape
        window = slice(mask.top, mask.top + rows), slice(mask.left, mask.left + columns)
        labels[window][mask.pixels] = number
        classes[window][mask.pixels] = shape.class_id
    seen = np.bincount(labels[labels > 0], minlength=len(singles) + 1)
    problems = []
    for (shape, number), area in zip(numbered, areas, strict=True):
        if not area:
            problems.append(Problem('empty-mask', f'{shape.name}: the mask has no pixel'))
        elif not shape.crowd and area - seen[number] > OVERLAP_SHARE * area:
            problems.append(Problem('overlap', (
                f'{shape.name}: others cover {(area - seen[number]) / area:.0%} of its {area} '
                'pixels')))
    return Painting(labels, classes, tuple(problems))
