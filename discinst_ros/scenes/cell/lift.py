# SPDX-License-Identifier: Apache-2.0
"""What comes along when a cup that holds an object is pulled up."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
import math
from typing import Any

from discinst_ros.scenes.cell.world import World
from discinst_ros.scenes.heaps.engine import engine
from discinst_ros.scenes.heaps.surface import Points
import numpy as np
from scipy.spatial.transform import Rotation

_SPEED_M_S = 0.3
#: The cup comes to its speed within this time, so that the start is no jerk.
_RAMP_S = 0.15
#: The wrist rolls after this share of the way up, in so many seconds.
_ROLL_AT, _ROLL_S = 0.75, 1.2
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
         tilt_rad: float = 0.0) -> Lift:
    """
    Pull an object straight up until it is at a height, or its pull is more than the cup holds.

    :param number: of the object.
    :param point: (3,) where the cup holds it, in the world.
    :param limit_n: of the pull, newtons.
    :param tilt_rad: before the height the wrist rolls once around, tilted by so much, and what
        only lies on the object slides off, back into the bin; 0 goes straight on.
    """
    model, data = world.model, world.data
    _hold(world, number, point)
    before = data.xpos[1:len(world.numbers) + 1, 2].copy()
    pulls: deque[Points] = deque(maxlen=_MEAN_STEPS)
    kind = int(engine().mjtConstraint.mjCNSTR_EQUALITY)
    largest = 0.0
    for height, turn in _way(height_m, tilt_rad, float(model.opt.timestep)):
        data.mocap_pos[0] = point + (0, 0, height)
        data.mocap_quat[0] = turn.as_quat()[[3, 0, 1, 2]]
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


def _way(height_m: float, tilt_rad: float, step_s: float) -> Iterator[tuple[float, Rotation]]:
    """Yield how far up the cup is and how it is turned, step by step."""
    height = time = 0.0
    rolled = not tilt_rad
    while height < height_m:
        height += _SPEED_M_S * min(1.0, time / _RAMP_S) * step_s
        time += step_s
        yield height, Rotation.identity()
        if not rolled and height > _ROLL_AT * height_m:
            rolled = True
            yield from ((height, turn) for turn in _roll(tilt_rad, step_s))


def _roll(tilt_rad: float, step_s: float) -> Iterator[Rotation]:
    """Yield how the cup is turned while it tilts, to each side in turn, and back."""
    for share in np.arange(0, 1, step_s / _ROLL_S):
        tilt, way = tilt_rad * math.sin(math.pi * share) ** 2, math.tau * share
        yield Rotation.from_rotvec(tilt * np.array((math.cos(way), math.sin(way), 0)))


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
