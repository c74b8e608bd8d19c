# SPDX-License-Identifier: Apache-2.0
"""
Heaps of objects that physics has brought to rest, drawn from several sides with their truth.

MuJoCo is needed, and imported when the first heap is made.
"""

from discinst_ros.scenes.heaps.families.catalogue import (
    CLASS_NAMES,
    GOODS,
    HARDWARE,
    HELD_OUT,
    SHAPE_SETS,
    TRAINING,
)
from discinst_ros.scenes.heaps.heap import Heap, HeapError, make_heap
from discinst_ros.scenes.heaps.views.view import render, render_view, View

__all__ = ['CLASS_NAMES', 'GOODS', 'HARDWARE', 'HELD_OUT', 'Heap', 'HeapError', 'SHAPE_SETS',
           'TRAINING', 'View', 'make_heap', 'render', 'render_view']
