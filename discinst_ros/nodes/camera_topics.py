# SPDX-License-Identifier: Apache-2.0
"""
The topics of an RGB-D camera, named as common drivers name them.

The replayed camera publishes them, and the launch file connects perception_node to them unless
told otherwise. Imports without ROS, for the launch file's sake.
"""

IMAGE = 'camera/color/image_raw'
DEPTH = 'camera/aligned_depth_to_color/image_raw'
CAMERA_INFO = 'camera/color/camera_info'
