# SPDX-License-Identifier: Apache-2.0
"""
perception.launch.py as a user starts it: replayed camera, perception and report in processes.

It verifies that the parts find each other: that objects of drawn scenes come out on the topics,
consistent with each other, that the report tells of them, and that Ctrl-C ends everything with
exit code 0. It does not verify that the objects are the right ones, nor the report's pictures,
rviz:=true, or any camera but the replayed one.
"""

from contextlib import ExitStack
from importlib.util import find_spec
from signal import SIGINT, SIGKILL, SIGTERM
import tempfile
import time
import unittest
from unittest import mock

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from discinst_ros.nodes.instance_client import InstanceClient
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare
import launch_testing
from launch_testing.actions import ReadyToTest
import launch_testing.asserts
import numpy as np
import pytest
import rclpy

NAMESPACE = '/launched'
#: Only a failing test uses it up.
PATIENCE_S = 120.0
#: When the stand-in of launch sends which signal after Ctrl-C. On a machine that is busy torch
#: alone takes longer over its end than the 5 and 10 seconds that a launch waits by itself.
ENDING = (('60', SIGINT, SIGTERM), ('70', SIGTERM, SIGKILL))
PATIENCE = ExitStack()


@pytest.mark.launch_test
def generate_test_description():
    """Launch what `make demo` launches, on the drawn scenes, in a namespace."""
    return LaunchDescription([
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(PathJoinSubstitution(
                [FindPackageShare('discinst_ros'), 'launch', 'perception.launch.py'])),
            launch_arguments={
                'camera': 'replay', 'source': 'sticks', 'rate_hz': '2', 'report': 'true',
                'output_dir': tempfile.mkdtemp(), 'namespace': NAMESPACE, 'device': 'cpu',
            }.items()),
        ReadyToTest(),
    ])


class TestPerception(unittest.TestCase):
    """While the launch runs."""

    @classmethod
    def setUpClass(cls):
        if find_spec('launch._refusal'):
            PATIENCE.enter_context(mock.patch('launch._process.ESCALATION', ENDING))
        rclpy.init()
        cls.node = rclpy.create_node('test_perception_launch', namespace=NAMESPACE)

    @classmethod
    def tearDownClass(cls):
        cls.node.destroy_node()
        rclpy.shutdown()

    def spin_until(self, done, seen):
        """Spin until something is true and return it; if it never is, tell what was seen."""
        deadline = time.monotonic() + PATIENCE_S
        while not (result := done()):
            if time.monotonic() > deadline:
                self.fail(f'waited in vain, seen: {seen}')
            rclpy.spin_once(self.node, timeout_sec=0.1)
        return result

    def test_objects_come_out(self):
        """
        Each detection is in the label image of its stamp, and has a place on the table.

        Images whose depth is late, as on a machine that is busy, go without places.
        """
        frames = []
        client = InstanceClient(self.node, frames.append)
        self.addCleanup(client.destroy)

        def depths_of(frame):
            return [detection.bbox.center.position.z for detection in frame.detections.detections]

        frame = self.spin_until(lambda: next(
            (frame for frame in frames if np.isfinite(depths_of(frame)).any()), None), frames)
        ids = {int(detection.id) for detection in frame.detections.detections}
        self.assertEqual(ids, set(np.unique(frame.label_image).tolist()) - {0})
        self.assertEqual(frame.detections.header.stamp, frame.stamp)
        self.assertNotEqual(frame.stamp, Time())
        depths_m = depths_of(frame)
        self.assertTrue(any(0.5 < depth < 0.85 for depth in depths_m), depths_m)

    def test_perception_is_fine(self):
        """
        No part of the launch gives perception a reason to complain.

        Not for good: where the machine is busy elsewhere images may come late for some seconds.
        """
        fine, complaints = [], set()

        def hear(msg):
            for status in msg.status:
                if (status.name == f'{NAMESPACE[1:]}/perception_node: instances'
                        and any(value.key == 'network_ms' for value in status.values)):
                    if status.level == DiagnosticStatus.OK:
                        fine.append(status)
                    else:
                        complaints.add(status.message)

        subscription = self.node.create_subscription(DiagnosticArray, '/diagnostics', hear, 10)
        self.addCleanup(self.node.destroy_subscription, subscription)
        self.spin_until(lambda: fine, complaints)

    def test_the_report_tells(self, proc_output):
        """The report names the drawn scene and its objects."""
        proc_output.assertWaitFor('nearest at (', process='instance_report', stream='stdout',
                                  timeout=PATIENCE_S, strict_proc_matching=False)


@launch_testing.post_shutdown_test()
class TestShutdown(unittest.TestCase):
    """After the launch was interrupted."""

    @classmethod
    def tearDownClass(cls):
        PATIENCE.close()

    def test_exit_codes(self, proc_info):
        """All processes ended cleanly."""
        launch_testing.asserts.assertExitCodes(proc_info)
