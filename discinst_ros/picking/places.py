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
TRIED = 150
#: The surface has to be there at so many points around the border of a patch, and around half way.
PROBES = 12
_ANGLES = np.arange(PROBES) * (math.tau / PROBES)
_AROUND = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
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
        plane = _fit(points[near], position)
        if plane is None or not _is_whole(tree, plane, gripper.patch_radius_m, spacing_m):
            continue
        tilt_rad = math.acos(float(np.clip(plane.axes[:, 0] @ np.array(gripper.approach), -1, 1)))
        if plane.roughness_m > gripper.max_roughness_m:
            why['rough'] = min(why.get('rough', math.inf), plane.roughness_m)
        elif tilt_rad > gripper.max_tilt_rad:
            why['tilted'] = min(why.get('tilted', math.inf), tilt_rad)
        else:
            normal = plane.axes[:, 0]
            return Place(plane.position, _orientation(normal, pose), normal, tilt_rad,
                         plane.roughness_m), ''
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


@dataclass(frozen=True)
class _Plane:
    """The plane through a patch."""

    #: (3,) metres, on the plane.
    position: Array
    #: 3×3, the columns: the outward normal and two directions in the plane.
    axes: Array
    roughness_m: float


def _fit(patch: Array, position: Array) -> _Plane | None:
    """Return the plane through a patch around a position, None where there are few points."""
    if len(patch) < MIN_POINTS:
        return None
    centre = patch.mean(axis=0)
    around = patch - centre
    variances, axes = np.linalg.eigh(around.T @ around / len(patch))
    if axes[:, 0] @ position > 0:
        axes = -axes
    on_plane = position - axes[:, 0] * float((position - centre) @ axes[:, 0])
    return _Plane(on_plane, axes, math.sqrt(max(float(variances[0]), 0.0)))


def _is_whole(tree: cKDTree, plane: _Plane, radius_m: float, spacing_m: float) -> bool:
    """Tell whether the object's own points reach around a place, without a hole or an end."""
    border = plane.position + radius_m * _AROUND @ plane.axes[:, 1:].T
    half_way = (border + plane.position) / 2
    off = tree.query(np.concatenate([border, half_way]))[0]
    return bool((off <= spacing_m + plane.roughness_m).all())


def _orientation(normal: Array, pose: ObjectPose) -> Array:
    """Return the turn whose z is the normal and whose x is nearest to the object's."""
    along: Array = Rotation.from_quat(pose.quaternion).as_matrix()[:, 0]
    along = along - (along @ normal) * normal
    if np.linalg.norm(along) < 1e-3:  # the object's x points along the normal: any will do
        along = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
    along = along / np.linalg.norm(along)
    return quaternion_from_axes(np.stack([along, np.cross(normal, along), normal], axis=1))
