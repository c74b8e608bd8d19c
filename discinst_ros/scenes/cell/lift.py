# SPDX-License-Identifier: Apache-2.0
"""What comes along when a cup that holds an object is pulled up."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
import math
from typing import Any

from discinst_ros.scenes.cell.world import World
from discinst_ros.scenes.heaps.engine import engine
from discinst_ros.scenes.heaps.surface import Points
import numpy as np

_SPEED_M_S = 0.3
#: The cup comes to its speed within this time, so that the start is no jerk.
_RAMP_S = 0.15
_SHAKE_HZ, _SHAKE_S = 4.0, 0.75
#: The pull is the mean over so many steps: the contacts of one step say little.
_MEAN_STEPS = 10
#: What has risen by this share of the way hangs on the cup, or lies on what does.
_RISEN = 0.6


@dataclass(frozen=True)
class Lift:
    """How a pull ended."""

    #: Objects that came along; empty where the cup let go.
    objects: tuple[int, ...]
    #: Largest pull, newtons.
    force_n: float


def lift(world: World, number: int, point: Points, *, height_m: float, limit_n: float,
         shake_m: float = 0.0) -> Lift:
    """
    Pull an object straight up and shake it there, until its pull is more than the cup holds.

    :param number: of the object.
    :param point: (3,) where the cup holds it, in the world.
    :param limit_n: of the pull, newtons.
    :param shake_m: radius of the circles that the cup goes at the height; 0 does not shake.
    """
    model, data = world.model, world.data
    _hold(world, number, point)
    before = data.xpos[1:len(world.numbers) + 1, 2].copy()
    pulls: deque[Points] = deque(maxlen=_MEAN_STEPS)
    kind = int(engine().mjtConstraint.mjCNSTR_EQUALITY)
    largest = 0.0
    for offset in chain(_rise(height_m, model.opt.timestep),
                        _shake(height_m, shake_m, model.opt.timestep) if shake_m else ()):
        data.mocap_pos[0] = point + offset
        world.step(1)
        pulls.append(_pull(data, kind, number))
        if len(pulls) == _MEAN_STEPS:
            largest = max(largest, float(np.linalg.norm(np.mean(pulls, axis=0))))
        if largest > limit_n:
            break
    held = largest <= limit_n
    rise = data.xpos[1:len(world.numbers) + 1, 2] - before
    data.eq_active[number] = 0
    risen = [k for k in world.present if held and rise[k] > _RISEN * height_m]
    return Lift(tuple(risen), largest)


def _rise(height_m: float, step_s: float) -> Iterator[Points]:
    """Yield where the cup is, step by step, from where it holds on to the height."""
    way = time = 0.0
    while way < height_m:
        way += _SPEED_M_S * min(1.0, time / _RAMP_S) * step_s
        time += step_s
        yield np.array((0, 0, way))


def _shake(height_m: float, radius_m: float, step_s: float) -> Iterator[Points]:
    """Yield circles, step by step, that grow from nothing and end there."""
    for time in np.arange(0, _SHAKE_S, step_s):
        radius = radius_m * math.sin(math.pi * time / _SHAKE_S)
        angle = math.tau * _SHAKE_HZ * time
        yield np.array((radius * math.cos(angle), radius * math.sin(angle), height_m))


def _hold(world: World, number: int, point: Points) -> None:
    """Fix the cup to an object as it lies."""
    model, data = world.model, world.data
    turn = data.xmat[number + 1].reshape(3, 3)
    data.mocap_pos[0], data.mocap_quat[0] = point, (1, 0, 0, 0)
    fixed = np.zeros(model.eq_data.shape[1])
    fixed[:3] = turn.T @ (point - data.xpos[number + 1])
    fixed[6:10] = data.xquat[number + 1]
    fixed[10] = 1
    model.eq_data[number] = fixed
    data.eq_active[number] = 1
    engine().mj_forward(model, data)


def _pull(data: Any, kind: int, number: int) -> Points:
    """
    Return the force of the cup on an object, (3,) newtons.

    :param kind: MuJoCo's number of constraints that are equalities.
    """
    rows = np.flatnonzero((data.efc_type == kind) & (data.efc_id == number))
    return np.asarray(data.efc_force[rows[:3]].copy())
