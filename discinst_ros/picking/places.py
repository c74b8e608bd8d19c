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
from discinst_ros.picking.cloud import Cloud
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.patch import Array, fit_patch, MIN_POINTS, Patch
from discinst_ros.picking.rim import rim_of, share_on_surface, stands_on
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

#: Points that are tried as places, spread over the object.
TRIED = 120
#: The surface has to be there at so many points around the border of a patch, and around half way.
PROBES = 12
_ANGLES = np.arange(PROBES) * (math.tau / PROBES)
_AROUND = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
#: A tilt counts as that much more than what is measured, in standard errors.
SURE = 2.0
#: So many times the roughness that a cup takes off the plane, a point lies beyond a step.
STEP = 3.0
#: Points whose mean tells whether the surface is there: one alone has too much noise.
_NEXT = 4
#: At the limit of tilt or roughness, or where the surface goes on all around, a place is worth so
#: much less.
HARD = 0.9
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


def find_place(cloud: Cloud, label: int, pose: ObjectPose, gripper: Gripper,
               avoid: Sequence[Array] = ()) -> tuple[Place | None, str]:
    """
    Find the best place on one object.

    :param cloud: all that is seen.
    :param label: of the object.
    :param pose: of the object.
    :param gripper: what has to fit.
    :param avoid: positions that are not to be tried, nor what is within :data:`SAME_PLACE_M`.
    :return: the place and '', or None and why there is none.
    """
    own = cloud.of(label)
    points, image = cloud.points[own], cloud.image[own]
    if len(points) < MIN_POINTS:
        return None, _sentence({}, gripper)
    tree = cKDTree(image)
    tried = np.arange(len(points))[::1 + len(points) // TRIED]
    # Of a grid of points the four next to one are no farther than this, in the image.
    spacing = float(np.median(tree.query(image[tried], k=5)[0][:, 4]))
    tried = tried[_surrounded(image, points[:, 2], tried, tree, gripper, spacing)]
    rim = rim_of(label, cloud, tree, spacing)
    far = np.linalg.norm(points[tried] - pose.position, axis=1)
    order = np.argsort(far, kind='stable')
    why: dict[str, float] = {}
    best: Place | None = None
    for index, away in zip(tried[order], far[order]):
        position = points[index]
        central = 1 / (1 + (away / max(pose.size[0] / 2, SAME_PLACE_M)) ** 2)
        if best is not None and central <= best.ease:
            break  # the others are farther away still
        if any(np.linalg.norm(position - other) < SAME_PLACE_M for other in avoid):
            why['failed before'] = 0.0
            continue
        reach = gripper.patch_radius_m / position[2]
        near = points[tree.query_ball_point(image[index], reach)]
        patch = fit_patch(near, position, gripper.cup_radius_m)
        if patch is None or not _is_whole(patch, points, tree, gripper, spacing):
            continue
        goes_on = share_on_surface(patch, rim)
        if stands_on(patch, points, goes_on):
            why['stands'] = 0.0
            continue
        place = _judged(patch, pose, gripper, central * (1 - HARD * goes_on ** 2), why)
        if place is not None and (best is None or place.ease > best.ease):
            best = place
    return best, '' if best is not None else _sentence(why, gripper)


def _judged(patch: Patch, pose: ObjectPose, gripper: Gripper, share: float,
            why: dict[str, float]) -> Place | None:
    """Return the place that a patch is, or None, and keep why: the least that was too much."""
    normal = patch.axes[:, 0]
    tilt_rad = math.acos(float(np.clip(normal @ np.array(gripper.approach), -1, 1)))
    for name, value, limit in (
            ('rough', patch.roughness_m, gripper.max_roughness_m),
            ('tilted', tilt_rad + SURE * patch.normal_error_rad, gripper.max_tilt_rad)):
        if value > limit:
            why[name] = min(why.get(name, math.inf), value)
            return None
        share *= 1 - HARD * (value / limit if limit else 0.0) ** 2
    return Place(patch.position, _orientation(normal, pose), normal, tilt_rad,
                 patch.roughness_m, share)


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
    if 'stands' in why:
        return 'where the cup fits, the surface goes on around the object, which stands on it'
    return (f'no place on it is {gripper.patch_radius_m * 1e3:.0f} mm away from its border '
            'and from holes')


def _surrounded(image: Array, depth: Array, tried: npt.NDArray[np.intp], tree: cKDTree,
                gripper: Gripper, spacing: float) -> npt.NDArray[np.bool_]:
    """Tell which points have others of the object around them, even if it is tilted there."""
    reach = math.cos(gripper.max_tilt_rad) * gripper.cup_radius_m / depth[tried]
    probes = image[tried, None] + reach[:, None, None] * _AROUND
    return np.asarray((tree.query(probes)[0] <= 2 * spacing).all(axis=1))


def _is_whole(patch: Patch, points: Array, tree: cKDTree, gripper: Gripper, spacing: float
              ) -> bool:
    """Tell whether the object's own points reach around a place, without a hole or an end."""
    probes = np.concatenate([gripper.patch_radius_m * _AROUND, gripper.cup_radius_m / 2 * _AROUND])
    probes = patch.position + probes @ patch.axes[:, 1:].T
    if probes[:, 2].min() <= 0:
        return False
    away, index = tree.query(probes[:, :2] / probes[:, 2:], k=_NEXT)
    if away[:, 0].max() > spacing:
        return False
    off = np.abs(((points[index] - patch.position) @ patch.axes[:, 0]).mean(axis=1))
    noise_m = patch.noise_m / math.sqrt(_NEXT)
    return bool(off.max() <= STEP * gripper.max_roughness_m + 3 * noise_m)


def _orientation(normal: Array, pose: ObjectPose) -> Array:
    """Return the turn whose z is the normal and whose x is nearest to the object's."""
    along: Array = Rotation.from_quat(pose.quaternion).as_matrix()[:, 0]
    along = along - (along @ normal) * normal
    if np.linalg.norm(along) < 1e-3:  # the object's x points along the normal: any will do
        along = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
    along = along / np.linalg.norm(along)
    return quaternion_from_axes(np.stack([along, np.cross(normal, along), normal], axis=1))
