# SPDX-License-Identifier: Apache-2.0
"""Mixed objects on a table or in a tote: boxes, tins, discs, polygons, bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
from discinst_ros.scenes.canvas import Canvas, FloatImage, Points
from discinst_ros.scenes.sticks import LAYER_M, round_shading, stick_outline
from discinst_ros.scenes.textures import noise, random_colour, Rng, surface
import numpy as np
import numpy.typing as npt

#: Number of objects in a scene.
COUNT = (2, 18)
#: Half extents at 320×240, in pixels.
HALF_PX = (9.0, 55.0)


def draw_shapes(canvas: Canvas, rng: Rng, table_depth_m: float) -> None:
    """
    Heap mixed objects on a canvas, in half of the scenes inside a tote.

    :param canvas: painted in place, ids 1 to N from the bottom to the top.
    :param rng: source of all that is random.
    :param table_depth_m: depth of the table.
    """
    height, width = canvas.labels.shape
    scale = height / 240
    if rng.random() < 0.5:
        _draw_tote(canvas, rng)
    count = int(rng.integers(COUNT[0], COUNT[1] + 1))
    size = rng.uniform(0.7, 1.2) * min(1.0, 2.6 / np.sqrt(count))
    spread = rng.uniform(0.2, 0.42)
    twin = (random_colour(rng), int(rng.integers(2**32))) if rng.random() < 0.25 else None
    for label in range(1, count + 1):
        centre = (0.5 + rng.uniform(-spread, spread, 2)) * (width, height)
        half = np.sort(rng.uniform(*HALF_PX, 2))[::-1] * size * scale
        kind = OUTLINES[rng.integers(len(OUTLINES))]
        _draw_object(canvas, rng, kind, centre, np.maximum(half, 4.0), label,
                     table_depth_m - LAYER_M * label, twin)


def _draw_object(canvas: Canvas, rng: Rng, kind: Callable[..., Points],
                 centre: Points, half: Points, label: int, depth_m: float,
                 twin: tuple[npt.NDArray[np.floating[Any]], int] | None) -> None:
    """Draw one object; ``twin`` is the colour and seed that look-alike objects share."""
    angle = rng.uniform(0, np.pi)
    outline = kind(rng, centre, half, angle)
    window = canvas.window(outline, angle)
    if window is None:
        return
    if twin is None:
        patch = surface(rng, window.u, window.v, random_colour(rng))
    else:
        patch = surface(np.random.default_rng(twin[1]), window.u, window.v, twin[0])
    if kind is disc_outline and rng.random() < 0.5:
        radius = np.minimum(window.u ** 2 + window.v ** 2, 1)
        patch *= (1.05 - np.float32(rng.uniform(0.2, 0.6)) * radius)[..., None]
    elif rng.random() < 0.4:
        patch *= round_shading(rng, window.v, angle, canvas.light.direction)[..., None]
    elif rng.random() < 0.5:
        patch *= _faces(rng, window.u, window.v)[..., None]
    if rng.random() < 0.3:
        shape = window.u.shape[0], window.u.shape[1]
        patch *= 1 + noise(rng, shape, rng.uniform(3, 25))[..., None] * np.float32(0.15)
    if rng.random() < 0.2:
        glint = np.exp(-((window.u - rng.uniform(-0.5, 0.5)) ** 2
                         + (window.v - rng.uniform(-0.5, 0.5)) ** 2) * rng.uniform(4, 30))
        patch += (255 - patch) * glint[..., None].astype(np.float32) * np.float32(0.7)
    canvas.paint(window, canvas.coverage(outline, window), np.clip(patch, 0, 255), label,
                 depth_m, height_px=rng.uniform(2, 12))


def _faces(rng: Rng, u: FloatImage, v: FloatImage) -> FloatImage:
    """Brightness of a box seen at an angle: its top and one or two of its sides."""
    shade = np.ones(u.shape, np.float32)
    edge = rng.uniform(0.3, 0.9)
    shade[v * rng.choice((-1, 1)) > edge] = rng.uniform(0.4, 0.9)
    if rng.random() < 0.5:
        shade[u * rng.choice((-1, 1)) > rng.uniform(0.5, 0.9)] *= rng.uniform(0.5, 0.9)
    return shade


def _draw_tote(canvas: Canvas, rng: Rng) -> None:
    """Draw a tote's floor and walls over the background; it is no instance."""
    height, width = canvas.labels.shape
    inset = rng.uniform(-0.1, 0.14, 4) * (width, height, width, height)
    wall = rng.uniform(6, 34) * height / 240
    corners = np.array(((inset[0], inset[1]), (width - inset[2], inset[1]),
                        (width - inset[2], height - inset[3]), (inset[0], height - inset[3])))
    corners += rng.uniform(-6, 6, (4, 2))
    inner = corners + np.array(((1, 1), (-1, 1), (-1, -1), (1, -1))) * wall
    colour = random_colour(rng)
    for k in range(4):
        side = np.array((corners[k], corners[(k + 1) % 4], inner[(k + 1) % 4], inner[k]))
        _fill(canvas, side, colour * rng.uniform(0.5, 1.1))
    floor = colour if rng.random() < 0.7 else random_colour(rng)
    _fill(canvas, inner, floor * rng.uniform(0.5, 1.05))
    canvas.colour *= 1 + noise(rng, (height, width), rng.uniform(4, 60))[..., None] * \
        np.float32(rng.uniform(0, 0.12))


def _fill(canvas: Canvas, polygon: Points, colour: npt.NDArray[np.floating[Any]]) -> None:
    cv2.fillPoly(canvas.colour, [np.round(polygon * 16).astype(np.int32)],
                 [float(c) for c in np.clip(colour, 0, 255)], cv2.LINE_AA, 4)


def _turned(points: Points, centre: Points, half: Points, angle: float) -> Points:
    turn = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    return np.asarray((points * half) @ turn + centre)


def box_outline(rng: Rng, centre: Points, half: Points, angle: float) -> Points:
    """Return a rectangle, seen a little in perspective."""
    points = np.array(((1, 1), (1, -1), (-1, -1), (-1, 1))) + rng.uniform(-0.08, 0.08, (4, 2))
    return _turned(points, centre, half, angle)


def disc_outline(rng: Rng, centre: Points, half: Points, angle: float) -> Points:
    """Return a disc or an ellipse."""
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    if rng.random() < 0.6:
        half = np.full(2, half.mean())
    return _turned(np.stack((np.cos(turn), np.sin(turn)), axis=1), centre, half, angle)


def polygon_outline(rng: Rng, centre: Points, half: Points, angle: float) -> Points:
    """Return a star-shaped polygon, convex or not, with 3 to 9 corners or a soft outline."""
    corners = int(rng.integers(3, 10))
    turn = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * 2 * np.pi / corners
    radius = rng.uniform(0.55, 1.0, corners)
    if rng.random() < 0.5:
        fine = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        radius = np.interp(fine, turn, radius, period=2 * np.pi)
        radius = np.convolve(np.concatenate((radius[-4:], radius, radius[:4])),
                             np.full(9, 1 / 9), mode='valid')
        turn = fine
    points = np.stack((np.cos(turn), np.sin(turn)), axis=1) * radius[:, None]
    return _turned(points, centre, half, angle)


def bar_outline(rng: Rng, centre: Points, half: Points, angle: float) -> Points:
    """Return a bar or a bottle lying down: long, straight or with round ends."""
    long = np.array((half[0] * rng.uniform(1.0, 1.8), half[1] * rng.uniform(0.3, 0.8)))
    return stick_outline(centre, np.maximum(long, 3.0), angle, rounded=rng.random() < 0.5)


OUTLINES = (box_outline, box_outline, disc_outline, polygon_outline, bar_outline)
