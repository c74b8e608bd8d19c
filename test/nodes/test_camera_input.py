# SPDX-License-Identifier: Apache-2.0
"""Which calibration counts for an image, over DDS."""

from collections.abc import Iterator

from discinst_ros.nodes.camera_input import CAMERA_QOS, CameraInput
from discinst_ros.nodes.conversions import stamp_from_ns
from discinst_ros.nodes.problems import Problems
from node_process import spin_until
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header


@pytest.fixture
def executor(ros: None) -> Iterator[SingleThreadedExecutor]:
    executor = SingleThreadedExecutor()
    executor.add_node(Node('camera_input_test'))
    yield executor
    for node in executor.get_nodes():
        node.destroy_node()
    executor.shutdown()


def test_the_calibration_of_its_stamp_counts_else_the_newest(executor):
    node, = executor.get_nodes()
    publisher = node.create_publisher(CameraInfo, 'camera_info', CAMERA_QOS)
    camera = CameraInput(node, Problems(print, print), image_transport='raw', depth=False,
                         on_image=print, on_depth=print)
    spin_until(executor, publisher.get_subscription_count)
    assert camera.camera_info(1) is None
    for stamp_ns, width in ((1, 640), (2, 320), (3, 160)):
        publisher.publish(CameraInfo(header=Header(stamp=stamp_from_ns(stamp_ns)), width=width))
        spin_until(executor, lambda stamp=stamp_ns, width=width: (
            info := camera.camera_info(stamp)) and info.width == width)
    assert camera.camera_info(1).width == 640
    assert camera.camera_info(2).width == 320
    assert camera.camera_info(99).width == 160
    camera.destroy()


def test_a_camera_without_stamps_is_taken_at_its_newest_word(executor):
    node, = executor.get_nodes()
    publisher = node.create_publisher(CameraInfo, 'camera_info', CAMERA_QOS)
    camera = CameraInput(node, Problems(print, print), image_transport='raw', depth=False,
                         on_image=print, on_depth=print)
    spin_until(executor, publisher.get_subscription_count)
    for width in (640, 320):
        publisher.publish(CameraInfo(width=width))
        spin_until(executor, lambda width=width: (
            info := camera.camera_info(5)) and info.width == width)
    camera.destroy()
