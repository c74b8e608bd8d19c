# SPDX-License-Identifier: Apache-2.0
"""Bins packed by hand, of boxes whose sizes and places are known."""

from __future__ import annotations

from collections import Counter

from discinst_ros.geometry.pose import quaternion_from_axes
from discinst_ros.scenes.cell import Cell, Cup
from discinst_ros.scenes.heaps import Heap
from discinst_ros.scenes.heaps.arrangement import Start
from discinst_ros.scenes.heaps.design import centred, Collider, Design
from discinst_ros.scenes.heaps.engine import engine
from discinst_ros.scenes.heaps.model import build_model
from discinst_ros.scenes.heaps.places.kinds import make_surroundings
from discinst_ros.scenes.heaps.surface import box, join, prism
import numpy as np
from scipy.spatial.transform import Rotation

GREY = np.full((4, 4, 3), 128, np.uint8)
#: Half extents of the box that most tests pick; its mass is 500 g at most.
HALF_M = (0.03, 0.025, 0.02)


def block(half: tuple[float, float, float] = HALF_M, density: float = 500.0) -> Design:
    return centred('box', box(half), [Collider('box', half)], GREY, shine=0.0, density=density)


def frame() -> Design:
    """Return a shallow box without a lid, 100 x 80 x 30 mm, whose rim is 16 mm wide."""
    bars = [((0.05, 0.04, 0.004), (0.0, 0.0, -0.011)),
            *(((0.05, 0.008, 0.015), (0.0, y, 0.0)) for y in (-0.032, 0.032)),
            *(((0.008, 0.024, 0.015), (x, 0.0, 0.0)) for x in (-0.042, 0.042))]
    return centred('box', join(*(box(half).moved(place) for half, place in bars)),
                   [Collider('box', half, place) for half, place in bars], GREY, shine=0.0)


def wedge() -> Design:
    """Return a roof 100 mm wide, 50 mm high and 80 mm long along z; its sides rise by 45°."""
    outline = np.array(((-0.05, -0.025), (0.05, -0.025), (0.0, 0.025)))
    surface = prism(outline, 0.04)
    return centred('wedge', surface, [Collider('hull', points=surface.vertices)], GREY, shine=0.0)


def bin_of(*objects: tuple[Design, tuple[float, float, float]], turn: Rotation | None = None,
           cup: Cup | None = None, width: int = 160) -> Cell:
    """
    Return a cell with objects at places (their centres, the ground is at z = 0).

    :param turn: of all objects.
    :param cup: another one than usual.
    :param width: of the images, pixels.
    """
    turn = turn or Rotation.identity()
    place = make_surroundings('tote', np.random.default_rng(0))
    designs = [design for design, _ in objects]
    starts = [Start(np.array(position), turn) for _, position in objects]
    model = build_model(designs, list(range(len(objects))), starts, place)
    data = engine().MjData(model)
    engine().mj_forward(model, data)
    heap = Heap(0, 'tote', 'by hand', tuple(designs), tuple(range(len(objects))), frozenset(),
                place, model, data, Counter())
    return Cell(heap, cup=cup, width=width, height=width * 3 // 4, sensors=False)


def target(cell: Cell, point: tuple[float, float, float],
           normal: tuple[float, float, float] = (0.0, 0.0, 1.0)
           ) -> tuple[np.ndarray, np.ndarray]:
    """Return a pose in the camera optical frame from a point and a direction in the world."""
    pose = cell.camera.to_world
    z = np.array(normal) / np.linalg.norm(normal)
    x = np.cross((0.0, 1.0, 0.0), z)
    x /= np.linalg.norm(x)
    axes = np.stack([x, np.cross(z, x), z], axis=1)
    return (pose[:3, :3].T @ (np.array(point) - pose[:3, 3]),
            quaternion_from_axes(pose[:3, :3].T @ axes))
