# SPDX-License-Identifier: Apache-2.0
"""
Embeddings in, labels out: this part knows nothing of networks, losses or poses.

The steps of :func:`mean_shift`, one file each::

    mean_shift.py  what comes in, checked and taken class by class
    one_class.py   the pixels of a class: their centres, then a label for each
    looks.py       the centres: a first look at the image, and more at what it missed
    seeds.py       which pixels may speak for a cluster (a grid, without mixed border pixels)
    modes.py       flat-kernel mean-shift on those
    assign.py      every pixel to its nearest centre, those far from all to a neighbour's
    distances.py   squared distances, the one formula all of them share
"""

from discinst_ros.clustering.mean_shift import mean_shift, MIN_PIXELS

__all__ = ['MIN_PIXELS', 'mean_shift']
