# SPDX-License-Identifier: Apache-2.0
"""
What one would take without a network: depth in, label image out.

::

    plane.py      the table, the plane through most of the points
    creases.py    where two surfaces meet in a concave line, as objects that touch do
    segment.py    what stands on the table, cut at depth steps and creases
"""

from discinst_ros.classical.plane import Plane
from discinst_ros.classical.segment import segment_classically

__all__ = ['Plane', 'segment_classically']
