# SPDX-License-Identifier: Apache-2.0
"""What comes from outside, before anything is chosen from it: a camera or a network may be ill."""

from __future__ import annotations

from collections.abc import Sequence

from discinst_ros.instances import Instance
import numpy as np
import numpy.typing as npt

#: Labels are the values of an image of 16 bits.
_MOST = np.iinfo(np.uint16).max
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


def before_camera(points: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Tell which of N×3 points are some: finite, and before the camera."""
    return np.asarray(np.isfinite(points).all(axis=1) & (points[:, 2] > 0))
