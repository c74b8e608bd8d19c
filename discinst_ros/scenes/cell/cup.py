# SPDX-License-Identifier: Apache-2.0
"""What a suction cup meets where it is told to go, and whether it seals there: by rays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
import math

from discinst_ros.picking.gripper import Gripper
from discinst_ros.scenes.cell.world import World
from discinst_ros.scenes.heaps.engine import engine
from discinst_ros.scenes.heaps.model import SEEN
from discinst_ros.scenes.heaps.surface import Points
import numpy as np

#: The last part of the way to a target, along the cup's axis, and the one before it, straight down
#: from where the arm comes from; metres.
_WAY_M, _DESCENT_M = 0.04, 0.3
#: What a ray that hits nothing counts as.
_FAR_M = 100.0
#: The normal is that of the surface within this share of the radius.
_INNER = 0.75
#: Share of the radius, and rays, of each ring that the seal is judged by.
_RINGS = ((0.5, 8), (1.0, 16))
_NORMAL_RAYS = 8
#: The object of a ray that hits none: the bin or the room, or nothing at all.
_SURROUNDINGS, _NOTHING = -1, -2


class Fault(str, Enum):
    """Why nothing was lifted."""

    REFUSED = 'refused'
    NOTHING_THERE = 'nothing there'
    IN_THE_WAY = 'something in the way'
    NO_OBJECT = 'no object'
    TILTED = 'tilted'
    SEAL = 'no seal'
    TOO_HEAVY = 'too heavy'
    HELD_DOWN = 'held down'


@dataclass(frozen=True)
class Cup:
    """What a cup can do; its radius and its reach are the gripper's."""

    gripper: Gripper = Gripper()
    #: So far before or behind the target it still meets the surface: the stroke of its bellows.
    stroke_m: float = 0.008
    #: It swivels so far from the direction it comes from to that of the surface.
    swivel_rad: float = math.radians(20)
    #: Its lips follow a surface so far off a plane.
    lip_m: float = 0.002
    #: It lets go above this pull.
    force_n: float = 20.0
    #: On the way up the wrist rolls once around, tilted by so much, so that what only lies on the
    #: object slides off; 0 does not roll.
    roll_rad: float = math.radians(60)


@dataclass(frozen=True)
class Contact:
    """What a cup met."""

    #: Number of the object that the cup is on; None where it is on none.
    number: int | None
    #: (3,) in the world; where it would be if nothing was met.
    point: Points
    #: None where it seals.
    fault: Fault | None
    #: The same for people.
    message: str = ''


def touch(world: World, cup: Cup, target: Points, axis: Points, approach: Points) -> Contact:
    """
    Move a cup straight to a target.

    :param target: (3,) in the world.
    :param axis: (3,) unit, where the cup comes from, away from the surface.
    :param approach: (3,) unit, the direction that the arm reaches about.
    """
    start = target + _WAY_M * axis
    far, number = _ray(world, start + _DESCENT_M * approach, -approach)
    if far < _DESCENT_M:
        return Contact(None, start, Fault.IN_THE_WAY,
                       f'{name_of(number)} is in the way of the arm above the target')
    far, number = _ray(world, start, -axis)
    point = start - far * axis
    if number == _NOTHING or far > _WAY_M + cup.stroke_m:
        behind = 'none' if number == _NOTHING else f'{(far - _WAY_M) * 1e3:.0f} mm behind it'
        return Contact(None, target, Fault.NOTHING_THERE,
                       f'nothing is at the target, the next surface is {behind}')
    named = name_of(number)
    if far < _WAY_M - cup.stroke_m:
        return Contact(number if number >= 0 else None, point, Fault.IN_THE_WAY,
                       f'{named} is in the way {(_WAY_M - far) * 1e3:.0f} mm before the target')
    if number < 0:
        return Contact(None, point, Fault.NO_OBJECT, f'{named} is there and no object')
    tilted = _tilted(_normal(world, cup, point, axis, number), cup, axis, approach)
    if tilted:
        return Contact(number, point, Fault.TILTED, f'{named} {tilted}')
    leak = _leak(world, cup, point, axis, number)
    return Contact(number, point, Fault.SEAL if leak else None, leak)


def name_of(number: int) -> str:
    """Return how an object is called to people: by its label."""
    return f'object {number + 1}' if number >= 0 else 'the bin'


def _normal(world: World, cup: Cup, point: Points, axis: Points, number: int) -> Points | None:
    """Return the normal of an object around a point, None where too little of it is there."""
    hits = [hit for hit, owner in _ring(world, point, axis, _INNER * cup.gripper.cup_radius_m,
                                        _NORMAL_RAYS) if owner == number]
    if len(hits) < _NORMAL_RAYS // 2:
        return None
    normal = _plane(np.array(hits))[1]
    return normal if normal @ axis > 0 else -normal


def _tilted(normal: Points | None, cup: Cup, axis: Points, approach: Points) -> str:
    """Return in what way a surface is tilted too much, empty where it is not."""
    if normal is None:
        return ''  # too narrow to have a normal: the seal will tell
    tilt, swivel = (math.acos(float(np.clip(normal @ one, -1, 1))) for one in (approach, axis))
    reach = cup.gripper.max_tilt_rad
    if tilt > reach:
        return (f'is tilted by {math.degrees(tilt):.0f}° there, the arm reaches '
                f'{math.degrees(reach):.0f}°')
    if swivel > cup.swivel_rad:
        return (f'is tilted by {math.degrees(swivel):.0f}° against the cup, which gives way by '
                f'{math.degrees(cup.swivel_rad):.0f}°')
    return ''


def _leak(world: World, cup: Cup, point: Points, axis: Points, number: int) -> str:
    """Return why a cup on an object does not seal, empty where it does."""
    hits = [point]
    beside: list[int] = []
    total = 0
    for share, rays in _RINGS:
        total += rays
        for hit, owner in _ring(world, point, axis, share * cup.gripper.cup_radius_m, rays):
            if owner == number:
                hits.append(hit)
            else:
                beside.append(owner)
    if beside:
        others = ', '.join(name_of(one) if one != _NOTHING else 'nothing'
                           for one in sorted(set(beside)))
        return (f'the cup is on {name_of(number)} and over its edge: {len(beside)} of {total} '
                f'points meet {others}')
    centre, normal = _plane(np.array(hits))
    off = float(np.abs((np.array(hits) - centre) @ normal).max())
    if off > cup.lip_m:
        return (f'the surface of {name_of(number)} is {off * 1e3:.1f} mm off a plane under the '
                f'cup, which follows {cup.lip_m * 1e3:.1f} mm')
    return ''


def _ring(world: World, point: Points, axis: Points, radius: float, count: int
          ) -> list[tuple[Points, int]]:
    """Return what rays around the one to a point hit: where, and whose it is."""
    across = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    across /= np.linalg.norm(across)
    along = np.cross(axis, across)
    found = []
    for angle in np.arange(count) * (math.tau / count):
        start = (point + _WAY_M * axis
                 + radius * (math.cos(angle) * across + math.sin(angle) * along))
        far, owner = _ray(world, start, -axis)
        found.append((start - far * axis, owner))
    return found


def _ray(world: World, start: Points, direction: Points) -> tuple[float, int]:
    """Return how far a ray goes, and the object it hits, or one of the two that are none."""
    group = np.zeros((6, 1), np.uint8)
    group[SEEN] = 1
    geom = np.full((1, 1), -1, np.int32)
    far = engine().mj_ray(world.model, world.data, start, direction, group, 1, -1, geom)
    if geom[0, 0] < 0:
        return _FAR_M, _NOTHING
    body = int(world.model.geom_bodyid[geom[0, 0]])
    return float(far), body - 1 if body > 0 else _SURROUNDINGS


def _plane(points: Points) -> tuple[Points, Points]:
    """Return the middle of points and the normal of the plane through them."""
    centre = points.mean(axis=0)
    return centre, np.linalg.svd(points - centre)[2][2]
