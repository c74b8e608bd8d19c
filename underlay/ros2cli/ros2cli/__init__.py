# SPDX-License-Identifier: Apache-2.0
"""
A stand-in for ROS 2's ``ros2`` command, for machines without ROS.

It carries what this project's documents and tests use of ros2cli 0.32, ros2run, ros2topic and
ros2launch (Jazzy); anything else is refused by name.
"""
