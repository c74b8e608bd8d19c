# SPDX-License-Identifier: Apache-2.0
"""What comes from outside, before anything is chosen from it: a camera or a network may be ill."""

from __future__ import annotations

from collections.abc import Sequence

from discinst_ros.instances import Instance
import numpy as np
import numpy.typing as npt

#: Labels are the values of an image of 16 bits.
_MOST = np.iinfo(np.uint16).max
#: So many points are compared with each other, and such a share of their directions has to
#: differ.
_COMPARED, _APART = 1000, 0.98
#: A turn whose length differs from 1 by more is none.
_UNIT = 0.01


def check_instances(instances: Sequence[Instance]) -> None:
    """
    Refuse what no object can be.

    :raises ValueError: with the object, the field and the value seen.
    """
    labels = [one.label for one in instances]
    for one in instances:
        if labels.count(one.label) > 1:
            raise ValueError(f'object {one.label}: its id is that of another object, too')
        if not 0 <= one.score <= 1:
            raise ValueError(f'object {one.label}: its score is {one.score:g}, expected 0 to 1')
        if one.pose is None:
            continue
        for name, values in vars(one.pose).items():
            wrong = values[~np.isfinite(values)]
            if len(wrong):
                raise ValueError(f'object {one.label}: its {name.replace("_", " ")} has '
                                 f'{wrong[0]:g}, expected finite numbers')
        length = float(np.linalg.norm(one.pose.quaternion))
        if abs(length - 1) > _UNIT:
            raise ValueError(f'object {one.label}: its quaternion has the length {length:g}, '
                             'expected 1')


def check_labels(labels: npt.NDArray[np.integer]) -> None:
    """
    Refuse labels that no label image has.

    :raises ValueError: with the greatest one.
    """
    if len(labels) and labels.max() > _MOST:
        raise ValueError(f'a label is {labels.max()}, expected {_MOST} at most')


def check_known(labels: npt.NDArray[np.integer], instances: Sequence[Instance]) -> None:
    """
    Refuse labels of objects that are not listed: where the list is empty, the bin is not.

    :param labels: of pixels or points, 0 = no object.
    :raises ValueError: with one of them.
    """
    there = np.flatnonzero(np.bincount(labels.ravel(), minlength=1))
    unknown = set(there.tolist()) - {0, *(one.label for one in instances)}
    if unknown:
        raise ValueError(f'{np.count_nonzero(labels == min(unknown))} of {labels.size} labels are '
                         f'{min(unknown)}, and no detection has that id')


def before_camera(points: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Tell which of N×3 points are some: finite, and before the camera."""
    return np.asarray(np.isfinite(points).all(axis=1) & (points[:, 2] > 0))


def check_points(points: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> None:
    """
    Refuse what are no points with a label each: nothing could be said of where they are seen.

    :raises ValueError: with the shapes, or with one of the points.
    """
    if points.ndim != 2 or points.shape[1] != 3 or labels.shape != points.shape[:1]:
        raise ValueError(f'points of shape {points.shape} with labels of shape {labels.shape}: '
                         'expected (N, 3) and (N,), of the pixels that have depth')
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f'labels are {labels.dtype}, expected whole numbers')
    there = before_camera(points)
    if not there.all():
        raise ValueError(f'{np.count_nonzero(~there)} of {len(points)} points are not finite or '
                         'not before the camera, for instance x, y, z = '
                         f'{points[~there][0].tolist()}; leave them and their labels out')


def check_apart(points: npt.NDArray[np.floating]) -> None:
    """
    Refuse points of which many lie in one direction: a camera has one in each.

    Some are compared. What looks at the neighbours of each would take the square of their number.

    :param points: N×3 metres, before the camera.
    :raises ValueError: with how many directions there are.
    """
    if not len(points):
        return
    # Drawn, so that no order of the points hides them.
    drawn = np.unique(np.random.default_rng(0).integers(len(points), size=_COMPARED))
    some = points[drawn].astype(np.float64)
    directions = len(np.unique(some[:, :2] / some[:, 2:], axis=0))
    if directions < _APART * len(some):
        raise ValueError(f'{len(some)} points that were compared lie in {directions} directions, '
                         'expected one in each')
