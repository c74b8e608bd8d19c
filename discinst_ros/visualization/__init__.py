# SPDX-License-Identifier: Apache-2.0
"""
Pictures of what was found and of what is learned; every function draws and writes nothing.

The overlay, which the node publishes, stands here. What training and evaluation draw is imported
from its module, so that the node does without matplotlib.
"""

from discinst_ros.visualization.overlay import draw_overlay

__all__ = ['draw_overlay']
