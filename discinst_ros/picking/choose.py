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
from discinst_ros.picking.cloud import Cloud
from discinst_ros.picking.cover import covered_shares
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.patch import Array
from discinst_ros.picking.places import find_place, Place
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
    :param points: N×3 metres in the camera optical frame, finite: what the pixels see.
    :param labels: (N,) the label of each point, 0 = no object.
    :param gripper: what can be picked; the default one unless given.
    :param avoid: positions (3,) that are not to be tried.
    :param given_up: labels of objects that are not to be tried.
    """
    gripper = gripper or Gripper()
    cloud = Cloud(np.asarray(points, dtype=np.float64), np.asarray(labels).astype(np.int64))
    covered = covered_shares(cloud.points, cloud.labels)
    options = [
        Option(one, None, 0.0, covered.get(one.label, 0.0), 'too many picks of it have failed')
        if one.label in given_up else
        _option(one, cloud, covered.get(one.label, 0.0), gripper, avoid)
        for one in instances]
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


def _option(instance: Instance, cloud: Cloud, covered: float, gripper: Gripper,
            avoid: Sequence[Array]) -> Option:
    own = cloud.points[cloud.of(instance.label)]
    reason, place = _unsure(instance.pose, own, gripper), None
    if not reason and instance.pose is not None:
        place, reason = find_place(cloud, instance.label, instance.pose, gripper, avoid)
    return Option(instance, place, 0.0, covered, reason)


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
