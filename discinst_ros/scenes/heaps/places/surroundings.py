# SPDX-License-Identifier: Apache-2.0
"""All of a scene that is not an object: what is seen of it, and what holds the objects."""

from __future__ import annotations

from dataclasses import dataclass, field

from discinst_ros.scenes.heaps.design import Collider, Texture
from discinst_ros.scenes.heaps.surface import Points, Surface


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
    #: Half extents between the upper edges of its walls, metres; of a table, (0, 0).
    opening: tuple[float, float] = (0.0, 0.0)
    #: Half extents of the outside of a container, metres; of a table, (0, 0).
    outside: tuple[float, float] = (0.0, 0.0)
    #: Half extents of the room, metres.
    room: tuple[float, float] = (2.0, 2.0)

    def add_cover(self, texture: Texture, shine: float) -> int:
        """Add a cover and return its number."""
        self.covers.append(Cover(texture, shine))
        return len(self.covers) - 1
