# SPDX-License-Identifier: Apache-2.0
"""
A robot's cell in simulation: a bin with a heap, a camera above it, and a suction cup.

::

    world.py     the heap as physics that go on, with a cup that can hold
    sensors.py   where the camera stands, and what it makes of what is there
    bounds.py    where the bin is, as the camera sees it, and which poses are refused
    box.py       which object a box around a detection is of
    cup.py       what a cup meets at a target, by rays: does it seal?
    lift.py      what comes along when it pulls, with a limit of force
    outcome.py   what a pick came to
    cell.py      all of it together: look, pick, look again
    make.py      a cell out of a seed

MuJoCo is needed, and imported when the first cell is made.
"""

from discinst_ros.scenes.cell.box import Box, object_in_box
from discinst_ros.scenes.cell.cell import Cell
from discinst_ros.scenes.cell.cup import Cup, Fault
from discinst_ros.scenes.cell.make import make_cell, PARTS, why_fewer
from discinst_ros.scenes.cell.outcome import PickOutcome
from discinst_ros.scenes.cell.sensors import HEIGHT_PX, SIDE_PX, WIDTH_PX

__all__ = [
    'Box', 'Cell', 'Cup', 'Fault', 'HEIGHT_PX', 'make_cell', 'object_in_box', 'PARTS',
    'PickOutcome', 'SIDE_PX', 'why_fewer', 'WIDTH_PX']
