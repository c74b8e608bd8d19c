# SPDX-License-Identifier: Apache-2.0
"""The stand-in of ``ros2 topic``, on messages that come over DDS."""

import subprocess
import sys
import time

import pytest

pytest.importorskip('launch._refusal', reason='the real ros2 command is here, not the stand-in')
rclpy = pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus  # noqa: E402
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile, ReliabilityPolicy  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

ROS2 = [sys.executable, '-c', 'import sys; from ros2cli.cli import main; sys.exit(main())']
#: One that waits for a topic for as long as a machine that is busy needs to discover it.
PATIENT_ROS2 = [sys.executable, '-c', (
    'import sys; from ros2cli import topic; from ros2cli.cli import main; '
    'topic.TOPIC_APPEARS_S = 60.0; sys.exit(main())')]
#: Only a failing test uses it up.
PATIENCE_S = 100.0
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL,
                     reliability=ReliabilityPolicy.RELIABLE)


@pytest.fixture(scope='module')
def node():
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('stand_in_publisher', context=context)
    image = node.create_publisher(Image, '/latched', LATCHED)
    image.publish(image_message())
    large = node.create_publisher(Image, '/large', LATCHED)
    large.publish(Image(data=[*[0] * 127, 9, 9]))
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


def topic(*arguments, ros2=PATIENT_ROS2):
    """Run ``ros2 topic`` to its end; return what it printed."""
    result = subprocess.run(
        [*ros2, 'topic', *arguments], capture_output=True, text=True, timeout=PATIENCE_S)
    return result.stdout or result.stderr


def test_list(node):
    """It looks around for half a second, in which a machine that is busy may discover nothing."""
    names, deadline = [], time.monotonic() + PATIENCE_S
    while not {'/latched', '/large', '/rosout'} <= set(names):
        assert time.monotonic() < deadline, names
        names = topic('list', ros2=ROS2).splitlines()
        assert names == sorted(names)


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


def test_echo_of_bytes_long_values_and_texts_that_yaml_would_take_for_more(node):
    shown = topic('echo', '--once', '/status')
    assert '- level: "\\x01"\n' in shown
    assert "  name: 'yes'\n" in shown
    assert f"  message: {'x' * 128}...\n" in shown
    assert topic('echo', '--once', '/large').endswith(
        '- 0\n' * 127 + "- 9\n- '...'\n---\n")


def test_echo_of_a_best_effort_camera(node):
    publisher = node.create_publisher(Image, '/camera', qos_profile_sensor_data)
    process = subprocess.Popen([*PATIENT_ROS2, 'topic', 'echo', '--once', '/camera'],
                               stdout=subprocess.PIPE, text=True)
    while True:
        publisher.publish(image_message())
        try:
            assert '\nwidth: 3\n' in process.communicate(timeout=0.1)[0]
            break
        except subprocess.TimeoutExpired:
            pass
    node.destroy_publisher(publisher)


def test_echo_of_a_topic_that_is_not_there(node):
    assert topic('echo', '/nowhere', ros2=ROS2) == (
        'topic [/nowhere] does not appear to be published yet\n'
        'Could not determine the type for the passed topic\n')
