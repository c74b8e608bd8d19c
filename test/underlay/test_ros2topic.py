# SPDX-License-Identifier: Apache-2.0
"""The stand-in of ``ros2 topic``, on messages that come over DDS."""

import subprocess
import sys

import pytest

pytest.importorskip('launch._refusal', reason='the real ros2 command is here, not the stand-in')
rclpy = pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus  # noqa: E402
from geometry_msgs.msg import PoseWithCovariance  # noqa: E402
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile, ReliabilityPolicy  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

ROS2 = [sys.executable, '-c', 'import sys; from ros2cli.cli import main; sys.exit(main())']
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL,
                     reliability=ReliabilityPolicy.RELIABLE)


@pytest.fixture(scope='module')
def node():
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('stand_in_publisher', context=context)
    image = node.create_publisher(Image, '/latched', LATCHED)
    image.publish(image_message())
    pose = node.create_publisher(PoseWithCovariance, '/pose', LATCHED)
    pose.publish(PoseWithCovariance())
    status = node.create_publisher(DiagnosticArray, '/status', LATCHED)
    status.publish(DiagnosticArray(status=[
        DiagnosticStatus(name='yes', level=b'\x01', message='x' * 200)]))
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def image_message():
    image = Image(height=2, width=3, encoding='mono8', step=3, data=[0, 1, 2, 3, 4, 5])
    image.header.frame_id = 'camera größe'
    return image


def topic(*arguments):
    """Run ``ros2 topic`` to its end; return what it printed."""
    result = subprocess.run(
        [*ROS2, 'topic', *arguments], capture_output=True, text=True, timeout=30)
    return result.stdout or result.stderr


def test_list(node):
    names = topic('list').splitlines()
    assert names == sorted(names) and {'/latched', '/pose', '/rosout'} <= set(names)


def test_list_with_types(node):
    assert '/latched [sensor_msgs/msg/Image]' in topic('list', '-t').splitlines()


def test_echo_takes_the_publishers_durability(node):
    assert topic('echo', '--once', '/latched') == """\
header:
  stamp:
    sec: 0
    nanosec: 0
  frame_id: camera größe
height: 2
width: 3
encoding: mono8
is_bigendian: 0
step: 3
data:
- 0
- 1
- 2
- 3
- 4
- 5
---
"""


def test_echo_without_arrays(node):
    assert "data: '<sequence type: uint8, length: 6>'\n" in topic(
        'echo', '--once', '--no-arr', '/latched')
    assert topic('echo', '--once', '--no-arr', '/pose').endswith(
        "covariance: '<array type: double[36]>'\n---\n")
    assert "status: '<sequence type: diagnostic_msgs/msg/DiagnosticStatus, length: 1>'\n" in topic(
        'echo', '--once', '--no-arr', '/status')


def test_echo_truncates(node):
    assert topic('echo', '--once', '-l', '2', '/latched').endswith(
        "data:\n- 0\n- 1\n- '...'\n---\n")


def test_echo_of_bytes_long_texts_and_texts_that_yaml_would_take_for_more(node):
    shown = topic('echo', '--once', '/status')
    assert '- level: "\\x01"\n' in shown
    assert "  name: 'yes'\n" in shown
    assert f"  message: {'x' * 128}...\n" in shown
    assert f"  message: {'x' * 200}\n" in topic('echo', '--once', '-f', '/status')


@pytest.mark.parametrize(('field', 'shown'), [
    ('height', '2\n---\n'), ('header.frame_id', 'camera größe\n---\n'),
    ('header.stamp', 'sec: 0\nnanosec: 0\n---\n'), ('depth', "Invalid field 'depth'")])
def test_echo_of_a_field(node, field, shown):
    assert topic('echo', '--once', '/latched', '--field', field).startswith(shown)


def test_echo_of_a_best_effort_camera(node):
    publisher = node.create_publisher(Image, '/camera', qos_profile_sensor_data)
    process = subprocess.Popen([*ROS2, 'topic', 'echo', '--once', '/camera', '--field', 'width'],
                               stdout=subprocess.PIPE, text=True)
    while True:
        publisher.publish(image_message())
        try:
            assert process.communicate(timeout=0.1)[0] == '3\n---\n'
            break
        except subprocess.TimeoutExpired:
            pass
    node.destroy_publisher(publisher)


def test_echo_of_a_topic_that_is_not_there(node):
    assert topic('echo', '/nowhere') == (
        'topic [/nowhere] does not appear to be published yet\n'
        'Could not determine the type for the passed topic\n')


def test_echo_of_a_type_that_is_not_there(node):
    assert topic('echo', '/latched', 'no_msgs/msg/Such') == 'The passed message type is invalid\n'
