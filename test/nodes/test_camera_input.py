# SPDX-License-Identifier: Apache-2.0
"""Which topics are listened to, why they are silent, and which calibration counts."""

from collections.abc import Iterator

from discinst_ros.nodes.camera_input import CAMERA_QOS, CameraInput
from discinst_ros.nodes.conversions import stamp_from_ns
from node_process import spin_until
from perception_rig import LATCHED
import pytest
import rclpy
from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
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
    camera = CameraInput(node, image_transport='raw', depth=False, on_image=print, on_depth=print)
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


@pytest.mark.parametrize(('topic', 'is_rectified'), [
    ('/cam/image_rect_color', True), ('/cam/image_raw', False), ('/rect/image', False)])
def test_an_image_in_work_asks_while_its_topics_go(ros, topic, is_rectified):
    """The worker finishes it after the executor has unsubscribed."""
    node = Node('camera_input_test', cli_args=['--ros-args', '-r', f'image:={topic}'])
    camera = CameraInput(node, image_transport='raw', depth=False, on_image=print, on_depth=print)
    assert camera.is_rectified == is_rectified
    camera.destroy()
    assert camera.is_rectified == is_rectified
    assert camera.camera_info(1) is None
    node.destroy_node()


@pytest.mark.parametrize(('remapped', 'words'), [
    ({'image': '/a', 'camera_info': '/a'},
     'image is remapped to /a, which cannot carry sensor_msgs/msg/Image: another topic of this '
     'node has that name, of sensor_msgs/msg/CameraInfo; remap one'),
    ({'camera_info': '/rosout_of_mine'}, 'camera_info is remapped to /rosout_of_mine, which')])
def test_a_name_that_cannot_carry_two_types_is_refused(ros, remapped, words):
    node = Node('camera_input_test', cli_args=['--ros-args', *(
        word for topic, name in remapped.items() for word in ('-r', f'{topic}:={name}'))])
    node.create_publisher(Image, '/rosout_of_mine', 1)
    before = len(list(node.subscriptions))
    with pytest.raises(ValueError, match=words):
        CameraInput(node, image_transport='raw', depth=True, on_image=print, on_depth=print)
    assert len(list(node.subscriptions)) == before
    node.destroy_node()


def test_a_camera_without_stamps_is_taken_at_its_newest_word(executor):
    node, = executor.get_nodes()
    publisher = node.create_publisher(CameraInfo, 'camera_info', CAMERA_QOS)
    camera = CameraInput(node, image_transport='raw', depth=False, on_image=print, on_depth=print)
    spin_until(executor, publisher.get_subscription_count)
    for width in (640, 320):
        publisher.publish(CameraInfo(width=width))
        spin_until(executor, lambda width=width: (
            info := camera.camera_info(5)) and info.width == width)
    camera.destroy()


@pytest.mark.parametrize(('remapping', 'transport', 'name'), [
    ('image:=/camera/image_raw', 'raw', '/camera/image_raw'),
    ('image:=/camera/image_raw', 'compressed', '/camera/image_raw/compressed'),
    ('image:=/camera/image_raw/compressed', 'compressed', '/camera/image_raw/compressed'),
    ('image/compressed:=/jpeg', 'compressed', '/jpeg')])
def test_compressed_images_have_the_topic_that_image_transport_gives_them(
        ros, remapping, transport, name):
    node = Node('camera_input_test', cli_args=['--ros-args', '-r', remapping])
    camera = CameraInput(node, image_transport=transport, depth=False,
                         on_image=print, on_depth=print)
    assert camera.name('image') == name
    assert [one.topic_name for one in node.subscriptions if 'camera_info' not in one.topic_name
            ] == [name]
    camera.destroy()
    node.destroy_node()


@pytest.mark.parametrize(('transport', 'published', 'words'), [
    ('raw', (CompressedImage, 'image/compressed'), 'set image_transport to compressed'),
    ('compressed', (Image, 'image'), 'set image_transport to raw'),
    ('raw', None, 'is the camera running and the topic remapped?'),
    ('compressed', None, 'is the camera running and the topic remapped?')])
def test_silence_tells_the_transport_to_set(executor, transport, published, words):
    node, = executor.get_nodes()
    if published:
        publisher = node.create_publisher(*published, 1)
        spin_until(executor, lambda: node.count_publishers(publisher.topic_name))
    camera = CameraInput(node, image_transport=transport, depth=False,
                         on_image=print, on_depth=print)
    assert camera.silence('image', 0.0).endswith(words)
    camera.destroy()


@pytest.mark.parametrize('reliability', list(ReliabilityPolicy)[1:3])
@pytest.mark.parametrize('durability', list(DurabilityPolicy)[1:3])
@pytest.mark.parametrize('demand', [
    {}, {'deadline': Duration(seconds=1), 'liveliness': LivelinessPolicy.MANUAL_BY_TOPIC,
         'liveliness_lease_duration': Duration(seconds=1)}], ids=['plain', 'demanding'])
def test_any_quality_of_service_will_do(executor, reliability, durability, demand):
    node, = executor.get_nodes()
    publisher = node.create_publisher(Image, 'image', QoSProfile(
        depth=1, reliability=reliability, durability=durability, **demand))
    images = []
    camera = CameraInput(node, image_transport='raw', depth=False, on_image=images.append,
                         on_depth=print)
    spin_until(executor, publisher.get_subscription_count)
    publisher.publish(Image(width=5))
    spin_until(executor, lambda: images)
    camera.destroy()
    node.destroy_publisher(publisher)


def stamped(stamp_ns, width):
    return CameraInfo(header=Header(stamp=stamp_from_ns(stamp_ns)), width=width)


def test_a_latched_calibration_that_was_published_before_counts(executor):
    node, = executor.get_nodes()
    publisher = node.create_publisher(CameraInfo, 'camera_info', LATCHED)
    publisher.publish(stamped(1, 640))
    spin_until(executor, lambda: node.count_publishers('camera_info'))
    camera = CameraInput(node, image_transport='raw', depth=True, on_image=print, on_depth=print)
    spin_until(executor, lambda: camera.camera_info(99) == stamped(1, 640))
    publisher.publish(stamped(2, 320))
    spin_until(executor, lambda: camera.camera_info(99) == stamped(2, 320))
    camera.destroy()
    assert not list(node.subscriptions)


def test_a_latched_calibration_whose_publisher_is_found_late_counts(executor):
    """Of another participant, which nobody knows yet; images tell that something is missing."""
    node, = executor.get_nodes()
    context = rclpy.Context()
    rclpy.init(context=context)
    other = Node('camera', context=context)
    other.create_publisher(CameraInfo, 'camera_info', LATCHED).publish(stamped(1, 640))
    camera = CameraInput(node, image_transport='raw', depth=True, on_image=print, on_depth=print)
    images = node.create_publisher(Image, 'image', CAMERA_QOS)

    def found():
        images.publish(Image())
        return camera.camera_info(99) == stamped(1, 640)

    spin_until(executor, found)
    camera.destroy()
    other.destroy_node()
    rclpy.shutdown(context=context)


def test_a_camera_that_keeps_nothing_is_not_asked_for_it(executor):
    """Its driver would warn of a subscription that gets nothing."""
    node, = executor.get_nodes()
    refused, seen = [], []
    infos = node.create_publisher(CameraInfo, 'camera_info', CAMERA_QOS, event_callbacks=(
        PublisherEventCallbacks(incompatible_qos=refused.append)))
    images = node.create_publisher(Image, 'image', CAMERA_QOS)
    camera = CameraInput(node, image_transport='raw', depth=True, on_image=seen.append,
                         on_depth=print)
    spin_until(executor, infos.get_subscription_count)
    spin_until(executor, images.get_subscription_count)
    infos.publish(stamped(1, 640))
    spin_until(executor, lambda: camera.camera_info(99))
    for number in range(3):
        images.publish(Image(header=Header(stamp=stamp_from_ns(100 + number))))
        spin_until(executor, lambda number=number: len(seen) > number)
        camera.camera_info(100 + number)
    assert not refused
    assert infos.get_subscription_count() == 1
    camera.destroy()
