# SPDX-License-Identifier: Apache-2.0
"""How objects begin, before physics: dropped, standing, stacked, leaning, in rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import math

from discinst_ros.scenes.heaps.design import Design
from discinst_ros.scenes.heaps.surface import Points
from discinst_ros.scenes.textures import Rng
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

#: Left between objects and below them at the start, metres.
_GAP_M = 0.002
_TRIES = 60


@dataclass(frozen=True, eq=False)
class Start:
    """Where an object begins."""

    position: Points
    rotation: Rotation


Half = tuple[float, float]
Arranger = Callable[[Rng, Sequence[Design], Half], list[Start]]


def dropped(rng: Rng, designs: Sequence[Design], region: Half) -> list[Start]:
    """Let objects fall from layers above the region, turned at random."""
    starts: list[Start] = []
    base = 0.0
    rest = list(range(len(designs)))
    places: dict[int, Start] = {}
    while rest:
        cell = 2 * max(designs[k].radius for k in rest) + _GAP_M
        across = [max(1, int(2 * half / cell)) for half in region]
        sites = rng.permutation(across[0] * across[1])
        layer, rest = rest[:len(sites)], rest[len(sites):]
        cell = 2 * max(designs[k].radius for k in layer) + _GAP_M
        for k, site in zip(layer, sites):
            spot = np.array(divmod(int(site), across[1])) + 0.5
            pitch = 2 * np.array(region) / across
            slack = np.maximum(pitch / 2 - designs[k].radius, 0)
            xy = spot * pitch - region + rng.uniform(-1, 1, 2) * slack
            places[k] = Start(np.array((*xy, base + cell / 2)), _random_turn(rng))
        base += cell
    starts.extend(places[k] for k in range(len(designs)))
    return starts


def standing(rng: Rng, designs: Sequence[Design], region: Half) -> list[Start]:
    """Stand or lay objects beside one another; what finds no room is dropped on the others."""
    starts: list[Start] = []
    taken: list[tuple[Points, float]] = []
    top = 2 * max(design.radius for design in designs)
    for design in designs:
        tilt = _resting_turn(rng)
        half = half_extents(design, tilt)
        reach = float(np.hypot(half[0], half[1]))
        for _ in range(_TRIES):
            xy = rng.uniform(-1, 1, 2) * np.maximum(np.array(region) - reach, 0.01)
            if all(np.hypot(*(xy - other)) > reach + far + _GAP_M for other, far in taken):
                taken.append((xy, reach))
                starts.append(Start(np.array((*xy, half[2] + _GAP_M)), tilt))
                break
        else:
            xy = rng.uniform(-0.6, 0.6, 2) * region
            starts.append(Start(np.array((*xy, top + design.radius)), _random_turn(rng)))
            top += 2 * design.radius + _GAP_M
    return starts


def stacked(rng: Rng, designs: Sequence[Design], region: Half) -> list[Start]:
    """Pile objects up, the broad ones below."""
    piles = max(1, min(len(designs) // 3, int(rng.integers(1, 6))))
    order = sorted(range(len(designs)), key=lambda k: -float(np.prod(designs[k].half_size[:2])))
    spots = _spread(rng, piles, region)
    heights = np.zeros(piles)
    centres = spots.copy()
    places: dict[int, Start] = {}
    for number, k in enumerate(order):
        pile = number % piles
        turn = _about_z(rng.uniform(-np.pi, np.pi) if rng.random() < 0.3
                        else rng.normal(0, 0.15) + (np.pi / 2) * rng.integers(4))
        half = designs[k].half_size
        slack = 0.35 * min(half[0], half[1]) * min(number // piles, 1)
        centres[pile] += rng.uniform(-slack, slack, 2)
        places[k] = Start(np.array((*centres[pile], heights[pile] + half[2] + _GAP_M / 2)), turn)
        heights[pile] += 2 * half[2] + _GAP_M / 2
    return [places[k] for k in range(len(designs))]


def leaning(rng: Rng, designs: Sequence[Design], region: Half) -> list[Start]:
    """Stand the bulkiest objects upright and lean the others against them, like books."""
    order = sorted(range(len(designs)), key=lambda k: -float(designs[k].half_size.min()))
    posts = max(1, min(4, len(designs) // 4))
    spots = _spread(rng, posts, region)
    places: dict[int, Start] = {}
    directions, leans = rng.uniform(-np.pi, np.pi, posts), rng.uniform(0.12, 0.45, posts)
    #: How far from the middle of its post the last object reaches, on the ground.
    edges = np.zeros(posts)
    for number, k in enumerate(order):
        post = number % posts
        axes = np.argsort(designs[k].half_size)
        thin, high = designs[k].half_size[axes[0]], designs[k].half_size[axes[2]]
        lean = leans[post] if number >= posts else 0.0
        # the thin axis points ahead; what leans back on the post has its foot ahead of its head
        if number < posts:
            ahead, edges[post] = 0.0, thin
        else:
            foot = edges[post] + _GAP_M + thin / math.cos(lean)
            if number < 2 * posts:
                foot += 2 * high * math.sin(lean)
            ahead, edges[post] = foot - high * math.sin(lean), foot + thin / math.cos(lean)
        xy = spots[post] + ahead * np.array((math.cos(directions[post]),
                                             math.sin(directions[post])))
        height = high * math.cos(lean) + thin * math.sin(lean) + _GAP_M
        turn = (_about_z(directions[post]) * Rotation.from_euler('y', -lean)
                * _standing_on_edge(axes))
        places[k] = Start(np.array((*xy, height)), turn)
    return [places[k] for k in range(len(designs))]


def in_rows(rng: Rng, designs: Sequence[Design], region: Half) -> list[Start]:
    """Pack objects in rows and layers, as parts are delivered, a little askew."""
    size = np.max([design.half_size for design in designs], axis=0) * 2 * rng.uniform(1.03, 1.15)
    size += _GAP_M
    turn = int(rng.integers(2))
    pitch = size[[turn, 1 - turn]]
    across = np.maximum((2 * np.array(region) / pitch).astype(int), 1)
    sites = int(across.prod())
    base = _about_z(turn * np.pi / 2 + rng.normal(0, 0.02))
    starts = []
    for number in range(len(designs)):
        layer, site = divmod(number, sites)
        xy = (np.array(divmod(site, int(across[1]))) + 0.5) * pitch - across * pitch / 2
        height = layer * (size[2] + _GAP_M) + size[2] / 2 + _GAP_M
        starts.append(Start(np.array((*(xy + rng.normal(0, 0.0015, 2)), height)),
                            _about_z(rng.normal(0, 0.03)) * base))
    return starts


ARRANGERS: dict[str, Arranger] = {
    'dropped': dropped, 'standing': standing, 'stacked': stacked, 'leaning': leaning,
    'in_rows': in_rows}


def _spread(rng: Rng, count: int, region: Half) -> Points:
    """Return places that keep away from one another, N×2."""
    best, score = np.zeros((count, 2)), -1.0
    for _ in range(_TRIES // 3):
        spots = rng.uniform(-0.75, 0.75, (count, 2)) * region
        apart = np.linalg.norm(spots[:, None] - spots, axis=-1) + np.eye(count)
        if apart.min() > score:
            best, score = spots, float(apart.min())
    return best


def _resting_turn(rng: Rng) -> Rotation:
    """Return a turn for an object that stands, or lies on another of its sides."""
    yaw = _about_z(rng.uniform(-np.pi, np.pi))
    if rng.random() < 0.6:
        return yaw
    axis, angle = (('x', 90), ('y', 90), ('x', 180))[int(rng.integers(3))]
    return yaw * Rotation.from_euler(axis, angle, degrees=True)


def half_extents(design: Design, rotation: Rotation) -> Points:
    """Return half the extents, along the axes of the world, of a turned bounding box."""
    return np.asarray(np.abs(rotation.as_matrix()) @ design.half_size)


def _standing_on_edge(axes: npt.NDArray[np.intp]) -> Rotation:
    """Return the turn that takes the shortest axis to x and the longest to z."""
    matrix = np.zeros((3, 3))
    for goal, axis in zip((0, 1, 2), axes):
        matrix[goal, axis] = 1
    if np.linalg.det(matrix) < 0:
        matrix[1] *= -1
    return Rotation.from_matrix(matrix)


def _random_turn(rng: Rng) -> Rotation:
    return Rotation.from_quat(rng.standard_normal(4))


def _about_z(angle: float) -> Rotation:
    return Rotation.from_euler('z', angle)
