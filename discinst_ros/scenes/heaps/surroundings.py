# SPDX-License-Identifier: Apache-2.0
"""Where a heap lies: a table, a bin or a tote, in a room with furniture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
import math

from discinst_ros.scenes.heaps import grounds
from discinst_ros.scenes.heaps.design import Collider, Texture
from discinst_ros.scenes.heaps.surface import box, Points, Surface
from discinst_ros.scenes.textures import Rng
import numpy as np

#: The collision of a wall reaches this far outwards, so that nothing falls through.
_BACKING_M = 0.03
_FENCE_M = 1.2


@dataclass(frozen=True, eq=False)
class Cover:
    """What a piece is covered with."""

    texture: Texture
    shine: float


@dataclass(eq=False)
class Surroundings:
    """All that is not an object; z = 0 is what the objects lie on."""

    kind: str
    #: Half extents of the region where objects are put, metres.
    region: tuple[float, float]
    #: Height of the walls around it, 0 of a table.
    wall_m: float
    covers: list[Cover] = field(default_factory=list)
    #: What is seen, and the number of its cover.
    pieces: list[tuple[Surface, int]] = field(default_factory=list)
    #: What holds the objects.
    barriers: list[Collider] = field(default_factory=list)
    #: What holds them while they fall, and is gone afterwards.
    fences: list[Collider] = field(default_factory=list)
    #: Boxes that a camera must not be in: centre and half extents.
    solids: list[tuple[Points, Points]] = field(default_factory=list)
    #: Half extents of the outside of a container, metres; of a table, (0, 0).
    outside: tuple[float, float] = (0.0, 0.0)
    #: Half extents of the room, metres.
    room: tuple[float, float] = (2.0, 2.0)

    def add_cover(self, texture: Texture, shine: float) -> int:
        """Add a cover and return its number."""
        self.covers.append(Cover(texture, shine))
        return len(self.covers) - 1


def make_surroundings(kind: str, rng: Rng) -> Surroundings:
    """
    Return a place for a heap.

    :param kind: one of :data:`KINDS`.
    """
    place: Surroundings = _MAKERS[kind](rng)
    _furnish(rng, place)
    return place


def fence(place: Surroundings, half: Sequence[float]) -> None:
    """Put a temporary fence about the region from the top of its walls upwards."""
    middle = place.wall_m + _FENCE_M / 2
    for axis in range(2):
        for sign in (-1, 1):
            size = np.array((half[0] + _BACKING_M, half[1] + _BACKING_M, _FENCE_M / 2))
            size[axis] = _BACKING_M / 2
            position = np.array((0, 0, middle))
            position[axis] = sign * (half[axis] + _BACKING_M / 2)
            place.fences.append(Collider('box', tuple(size), tuple(position)))


def _table(rng: Rng) -> Surroundings:
    half = np.array((rng.uniform(0.45, 1.0), rng.uniform(0.3, 0.6)))
    reach = rng.uniform(0.12, 0.3)
    place = Surroundings('table', (reach * rng.uniform(0.8, 1.3), reach), 0.0)
    _add_table(rng, place, half, 0.0)
    return place


def _bin(rng: Rng) -> Surroundings:
    """Return a box with upright walls."""
    inner = rng.uniform(0.1, 0.22), rng.uniform(0.08, 0.16)
    return _container(rng, 'bin', inner, wall_m=rng.uniform(0.06, 0.2), lean=0.0,
                      thick=rng.uniform(0.002, 0.008), rim=rng.choice((0.0, 0.008, 0.015)))


def _tote(rng: Rng) -> Surroundings:
    """Return a large box whose walls lean outwards to a broad rim."""
    inner = rng.uniform(0.18, 0.28), rng.uniform(0.13, 0.2)
    return _container(rng, 'tote', inner, wall_m=rng.uniform(0.12, 0.28),
                      lean=rng.uniform(0.06, 0.22), thick=rng.uniform(0.003, 0.006),
                      rim=rng.uniform(0.012, 0.035))


_MAKERS: dict[str, Callable[[Rng], Surroundings]] = {'table': _table, 'bin': _bin, 'tote': _tote}
KINDS = tuple(_MAKERS)


def _container(rng: Rng, kind: str, inner: tuple[float, float], *, wall_m: float, lean: float,
               thick: float, rim: float) -> Surroundings:
    place = Surroundings(kind, inner, wall_m)
    broad = wall_m * math.tan(lean) + thick + rim
    place.outside = inner[0] + broad, inner[1] + broad
    cover = place.add_cover(grounds.moulded(rng), rng.uniform(0, 0.9))
    spread = wall_m * math.tan(lean)
    top = np.array(inner) + spread
    half = np.array((inner[0] + thick, inner[1] + thick, thick / 2))
    place.pieces.append((box(half, tile_m=0.3).moved((0, 0, -thick / 2)), cover))
    place.barriers.append(Collider('box', (*(top + 0.1), 0.05), (0, 0, -0.05)))
    length = wall_m / math.cos(lean)
    for axis in range(2):
        for sign in (-1, 1):
            side = top[1 - axis] + thick
            _add_wall(place, cover, axis, sign, inner[axis], length, side, lean * sign, thick)
            if rim:
                flange = np.array((side + rim, side + rim, thick))
                flange[axis] = rim / 2
                position = np.array((0.0, 0.0, wall_m - thick))
                position[axis] = sign * (top[axis] + thick + rim / 2)
                place.pieces.append((box(flange, tile_m=0.3).moved(tuple(position)), cover))
    fence(place, tuple(top))
    if rng.random() < 0.6:
        _add_table(rng, place, top + rng.uniform(0.05, 0.6, 2), -thick)
    else:
        place.solids.append((np.zeros(3), np.array((*top, wall_m))))
        _add_room(rng, place, -thick - 0.001, top)
    return place


def _add_wall(place: Surroundings, cover: int, axis: int, sign: int, inner: float, length: float,
              side: float, lean: float, thick: float) -> None:
    """Add a wall of a container, leaning about its lower inner edge."""
    c, s = math.cos(lean), math.sin(lean)
    turn = (np.array(((c, 0, s), (0, 1, 0), (-s, 0, c))) if axis == 0
            else np.array(((1, 0, 0), (0, c, s), (0, -s, c))))
    quaternion = ((math.cos(lean / 2), 0, math.sin(lean / 2), 0) if axis == 0
                  else (math.cos(lean / 2), -math.sin(lean / 2), 0, 0))
    edge = np.zeros(3)
    edge[axis] = sign * inner

    def slab(depth: float) -> tuple[Points, Points]:
        half, centre = np.array((side, side, length / 2)), np.zeros(3)
        half[axis] = depth / 2
        centre[axis], centre[2] = sign * depth / 2, length / 2
        return half, edge + turn @ centre

    half, position = slab(thick)
    place.pieces.append((box(half, tile_m=0.3).moved(tuple(position), turn), cover))
    half, position = slab(_BACKING_M)
    place.barriers.append(Collider('box', tuple(half), tuple(position), quaternion))


def _add_table(rng: Rng, place: Surroundings, half: Points, height: float) -> None:
    """Add the top of a table whose surface is at a height, and the floor far below."""
    thick = rng.uniform(0.015, 0.04)
    cover = place.add_cover(grounds.table_top(rng), rng.uniform(0, 0.7) * rng.random())
    shift = rng.uniform(-0.25, 0.25, 2) * half if place.kind == 'table' else np.zeros(2)
    centre = (shift[0], shift[1], height - thick / 2 - 0.0005 * (height < 0))
    top = box((*half, thick / 2), tile_m=rng.uniform(0.4, 1.2)).moved(centre)
    place.pieces.append((top, cover))
    place.barriers.append(Collider('box', (*half, 0.05), (centre[0], centre[1], height - 0.05)))
    place.solids.append((np.array((*shift, -0.3)), np.array((*half, 0.3 + place.wall_m))))
    _add_room(rng, place, height - rng.uniform(0.5, 0.8), half + np.abs(shift))


def _add_room(rng: Rng, place: Surroundings, ground: float, half: Points) -> None:
    """Add the floor and up to four walls, some of them close to the table."""
    gaps = np.where(rng.random(4) < 0.25, rng.uniform(0.01, 0.1, 4), rng.uniform(0.7, 2.5, 4))
    cover = place.add_cover(grounds.floor(rng), rng.uniform(0, 0.3))
    place.pieces.append((box((4, 4, 0.02), tile_m=rng.uniform(0.6, 1.6)).moved(
        (0, 0, ground - 0.02)), cover))
    place.room = float(half[0] + gaps[:2].min()), float(half[1] + gaps[2:].min())
    cover = place.add_cover(grounds.room_wall(rng), 0.0)
    for number in range(4):
        if rng.random() < 0.35:
            continue
        axis, sign = number // 2, 1 - 2 * (number % 2)
        size, position = np.array((4, 4, 1.5)), np.array((0, 0, ground + 1.5))
        size[axis] = 0.02
        position[axis] = sign * (half[axis] + gaps[number] + 0.02)
        place.pieces.append((box(size, tile_m=2.0).moved(tuple(position)), cover))
        place.solids.append((position, size))


def _furnish(rng: Rng, place: Surroundings) -> None:
    """Put boxes of all sizes beside the table: nothing of them is an object."""
    covers = [place.add_cover(grounds.room_wall(rng), rng.uniform(0, 0.6)) for _ in range(2)]
    ground = min(surface.low[2] for surface, _ in place.pieces) + 0.04
    keep = place.solids[0][1][:2] + np.abs(place.solids[0][0][:2])
    for _ in range(int(rng.integers(0, 9))):
        size = rng.uniform((0.03, 0.03, 0.05), (0.4, 0.4, max(0.1, -ground * 0.9) / 1.6))
        turn = rng.uniform(0, np.pi)
        distance = float(np.hypot(*keep)) + float(np.hypot(*size[:2])) + rng.uniform(0.0, 0.7)
        angle = rng.uniform(-np.pi, np.pi)
        position = np.array((distance * math.cos(angle), distance * math.sin(angle),
                             ground + size[2]))
        c, s = math.cos(turn), math.sin(turn)
        place.pieces.append((
            box(size, tile_m=rng.uniform(0.2, 0.8)).moved(
                tuple(position), np.array(((c, -s, 0), (s, c, 0), (0, 0, 1)))),
            covers[int(rng.integers(2))]))
        place.solids.append((position, np.array((*(np.hypot(*size[:2]),) * 2, size[2]))))
