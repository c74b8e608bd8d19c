# SPDX-License-Identifier: Apache-2.0
"""Families of what is made in a workshop: profiles, frames, hooks, links, bolts, springs."""

from __future__ import annotations

import math

from discinst_ros.scenes.heaps.design import centred, Collider, Design, Texture
from discinst_ros.scenes.heaps.families import prints
from discinst_ros.scenes.heaps.families.hollow import wall
from discinst_ros.scenes.heaps.families.tools import of_boxes
from discinst_ros.scenes.heaps.surface import (
    box,
    join,
    lathe,
    Points,
    prism,
    regular_outline,
    Surface,
)
from discinst_ros.scenes.heaps.tube import capsule, tube
from discinst_ros.scenes.textures import Rng
import numpy as np


def make_channel(rng: Rng) -> Design:
    """Return a length of U or Z profile: a web with a flange at each side."""
    length, width = rng.uniform(0.03, 0.08), rng.uniform(0.012, 0.03)
    thick, rise = rng.uniform(0.002, 0.004), rng.uniform(0.006, 0.02)
    other = 1 if rng.random() < 0.7 else -1
    return of_boxes('channel', rng, [
        ((length, width, thick), (0, 0, 0)),
        ((length, thick, rise), (0, width - thick, rise - thick)),
        ((length, thick, rise), (0, thick - width, other * (rise - thick)))])


def make_frame(rng: Rng) -> Design:
    """Return a ring with corners: a nut, a frame, a triangle; flat or deep."""
    corners = int(rng.choice((3, 4, 5, 6, 6, 8)))
    inside, high = rng.uniform(0.012, 0.045), rng.uniform(0.003, 0.015)
    broad = inside * rng.uniform(0.12, 0.5)
    long = (inside + 2 * broad) * math.tan(math.pi / corners)
    parts, colliders = [], []
    for number in range(corners):
        turn = 2 * math.pi * number / corners
        c, s = math.cos(turn), math.sin(turn)
        half, place = (broad, long, high), ((inside + broad) * c, (inside + broad) * s, 0.0)
        # a mitre would need other corners; what sticks out is shorter than the bar is broad
        parts.append(box(half).moved(place, np.array(((c, -s, 0), (s, c, 0), (0, 0, 1)))))
        colliders.append(Collider('box', half, place,
                                  (math.cos(turn / 2), 0, 0, math.sin(turn / 2))))
    return centred('frame', join(*parts), colliders, _finish(rng), shine=_gloss(rng))


def make_comb(rng: Rng) -> Design:
    """Return a bar with two to five teeth on one side: a clamp, a rack, a key."""
    length, thick = rng.uniform(0.025, 0.065), rng.uniform(0.004, 0.009)
    high, count = rng.uniform(0.003, 0.012), int(rng.integers(2, 6))
    reach = rng.uniform(0.01, 0.03)
    first = rng.uniform(-1, 0.2) if count < 4 and rng.random() < 0.4 else -1
    broad = min(thick, length * (1 - first) / (2.6 * count)) * rng.uniform(0.6, 1)
    places = np.linspace(first * (length - broad), length - broad, count)
    teeth = [((broad, reach, high), (x, reach + thick, 0)) for x in places]
    return of_boxes('comb', rng, [((length, thick, high), (0, 0, 0)), *teeth])


def make_ladder(rng: Rng) -> Design:
    """Return two bars with one to three rungs between them: an H, a rail, a grating."""
    length, thick = rng.uniform(0.03, 0.075), rng.uniform(0.003, 0.008)
    high, apart = rng.uniform(0.003, 0.012), rng.uniform(0.012, 0.035)
    count = int(rng.integers(1, 4))
    shift = 0 if rng.random() < 0.6 else rng.uniform(-0.5, 0.5) * length
    places = np.linspace(-0.7, 0.7, count) * length if count > 1 else [shift]
    return of_boxes('ladder', rng, [
        *(((length, thick, high), (0, side * apart, 0)) for side in (-1, 1)),
        *(((thick, apart - thick, high), (x, 0, 0)) for x in places)])


def make_hook(rng: Rng) -> Design:
    """Return a bent rod: a hook, a cane, a hairpin, an S."""
    radius, thick = rng.uniform(0.01, 0.022), rng.uniform(0.002, 0.005)
    shaft, bend = rng.uniform(0.01, 0.08), rng.uniform(0.6, 1.5) * math.pi
    arc = _arc(radius, bend)
    line = np.concatenate(((arc[:1] - (shaft, 0, 0)), arc))
    if rng.random() < 0.4:  # the other end, bent as well, to the other side
        back = _arc(radius * rng.uniform(0.6, 1), bend) * (-1, -1, 1) - (shaft, 0, 0)
        line = np.concatenate((back[::-1], arc))
    return _of_rod('hook', rng, line, thick)


def make_link(rng: Rng) -> Design:
    """Return a closed loop of a rod: a link of a chain, a ring, a buckle."""
    radius, thick = rng.uniform(0.01, 0.025), rng.uniform(0.002, 0.006)
    half = rng.uniform(0.002, 0.035) if rng.random() < 0.75 else 0.002
    end = _arc(radius, math.pi) + (half, -radius, 0)
    line = np.concatenate((end, end * (-1, -1, 1), end[:1]))
    return _of_rod('link', rng, line, thick)


def make_elbow(rng: Rng) -> Design:
    """Return a bent piece of pipe with a collar at each end."""
    thick, bend = rng.uniform(0.008, 0.018), rng.uniform(0.25, 0.6) * math.pi
    radius, straight = thick * rng.uniform(1.2, 2.5), thick * rng.uniform(0.3, 2)
    arc = _arc(radius, bend)
    out = np.array((math.cos(bend), math.sin(bend), 0.0))
    line = np.concatenate((arc[:1] - (straight, 0, 0), arc, arc[-1:] + straight * out))
    broad, high = thick * rng.uniform(1.05, 1.5), thick * rng.uniform(0.1, 0.35)
    collar = lathe([(0, -high), (broad, -high), (broad, high), (0, high)])
    ends = []
    for place, turn in ((line[0], 0.0), (line[-1], bend)):
        c, s = math.cos(turn), math.sin(turn)
        ends.append(collar.moved(place, np.array(((0, -s, c), (0, c, s), (-1, 0, 0)))))
    colliders = [capsule(a, b, thick) for a, b in zip(line, line[1:])]
    return centred('elbow', join(tube(line, thick), *ends), colliders, _finish(rng),
                   shine=_gloss(rng), density=1000)


def make_bolt(rng: Rng) -> Design:
    """Return a bolt, a rivet, a knob or a plug: a rod with a head at its end."""
    shaft, half = rng.uniform(0.003, 0.012), rng.uniform(0.012, 0.05)
    head, high = shaft * rng.uniform(1.5, 2.6), shaft * rng.uniform(0.5, 1.2)
    rod = lathe([(0, -half), (shaft * 0.8, -half), (shaft, -half + shaft * 0.4), (shaft, half),
                 (0, half)], sectors=12)
    top: Surface = (prism(regular_outline(int(rng.choice((4, 6))), head), high)
                    if rng.random() < 0.6 else
                    lathe([(0, -high), (head, -high), (head, high * 0.3), (head * 0.6, high),
                           (0, high)], sectors=16))
    surface = join(rod, top.moved((0, 0, half + high)))
    colliders = [Collider('cylinder', (shaft, half)),
                 Collider('cylinder', (head, high), (0, 0, half + high))]
    return centred('bolt', surface, colliders, _finish(rng), shine=_gloss(rng), density=1500)


def make_flange(rng: Rng) -> Design:
    """Return a disc with a hub that is open or closed: a flange, a pulley, a lid."""
    radius, flat = rng.uniform(0.025, 0.05), rng.uniform(0.002, 0.006)
    hub, rise = radius * rng.uniform(0.3, 0.7), rng.uniform(0.006, 0.03)
    hole = max(hub - rng.uniform(0.003, 0.01), 0.0) if rng.random() < 0.7 else 0.0
    top = [(hub, flat), (hub, flat + rise), (hole, flat + rise)]
    profile = [(hole, -flat), (radius, -flat), (radius, flat), *top]
    if hole:
        profile.append((hole, -flat))
    colliders = [*wall((radius, -flat), (radius, flat), radius - hole),
                 *wall((hub, flat), (hub, flat + rise), hub - hole)]
    return centred('flange', lathe(profile), colliders, _finish(rng), shine=_gloss(rng),
                   density=800)


def make_coil(rng: Rng) -> Design:
    """Return a spring: a rod wound around an axis."""
    radius, thick = rng.uniform(0.008, 0.022), rng.uniform(0.001, 0.003)
    turns = rng.uniform(3, 9)
    pitch = thick * rng.uniform(2.1, 5)
    angle = np.linspace(0, 2 * np.pi * turns, int(16 * turns))
    line = np.stack((radius * np.cos(angle), radius * np.sin(angle),
                     pitch * (angle / (2 * np.pi) - turns / 2)), axis=1)
    half = pitch * turns / 2
    reach = radius + thick
    return centred('coil', tube(line, thick), wall((reach, -half), (reach, half), 2 * thick),
                   _finish(rng), shine=_gloss(rng), density=900)


def _arc(radius: float, bend: float) -> Points:
    """Return an arc that leaves the origin along x and bends to the left, N×3."""
    angle = np.linspace(0, bend, max(6, round(12 * bend / math.pi)))
    return radius * np.stack((np.sin(angle), 1 - np.cos(angle), 0 * angle), axis=1)


def _of_rod(family: str, rng: Rng, line: Points, thick: float) -> Design:
    """Return a rod along a line that lies flat."""
    colliders = [capsule(a, b, thick) for a, b in zip(line, line[1:])]
    return centred(family, tube(line, thick), colliders, _finish(rng), shine=_gloss(rng),
                   density=1500)


def _finish(rng: Rng) -> Texture:
    """Return bare metal, or paint or plastic of one colour."""
    return prints.metallic(rng) if rng.random() < 0.6 else prints.plain(rng)


def _gloss(rng: Rng) -> float:
    return float(rng.uniform(0, 0.9))
