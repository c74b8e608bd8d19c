# SPDX-License-Identifier: Apache-2.0
"""
The object to take next: the topmost, the least covered, the one that is surely an object.

Each object that has a place for the cup gets the value

    value = score · (1 - covered) · exp(-below / 0.05 m) · ease

of its score, the share of its outline that others hide, how far its place lies below the highest
of all along the direction the gripper comes from, and how easy the place is for the cup. The
highest value is chosen, of equal ones the lowest label. The others carry the reason why they were
not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
import math

from discinst_ros.instances import Instance, ObjectPose
from discinst_ros.picking.arrays import Array
from discinst_ros.picking.check import check_points
from discinst_ros.picking.cloud import Cloud
from discinst_ros.picking.cover import covered_shares
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.places import find_places, Place
import numpy as np
import numpy.typing as npt

#: So far below the top the value has fallen to 1/e.
BELOW_M = 0.05
#: A pose is of other points where it is farther from their median than the error that is allowed
#: and this share of the object's length.
MAX_OFF_SHARE = 0.1


@dataclass(frozen=True)
class Option:
    """One object, and what speaks for and against it."""

    instance: Instance
    #: None where it cannot be picked.
    place: Place | None
    #: 0 where it cannot be picked.
    value: float
    #: Share of its outline that others hide.
    covered: float
    #: Why it was not chosen; empty for the one that was.
    reason: str


@dataclass(frozen=True)
class Choice:
    """What to pick."""

    #: None where nothing can be picked.
    best: Option | None
    #: All objects, in their order.
    options: tuple[Option, ...]


def choose(instances: Sequence[Instance], points: npt.NDArray[np.floating],
           labels: npt.NDArray[np.integer], *, gripper: Gripper | None = None,
           avoid: Sequence[Array] = (), given_up: Collection[int] = ()) -> Choice:
    """
    Choose an object and the place on it.

    :param instances: of one image.
    :param points: N×3 metres in the camera optical frame, finite, before the camera: what the
        pixels see.
    :param labels: (N,) the label of each point, 0 = no object.
    :param gripper: what can be picked; the default one unless given.
    :param avoid: positions (3,) that are not to be tried.
    :param given_up: labels of objects that are not to be tried.
    :raises ValueError: for points that are none, or without a label each.
    """
    gripper = gripper or Gripper()
    points, labels = np.asarray(points), np.asarray(labels)
    check_points(points, labels)
    cloud = Cloud(points.astype(np.float64), labels.astype(np.int64))
    covered = covered_shares(cloud.points, cloud.labels)
    unsure = {one.label: _unsure(one.pose, cloud.points[cloud.of(one.label)], gripper)
              for one in instances}
    unsure.update(dict.fromkeys(given_up, 'too many picks of it have failed'))
    wanted = [(one.label, one.pose) for one in instances
              if one.pose is not None and not unsure[one.label]]
    places = dict(zip((label for label, _ in wanted),
                      find_places(cloud, wanted, gripper, avoid), strict=True))
    options = []
    for one in instances:
        place, reason = places.get(one.label, (None, unsure[one.label]))
        options.append(Option(one, place, 0.0, covered.get(one.label, 0.0), reason))
    heights = [float(one.place.position @ np.array(gripper.approach))
               for one in options if one.place is not None]
    if not heights:
        return Choice(None, tuple(options))
    top = max(heights)
    options = [one if one.place is None else replace(one, value=_value(one, top, gripper))
               for one in options]
    best = min((one for one in options if one.place is not None),
               key=lambda one: (-one.value, one.instance.label))
    return Choice(best, tuple(
        one if one is best or one.reason else replace(one, reason=_less(one, best))
        for one in options))


def _unsure(pose: ObjectPose | None, points: Array, gripper: Gripper) -> str:
    """Return why a pose is not to be trusted, empty where it is."""
    if pose is None:
        return 'it has no trustworthy pose'
    error = math.sqrt(max(0.0, float(np.linalg.eigvalsh(pose.covariance[:3, :3])[-1])))
    if error > gripper.max_position_error_m:
        return f'its position is known to {error * 1e3:.0f} mm only'
    # Not their mean: stray points of a border, of which the pose is free, would move it.
    middle = np.median(points, axis=0) if len(points) else pose.position
    off = float(np.linalg.norm(middle - pose.position))
    if off > gripper.max_position_error_m + MAX_OFF_SHARE * pose.size[0]:
        return f'its pose is {off * 1e3:.0f} mm from the middle of its points'
    return ''


def _value(option: Option, top: float, gripper: Gripper) -> float:
    assert option.place is not None
    below = top - float(option.place.position @ np.array(gripper.approach))
    # Rounded, so that what is equal but for the last digits is equal.
    return round(option.instance.score * (1 - option.covered) * math.exp(-below / BELOW_M)
                 * option.place.ease, 9)


def _less(option: Option, best: Option) -> str:
    return (f'value {option.value:.3f} (score {option.instance.score:.2f}, covered '
            f'{option.covered:.2f}), object {best.instance.label} has {best.value:.3f}')
