# SPDX-License-Identifier: Apache-2.0
"""
Which object to pick next, and where to put the suction cup. No ROS in here.

::

    gripper.py    what a cup can hold and reach
    cloud.py      all that the camera sees, with labels
    patch.py      the surface under a cup, out of noisy points
    rim.py        whether that surface ends where the object does
    places.py     where on an object it can be put
    cover.py      how much of an object lies under others
    choose.py     the object to take, and why not the others
    progress.py   what was tried, and when a bin is done
    check.py      what of a frame cannot be
    fresh.py      which frames tell something new
    sight.py      whether the camera sees the bin at all
"""

from discinst_ros.picking.choose import Choice, choose, Option
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.places import Place

__all__ = ['Choice', 'Gripper', 'Option', 'Place', 'choose']
