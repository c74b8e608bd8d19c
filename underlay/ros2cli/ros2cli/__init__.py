# SPDX-License-Identifier: Apache-2.0
"""
A stand-in for ROS 2's ``ros2`` command, for machines without ROS.

It carries the part of ros2cli 0.32, ros2run, ros2topic and of launch_ros 0.26's ros2launch (Jazzy)
that this project's documents and tests use; anything else is refused by name. A machine with ROS
uses the real packages and never sees this one.
"""
