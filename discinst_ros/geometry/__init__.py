# SPDX-License-Identifier: Apache-2.0
"""
Labels and depth in, poses out; everything in metres in the camera optical frame.

::

    camera.py     pixels and depth to points, and points back to pixels
    surface.py    which of an object's depth pixels can be trusted
    pose.py       an oriented box around those points
    workspace.py  which objects lie where the robot works
"""
