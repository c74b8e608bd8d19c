# SPDX-License-Identifier: Apache-2.0
"""
Which object to pick next, and where to put the suction cup. No ROS in here.

::

    gripper.py    what a cup can hold and reach
    cloud.py      all that the camera sees, with labels
    own_points.py the points of one object, and whether they are all around a place
    patch.py      the surfaces under a cup, out of noisy points
    roughness.py  how far these are off a plane
    rim.py        whether a surface ends where the object does
    tried.py      which of the places that are tried on an object is the easiest
    fit_all.py    the surfaces at all places of all objects, many at once
    exact.py      the plane under the place that is taken
    places.py     where on an object the cup can be put
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
