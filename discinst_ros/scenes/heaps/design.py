# SPDX-License-Identifier: Apache-2.0
"""What an object is: how it looks, and what of it collides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from discinst_ros.scenes.heaps.surface import join, Points, Surface, Vector
import numpy as np
import numpy.typing as npt

Texture = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Collider:
    """A convex piece of an object, for the physics."""

    #: 'box', 'cylinder', 'capsule', 'sphere', 'ellipsoid' or 'hull'.
    kind: str
    #: Half extents of a box or an ellipsoid; radius and half length along z; radius.
    size: Vector = (0.0, 0.0, 0.0)
    position: Vector = (0.0, 0.0, 0.0)
    #: w, x, y, z, as MuJoCo has it.
    quaternion: Vector = (1.0, 0.0, 0.0, 0.0)
    #: N×3, of a hull.
    points: Points | None = None


@dataclass(frozen=True, eq=False)
class Clear:
    """Clear plastic about an object: what is beneath shines through."""

    surface: Surface
    #: 0 (not there) to 1 (hides what is beneath).
    opacity: float
    #: (3,) red, green and blue, 0 to 1.
    tint: Points


@dataclass(frozen=True, eq=False)
class Design:
    """A part of which a heap may hold one or many; its axes are those of its bounding box."""

    family: str
    #: Centred: its bounding box, clear plastic included, is symmetric about the origin.
    surface: Surface
    colliders: tuple[Collider, ...]
    #: h×w×3.
    texture: Texture
    #: 0 (matt) to 1 (a mirror for the light, where depth cameras see nothing).
    shine: float
    #: kg/m³ of the colliders.
    density: float = 500.0
    clear: Clear | None = None

    @property
    def half_size(self) -> Points:
        """Half of the extents of the bounding box, (3,) metres."""
        return self.outside.high

    @property
    def radius(self) -> float:
        """Radius of the sphere around it, metres."""
        return float(np.linalg.norm(self.outside.vertices, axis=1).max())

    @property
    def outside(self) -> Surface:
        """All that is seen of it, clear plastic included."""
        return self.surface if self.clear is None else join(self.surface, self.clear.surface)


def centred(family: str, surface: Surface, colliders: Sequence[Collider], texture: Texture,
            *, shine: float, density: float = 500.0, clear: Clear | None = None) -> Design:
    """Return a design, shifted so that its bounding box is about the origin."""
    outside = surface if clear is None else join(surface, clear.surface)
    shift = -(outside.low + outside.high) / 2
    moved = tuple(Collider(one.kind, one.size,
                           tuple(np.asarray(one.position, float) + shift) if one.points is None
                           else one.position,
                           one.quaternion, None if one.points is None else one.points + shift)
                  for one in colliders)
    if clear is not None:
        clear = replace(clear, surface=clear.surface.moved(tuple(shift)))
    return Design(family, surface.moved(tuple(shift)), moved, texture, shine, density, clear)
