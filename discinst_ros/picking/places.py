# SPDX-License-Identifier: Apache-2.0
"""
Where on an object a suction cup can be put.

A place is good where the object's own points surround it on all sides as far as the cup reaches,
so that no border and no hole is under the cup, and where they lie on a plane that the gripper can
face. Of all good places it is the one nearest to the middle of what is seen of the object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

from discinst_ros.geometry.pose import quaternion_from_axes
from discinst_ros.instances import ObjectPose
from discinst_ros.picking.gripper import Gripper
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

Array = npt.NDArray[np.float64]

#: Points that are tried as places, spread over the object.
TRIED = 200
#: The surface has to be there at so many points around the border of a patch, and around half way.
PROBES = 12
#: Fewest points that a plane is put through.
MIN_POINTS = 8
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


def find_place(points: Array, pose: ObjectPose, gripper: Gripper,
               avoid: Sequence[Array] = ()) -> tuple[Place | None, str]:
    """
    Find the best place on one object.

    :param points: N×3 metres, all that is seen of the object.
    :param pose: of the object.
    :param gripper: what has to fit.
    :param avoid: positions that are not to be tried, nor what is within :data:`SAME_PLACE_M`.
    :return: the place and '', or None and why there is none.
    """
    if len(points) < MIN_POINTS:
        return None, _sentence({}, gripper)
    tree = cKDTree(points)
    tried = points[::1 + len(points) // TRIED]
    tried = tried[np.argsort(np.linalg.norm(tried - pose.position, axis=1), kind='stable')]
    # Of a grid of points the four next to one are no farther than this.
    spacing_m = float(np.median(tree.query(tried, k=5)[0][:, 4]))
    why: dict[str, float] = {}
    for position, near in zip(tried, tree.query_ball_point(tried, gripper.patch_radius_m)):
        if any(np.linalg.norm(position - other) < SAME_PLACE_M for other in avoid):
            why['failed before'] = 0.0
            continue
        place = _fit(points[near], position, pose, gripper)
        if place is None or not _is_whole(tree, place, gripper.patch_radius_m, spacing_m):
            continue
        if place.roughness_m > gripper.max_roughness_m:
            why['rough'] = min(why.get('rough', math.inf), place.roughness_m)
        elif place.tilt_rad > gripper.max_tilt_rad:
            why['tilted'] = min(why.get('tilted', math.inf), place.tilt_rad)
        else:
            return place, ''
    return None, _sentence(why, gripper)


def _sentence(why: dict[str, float], gripper: Gripper) -> str:
    """Say what kept the cup from all places: what came nearest to a pick first."""
    if 'failed before' in why:
        return 'its places have failed before'
    if 'tilted' in why:
        return (f'it is tilted by {math.degrees(why["tilted"]):.0f}° or more, the gripper reaches '
                f'{math.degrees(gripper.max_tilt_rad):.0f}°')
    if 'rough' in why:
        return (f'it is nowhere flat: {why["rough"] * 1e3:.1f} mm off a plane or more, the cup '
                f'takes {gripper.max_roughness_m * 1e3:.1f} mm')
    return (f'no place on it is {gripper.patch_radius_m * 1e3:.0f} mm away from its border '
            'and from holes')


def _is_whole(tree: cKDTree, place: Place, radius_m: float, spacing_m: float) -> bool:
    """Tell whether the object's own points reach around a place, without a hole or an end."""
    angles = np.arange(PROBES) * (math.tau / PROBES)
    x, y = axes_of(place.quaternion)[:, :2].T
    around = np.cos(angles)[:, None] * x + np.sin(angles)[:, None] * y
    probes = place.position + np.concatenate([radius_m * around, radius_m / 2 * around])
    off_m = spacing_m + place.roughness_m
    return bool((tree.query(probes)[0] <= off_m).all())


def _fit(patch: Array, position: Array, pose: ObjectPose, gripper: Gripper) -> Place | None:
    """Return the plane through a patch around a position, None where there are few points."""
    if len(patch) < MIN_POINTS:
        return None
    centre = patch.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov((patch - centre).T, bias=True))
    normal = axes[:, 0]
    normal = -normal if normal @ position > 0 else normal
    on_plane = position - normal * float((position - centre) @ normal)
    tilt = math.acos(float(np.clip(normal @ np.array(gripper.approach), -1, 1)))
    return Place(on_plane, _orientation(normal, pose), normal, tilt,
                 math.sqrt(max(float(variances[0]), 0.0)))


def _orientation(normal: Array, pose: ObjectPose) -> Array:
    """Return the turn whose z is the normal and whose x is nearest to the object's."""
    along = axes_of(pose.quaternion)[:, 0]
    along = along - (along @ normal) * normal
    if np.linalg.norm(along) < 1e-3:  # the object's x points along the normal: any will do
        along = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
    along = along / np.linalg.norm(along)
    return quaternion_from_axes(np.stack([along, np.cross(normal, along), normal], axis=1))


def axes_of(quaternion: Array) -> Array:
    """Return the rotation matrix (3×3) of a unit quaternion x, y, z, w."""
    return np.asarray(Rotation.from_quat(quaternion).as_matrix())
