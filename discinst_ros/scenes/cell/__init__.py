# SPDX-License-Identifier: Apache-2.0
"""
A robot's cell in simulation: a bin with a heap, a camera above it, and a suction cup.

::

    world.py     the heap as physics that go on, with a cup that can hold
    sensors.py   where the camera stands, and what it makes of what is there
    cup.py       what a cup meets at a target, by rays: does it seal?
    lift.py      what comes along when it pulls, with a limit of force
    cell.py      all of it together: look, pick, look again
    make.py      a cell out of a seed

MuJoCo is needed, and imported when the first cell is made.
"""

from discinst_ros.scenes.cell.cell import Cell, PickOutcome
from discinst_ros.scenes.cell.cup import Cup, Fault
from discinst_ros.scenes.cell.make import make_cell, PARTS

__all__ = ['Cell', 'Cup', 'Fault', 'make_cell', 'PARTS', 'PickOutcome']
