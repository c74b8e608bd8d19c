# SPDX-License-Identifier: Apache-2.0
"""
Where on an object a suction cup can be put.

A place is good where the object's own points surround it on all sides as far as the cup reaches,
so that no border and no hole is under the cup, and where they lie on a plane that the gripper can
face. Of all good places it is the easiest one: near to the middle of what is seen of the object,
far from what tilt and roughness may be at most, and on a surface that ends where the object does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

from discinst_ros.geometry.pose import quaternion_from_axes
from discinst_ros.instances import ObjectPose
from discinst_ros.picking.arrays import Array, Flags
from discinst_ros.picking.cloud import Cloud
from discinst_ros.picking.exact import plane_under
from discinst_ros.picking.fit_all import fit_all
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.own_points import OwnPoints
from discinst_ros.picking.patch import MIN_POINTS, Patches
from discinst_ros.picking.tried import Tried
import numpy as np
from scipy.spatial.transform import Rotation

#: Failed places keep others from being tried so near.
SAME_PLACE_M = 0.015


@dataclass(frozen=True)
class Place:
    """A place for the cup, in the camera optical frame."""

    #: (3,) metres, on the surface.
    position: Array
    #: (4,) unit quaternion x, y, z, w: z is the outward normal, x as near as can be to the
    #: object's.
    quaternion: Array
    #: (3,) unit outward normal.
    normal: Array
    tilt_rad: float
    roughness_m: float
    #: 1 for a flat and level place in the middle of the object, towards 0 the more it is off.
    ease: float


@dataclass(frozen=True)
class _Object:
    """An object on which places are tried."""

    own: OwnPoints
    pose: ObjectPose
    #: M×3 metres, those that did not fail before, nearest to the middle first.
    positions: Array
    #: (M,) what each is worth for where it is.
    central: Array
    some_failed: bool


def find_places(cloud: Cloud, wanted: Sequence[tuple[int, ObjectPose]], gripper: Gripper,
                avoid: Sequence[Array] = ()) -> list[tuple[Place | None, str]]:
    """
    Find the best place on each of some objects.

    :param cloud: all that is seen.
    :param wanted: label and pose of each object.
    :param gripper: what has to fit.
    :param avoid: positions that are not to be tried, nor what is within :data:`SAME_PLACE_M`.
    :return: for each object the place and '', or None and why there is none.
    """
    objects = [_object(OwnPoints(cloud, label), pose, gripper, avoid)
               if len(cloud.of(label)) >= MIN_POINTS else None for label, pose in wanted]
    patches = fit_all(cloud.points, [(one.own, one.positions) for one in objects if one],
                      gripper.cup_radius_m)
    return [_found(one, next(patches), gripper) if one else (None, _no_room(gripper))
            for one in objects]


def _object(own: OwnPoints, pose: ObjectPose, gripper: Gripper, avoid: Sequence[Array]) -> _Object:
    positions = own.points[own.surrounded(gripper)]
    failed = _near_any(positions, avoid)
    positions = positions[~failed]
    far = np.linalg.norm(positions - pose.position, axis=1)
    nearest = np.argsort(far, kind='stable')
    central = 1 / (1 + (far[nearest] / max(pose.size[0] / 2, SAME_PLACE_M)) ** 2)
    return _Object(own, pose, positions[nearest], central, bool(failed.any()))


def _found(one: _Object, patches: Patches, gripper: Gripper) -> tuple[Place | None, str]:
    tried = Tried(one.own, patches, one.central[patches.which], gripper)
    best, ease = tried.easiest()
    if best >= 0:
        return _place(one, tried, best, ease, gripper), ''
    return None, 'its places have failed before' if one.some_failed else _why_none(tried, gripper)


def _place(one: _Object, tried: Tried, best: int, ease: float, gripper: Gripper) -> Place:
    """Return the place that is taken."""
    patch = tried.patches[best]
    position = one.positions[patch.which]
    near, _ = one.own.near(position[None], gripper.cup_radius_m)
    foot, normal = plane_under(one.own.cloud.points[near], position, gripper.cup_radius_m) or (
        patch.position, patch.axes[:, 0])
    return Place(foot, _orientation(normal, one.pose), normal, float(tried.tilt_rad[best]),
                 patch.roughness_m, ease)


def _why_none(tried: Tried, gripper: Gripper) -> str:
    """Say what kept the cup from all places: what came nearest to a pick first."""
    tilt_rad = tried.least_tilt_rad()
    if tilt_rad is not None:
        return (f'it is tilted by {math.degrees(tilt_rad):.0f}° or more, the gripper reaches '
                f'{math.degrees(gripper.max_tilt_rad):.0f}°')
    rough_m = tried.least_roughness_m()
    if rough_m is not None:
        return (f'it is nowhere flat: {rough_m * 1e3:.1f} mm off a plane or more, the cup '
                f'takes {gripper.max_roughness_m * 1e3:.1f} mm')
    if tried.stands:
        return 'where the cup fits, the surface goes on around the object, which stands on it'
    return _no_room(gripper)


def _no_room(gripper: Gripper) -> str:
    return (f'no place on it is {gripper.patch_radius_m * 1e3:.0f} mm away from its border '
            'and from holes')


def _near_any(positions: Array, avoid: Sequence[Array]) -> Flags:
    """Tell which positions are near to one that failed."""
    failed = np.reshape(np.array(avoid, np.float64), (-1, 3))
    away = np.linalg.norm(positions[:, None] - failed, axis=2)
    return np.asarray((away < SAME_PLACE_M).any(axis=1))


def _orientation(normal: Array, pose: ObjectPose) -> Array:
    """Return the turn whose z is the normal and whose x is nearest to the object's."""
    along: Array = Rotation.from_quat(pose.quaternion).as_matrix()[:, 0]
    along = along - (along @ normal) * normal
    if np.linalg.norm(along) < 1e-3:  # the object's x points along the normal: any will do
        along = _cross(normal, np.eye(3)[np.abs(normal).argmin()])
    along = along / np.linalg.norm(along)
    return quaternion_from_axes(np.stack([along, _cross(normal, along), normal], axis=1))


def _cross(one: Array, other: Array) -> Array:
    """Return the cross product; that of numpy takes as long as all else here."""
    (a, b, c), (x, y, z) = one.tolist(), other.tolist()
    return np.array((b * z - c * y, c * x - a * z, a * y - b * x))
