# SPDX-License-Identifier: Apache-2.0
"""Where a heap is looked at from, and with what lens."""

from __future__ import annotations

from dataclasses import dataclass
import math

from discinst_ros.instances import Intrinsics
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.heaps.surface import Points
from discinst_ros.scenes.textures import Rng
import numpy as np

_NEAREST_M, _FARTHEST_M = 0.35, 1.8
_CLEARANCE_M = 0.06
_TRIES = 30


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera in the world."""

    intrinsics: Intrinsics
    #: 4×4, from the camera optical frame (x right, y down, z forward) to the world.
    to_world: Points


def place_camera(rng: Rng, place: Surroundings, positions: Points, width: int,
                 height: int, *, off_x_rad: float | None = None,
                 steepest_deg: float = 90) -> Camera:
    """
    Return a camera that sees the objects and stands in the room, not in a wall.

    :param positions: N×3, of the objects.
    :param off_x_rad: look against x, off by this deviation; from anywhere unless given.
    :param steepest_deg: look down by no more than this.
    """
    field = rng.uniform(math.radians(42), math.radians(70))
    focal = width / 2 / math.tan(field / 2)
    # Lenses are mounted a little off the middle of the sensor.
    shift = rng.normal(0, 0.012, 2) * (width, height)
    intrinsics = Intrinsics(focal, focal, float((width - 1) / 2 + shift[0]),
                            float((height - 1) / 2 + shift[1]), width, height)
    low, high = positions.min(axis=0), positions.max(axis=0)
    reach = float(np.linalg.norm((high - low)[:2])) / 2 + 0.06
    target = (low + high) / 2 + np.append(rng.normal(0, 0.12 * reach, 2), 0)
    highest, flattest = {'table': (85, 22), 'bin': (90, 52), 'tote': (90, 50),
                         'moulded': (90, 50)}[place.kind]
    steepest = min(float(highest), steepest_deg)
    for attempt in range(_TRIES):
        distance = float(np.clip(reach / math.tan(field / 2) * rng.uniform(0.75, 1.8),
                                 _NEAREST_M + place.wall_m, _FARTHEST_M))
        tilt = math.radians(rng.uniform(flattest, steepest))
        if attempt == _TRIES - 1:
            tilt = math.radians(steepest - 5)
        azimuth, roll = rng.uniform(-math.pi, math.pi), rng.normal(0, 0.08)
        if off_x_rad is not None:
            azimuth = rng.normal(0, off_x_rad)
        away = np.array((math.cos(tilt) * math.cos(azimuth), math.cos(tilt) * math.sin(azimuth),
                         math.sin(tilt)))
        eye = target + distance * away
        if _is_free(eye, place):
            break
    return Camera(intrinsics, look(eye, -away, azimuth, roll))


def look(eye: Points, forward: Points, azimuth: float, roll: float) -> Points:
    """Return the pose of a camera that looks along ``forward``, turned by ``roll``."""
    right = np.array((-math.sin(azimuth), math.cos(azimuth), 0))
    down = np.cross(forward, right)
    pose = np.eye(4)
    pose[:3, 0] = math.cos(roll) * right + math.sin(roll) * down
    pose[:3, 1] = math.cos(roll) * down - math.sin(roll) * right
    pose[:3, 2] = forward
    pose[:3, 3] = eye
    return pose


def _is_free(eye: Points, place: Surroundings) -> bool:
    if (np.abs(eye[:2]) > np.array(place.room) - _CLEARANCE_M).any():
        return False
    return not any((np.abs(eye - centre) < half + _CLEARANCE_M).all()
                   for centre, half in place.solids)
