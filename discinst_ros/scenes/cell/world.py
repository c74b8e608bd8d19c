# SPDX-License-Identifier: Apache-2.0
"""A heap at rest as physics that go on, with a cup that can be fixed to each of its objects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from discinst_ros.scenes.heaps.arrangement import Start
from discinst_ros.scenes.heaps.engine import engine
from discinst_ros.scenes.heaps.heap import Heap
from discinst_ros.scenes.heaps.model import make_spec, OBJECT
from discinst_ros.scenes.heaps.settle import (
    at_rest,
    hold_away,
    is_unstable,
    LOWEST_M,
    take_away,
)
import numpy as np
from scipy.spatial.transform import Rotation

#: Real air: the drag that heaps are dropped with would be part of what the cup has to pull.
_AIR_DENSITY = 1.2
_LONGEST_S = 2.0
_CHECK_STEPS = 25
#: The middle of what is so far beside the bin does not hang over its rim; what is lower than the
#: rim is out where it is beyond the wall; metres.
_BESIDE_M, _WALL_M = 0.1, 0.01
CUP = 'cup'


@dataclass(eq=False)
class World:
    """The physics; object k is body k + 1 and holds on to the cup by equality k."""

    heap: Heap
    #: The object of the heap that each is.
    numbers: tuple[int, ...]
    #: mujoco.MjModel and mujoco.MjData.
    model: Any
    data: Any
    #: Objects that are no longer there, and those of them that fell out of the bin.
    gone: set[int] = field(default_factory=set)
    spilled: set[int] = field(default_factory=set)

    @property
    def present(self) -> tuple[int, ...]:
        """The objects that are there."""
        return tuple(k for k in range(len(self.numbers)) if k not in self.gone)

    def step(self, steps: int) -> None:
        """Let time pass."""
        engine().mj_step(self.model, self.data, steps)
        hold_away(self.data, self.gone)

    def settle(self) -> None:
        """Let time pass until nothing moves, and count what fell out of the bin as gone."""
        end = self.data.time + _LONGEST_S
        still = 0
        while self.data.time < end and still < 2 and not is_unstable(self.data):
            self.step(_CHECK_STEPS)
            still = still + 1 if at_rest(self.data) else 0
        positions = self.data.xpos[1:len(self.numbers) + 1]
        place = self.heap.surroundings
        beyond = (np.abs(positions[:, :2]) - place.opening).max(axis=1)
        out = ((positions[:, 2] < LOWEST_M) | (beyond > _BESIDE_M)
               | ((beyond > _WALL_M) & (positions[:, 2] < place.wall_m)))
        fallen = {int(k) for k in np.flatnonzero(out)} - self.gone
        self.spilled |= fallen
        self.remove(fallen)

    def remove(self, objects: set[int]) -> None:
        """Take objects out of the world."""
        self.gone |= objects
        take_away(self.model, self.data, self.gone)


def make_world(heap: Heap) -> World:
    """Return the physics of a heap; the heap itself stays as it is."""
    spec = make_spec(
        heap.designs, [heap.members[k] for k in heap.present],
        [Start(heap.data.xpos[k + 1].copy(),
               Rotation.from_matrix(heap.data.xmat[k + 1].reshape(3, 3)))
         for k in heap.present],
        replace(heap.surroundings, fences=[]))
    mj = engine()
    spec.option.density = _AIR_DENSITY
    spec.worldbody.add_body(name=CUP, mocap=True, pos=(0, 0, 1))
    for number in range(len(heap.present)):
        # Where the two are fixed to each other is set when the cup holds on; what MjSpec would
        # put there has the anchor one metre off.
        data = np.zeros(mj.mjNEQDATA)
        data[6] = data[10] = 1
        spec.add_equality(type=mj.mjtEq.mjEQ_WELD, objtype=mj.mjtObj.mjOBJ_BODY, active=False,
                          name1=CUP, name2=f'{OBJECT}{number}', data=data)
    model = spec.compile()
    world = World(heap, heap.present, model, mj.MjData(model))
    mj.mj_forward(model, world.data)
    world.settle()
    return world
