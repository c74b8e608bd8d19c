# SPDX-License-Identifier: Apache-2.0
"""What comes along when a cup that holds an object is pulled up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from discinst_ros.scenes.cell.world import World
from discinst_ros.scenes.heaps.engine import engine
from discinst_ros.scenes.heaps.surface import Points
import numpy as np

_SPEED_M_S = 0.3
#: The cup comes to its speed within this time, so that the start is no jerk.
_RAMP_S = 0.15
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


def lift(world: World, number: int, point: Points, *, height_m: float, limit_n: float) -> Lift:
    """
    Pull an object straight up until it is at a height, or its pull is more than the cup holds.

    :param number: of the object.
    :param point: (3,) where the cup holds it, in the world.
    :param limit_n: of the pull, newtons.
    """
    model, data = world.model, world.data
    _hold(world, number, point)
    before = data.xpos[1:len(world.numbers) + 1, 2].copy()
    pulls: list[Points] = []
    kind = int(engine().mjtConstraint.mjCNSTR_EQUALITY)
    largest = way = 0.0
    begin = data.time
    while way < height_m and largest <= limit_n:
        speed = _SPEED_M_S * min(1.0, (data.time - begin) / _RAMP_S)
        way += speed * model.opt.timestep
        data.mocap_pos[0] = point + (0, 0, way)
        world.step(1)
        pulls.append(_pull(data, kind, number))
        if len(pulls) >= _MEAN_STEPS:
            mean = np.mean(pulls[-_MEAN_STEPS:], axis=0)
            largest = max(largest, float(np.linalg.norm(mean)))
    held = largest <= limit_n
    rise = data.xpos[1:len(world.numbers) + 1, 2] - before
    data.eq_active[number] = 0
    risen = [k for k in world.present if held and rise[k] > _RISEN * height_m]
    return Lift(tuple(risen), largest)


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
