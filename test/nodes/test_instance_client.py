# SPDX-License-Identifier: Apache-2.0
"""
The planner's client: against a perception node made for the test, and against the real one.

All of it over DDS; the made-up node can send what the real one sends only when something is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import threading

from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.model_config import ModelConfig
from discinst_ros.networks import build_network
from discinst_ros.nodes import instance_client
from discinst_ros.nodes.conversions import segment_reply_to_text, stamp_from_ns, stamp_to_ns
from discinst_ros.nodes.image_conversions import label_image_to_msg
from discinst_ros.nodes.instance_client import InstanceClient, InstanceFrame, SegmentError
from discinst_ros.nodes.states import STARTING
from node_process import NodeProcess, PATIENCE_S, spin_until
import numpy as np
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection3D, Detection3DArray

LABELS = np.array([[0, 3, 3], [7, 7, 0]], dtype=np.uint16)


class MadeUpPerception(Node):
    """Publishes what a test tells it to, and answers as told."""

    def __init__(self, namespace: str = '') -> None:
        super().__init__('perception_node', namespace=namespace)
        self._instances = self.create_publisher(Detection3DArray, 'instances', 1)
        self._label_image = self.create_publisher(Image, 'instances/label_image', 1)
        self._answers: list[Callable[[], Trigger.Response]] = []
        self.create_service(Trigger, '~/segment', lambda *_: self._answer())

    def will_answer(self, *answers: Callable[[], Trigger.Response]) -> None:
        """Set the answers; the last is given again to who had no time to wait for its frame."""
        self._answers = list(answers)

    def _answer(self) -> Trigger.Response:
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        return answer()

    def heard_by(self, count: int) -> bool:
        return min(publisher.get_subscription_count()
                   for publisher in (self._instances, self._label_image)) >= count

    def publish_instances(self, stamp_ns: int) -> None:
        self._instances.publish(Detection3DArray(
            header=header(stamp_ns), detections=[Detection3D(id='3'), Detection3D(id='7')]))

    def publish_label_image(self, stamp_ns: int, encoding: str = 'mono16') -> None:
        message = label_image_to_msg(LABELS, header(stamp_ns))
        message.encoding = encoding
        self._label_image.publish(message)

    def publish(self, stamp_ns: int) -> None:
        self.publish_label_image(stamp_ns)
        self.publish_instances(stamp_ns)


def header(stamp_ns: int) -> Header:
    return Header(stamp=stamp_from_ns(stamp_ns), frame_id='camera')


def answered(stamp_ns: int) -> Trigger.Response:
    return Trigger.Response(success=True, message=segment_reply_to_text(stamp_ns, 2))


@pytest.fixture
def planner(executor: SingleThreadedExecutor) -> Node:
    node = Node('planner')
    executor.add_node(node)
    return node


@contextmanager
def spun(node: Node) -> Iterator[None]:
    """Spin a node in a thread of its own, as if it were another process."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin)
    thread.start()
    try:
        yield
    finally:
        executor.shutdown()
        thread.join()
        node.destroy_node()


def times_out(planner: Node, words: str) -> None:
    """See that a request ends so; where time was too short even for an answer, give it more."""
    client, said = InstanceClient(planner), ''
    for timeout_s in (0.5, 5, 30):
        with pytest.raises(TimeoutError) as caught:
            client.segment(timeout_s)
        said = str(caught.value)
        if words.format(timeout_s) in said:
            break
    assert words.format(timeout_s) in said


@pytest.fixture
def perception(ros: None) -> Iterator[MadeUpPerception]:
    node = MadeUpPerception()
    with spun(node):
        yield node


def test_calls_back_with_what_has_one_stamp(executor, planner, perception):
    frames: list[InstanceFrame] = []
    InstanceClient(planner, frames.append)
    spin_until(executor, lambda: perception.heard_by(1))
    perception.publish_instances(1)
    perception.publish_instances(2)
    perception.publish_label_image(2)
    perception.publish_label_image(3)
    perception.publish_label_image(4)
    perception.publish_instances(4)
    spin_until(executor, lambda: len(frames) == 2)
    assert [stamp_to_ns(frame.stamp) for frame in frames] == [2, 4]
    frame = frames[0]
    assert frame.frame_id == 'camera'
    assert np.array_equal(frame.label_image, LABELS)
    by_id = {detection.id: frame.mask(detection) for detection in frame.detections.detections}
    assert by_id.keys() == {'3', '7'}
    assert by_id['3'].tolist() == [[False, True, True], [False, False, False]]
    assert by_id['7'].tolist() == [[False, False, False], [True, True, False]]


def test_a_label_image_of_another_encoding_is_left_out(executor, planner, perception, capfd):
    frames: list[InstanceFrame] = []
    InstanceClient(planner, frames.append)
    spin_until(executor, lambda: perception.heard_by(1))
    perception.publish_instances(1)
    perception.publish_label_image(1, encoding='rgb8')
    perception.publish(2)
    spin_until(executor, lambda: frames)
    assert [stamp_to_ns(frame.stamp) for frame in frames] == [2]
    assert '/instances/label_image: ' in capfd.readouterr().err


def test_resolves_names_as_its_node_does(executor, ros):
    robot = Node('planner', namespace='/robot_1',
                 cli_args=['--ros-args', '-r', 'instances:=seen/instances'])
    executor.add_node(robot)
    client = InstanceClient(robot, lambda frame: None)
    spin_until(executor, lambda: {
        '/robot_1/seen/instances', '/robot_1/instances/label_image'} <= {
            topic for topic, _ in robot.get_topic_names_and_types()})
    with pytest.raises(TimeoutError, match='/robot_1/perception_node/segment is not there'):
        client.segment(timeout_s=0.2)


@pytest.mark.parametrize('name', ['/cam1/perception_node', 'cam1/perception_node'])
def test_topics_are_beside_the_node_in_its_namespace(executor, planner, name):
    perception = MadeUpPerception('/cam1')

    def answer() -> Trigger.Response:
        perception.publish(9)
        return answered(9)

    perception.will_answer(answer)
    frames: list[InstanceFrame] = []
    with spun(perception):
        client = InstanceClient(planner, frames.append, perception_node=name)
        spin_until(executor, lambda: perception.heard_by(1))
        assert stamp_to_ns(client.segment(PATIENCE_S).stamp) == 9
        spin_until(executor, lambda: frames)
        client.destroy()


def test_segment_returns_the_frame_that_was_announced(planner, perception):
    def answer() -> Trigger.Response:
        for stamp in (5, 9, 10):
            perception.publish(stamp)
        return answered(9)

    perception.will_answer(answer)
    frame = InstanceClient(planner).segment(PATIENCE_S)
    assert stamp_to_ns(frame.stamp) == 9
    assert np.array_equal(frame.label_image, LABELS)


def test_segment_asks_again_for_a_frame_that_was_lost(planner, perception, monkeypatch):
    monkeypatch.setattr(instance_client, '_LOST_S', 0.1)

    def answer() -> Trigger.Response:
        perception.publish(8)
        return answered(8)

    perception.will_answer(lambda: answered(7), answer)
    assert stamp_to_ns(InstanceClient(planner).segment(PATIENCE_S).stamp) == 8


def test_segment_passes_a_refusal_on(planner, perception):
    perception.will_answer(lambda: Trigger.Response(message='the node is inactive'))
    with pytest.raises(SegmentError, match='the node is inactive'):
        InstanceClient(planner).segment(PATIENCE_S)


def test_segment_asks_again_while_the_node_loads_its_weights(planner, perception):
    def answer() -> Trigger.Response:
        perception.publish(8)
        return answered(8)

    perception.will_answer(lambda: Trigger.Response(message=STARTING), answer)
    assert stamp_to_ns(InstanceClient(planner).segment(PATIENCE_S).stamp) == 8


def test_segment_says_that_the_weights_took_too_long(planner, perception):
    perception.will_answer(lambda: Trigger.Response(message=STARTING))
    times_out(planner, 'did not finish loading its weights within {} s')


def test_segment_passes_on_what_a_node_without_publishers_says(planner, monkeypatch):
    """As one that is not configured: waiting for its topics would hide its answer."""
    monkeypatch.setattr(instance_client, '_LOST_S', 0.1)
    perception = Node('perception_node')
    perception.create_service(
        Trigger, '~/segment', lambda *_: Trigger.Response(message='the node is unconfigured'))
    with spun(perception), pytest.raises(SegmentError, match='the node is unconfigured'):
        InstanceClient(planner).segment(PATIENCE_S)


def test_segment_says_where_it_listens_to_a_node_that_publishes_elsewhere(planner, monkeypatch):
    monkeypatch.setattr(instance_client, '_LOST_S', 0.1)
    perception = Node('perception_node')
    perception.create_service(Trigger, '~/segment', lambda *_: answered(1))
    with spun(perception):
        times_out(planner, 'answered, but its frame did not arrive on /instances and')


def test_segment_says_that_nobody_is_there(planner):
    with pytest.raises(TimeoutError, match='/perception_node/segment is not there after 0.2 s; '
                                           'is perception_node running'):
        InstanceClient(planner).segment(timeout_s=0.2)


def test_segment_says_that_the_frame_did_not_come(planner, perception):
    perception.will_answer(lambda: answered(1))
    times_out(planner, 'answered, but its frame did not arrive on /instances and '
                       '/instances/label_image within {} s')


def test_destroy_leaves_nothing_behind(perception, executor):
    planner = Node('leaving_planner')
    executor.add_node(planner)
    perception.will_answer(lambda: Trigger.Response(message='no'))
    client = InstanceClient(planner, lambda frame: None)
    with pytest.raises(SegmentError):
        client.segment(PATIENCE_S)
    client.destroy()
    assert not list(planner.subscriptions)
    spin_until(executor, lambda: 'leaving_planner_segment' not in planner.get_node_names())


@pytest.fixture(scope='module')
def real_perception(ros: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the real node on request only, with a network that nobody trained, and a camera."""
    checkpoint = tmp_path_factory.mktemp('weights') / 'untrained.safetensors'
    save_checkpoint(checkpoint, build_network('enet', embedding_dim=8, num_classes=2),
                    ModelConfig())
    camera = NodeProcess('replay_camera', {'source': 'sticks', 'rate_hz': 5.0})
    perception = NodeProcess('perception_node', {
        'continuous': False, 'checkpoint': checkpoint, 'segment_timeout_s': PATIENCE_S},
        remappings={'image': 'camera/color/image_raw'})
    with camera, perception:
        yield
        assert perception.end() == 0


def test_real_frames_where_nothing_spins_the_node(real_perception, planner):
    requested = planner.get_clock().now().nanoseconds
    check(InstanceClient(planner).segment(PATIENCE_S), requested)


def test_real_frames_where_another_thread_spins_the_node(real_perception, planner, executor):
    spinner = threading.Thread(target=executor.spin)
    spinner.start()
    try:
        requested = planner.get_clock().now().nanoseconds
        check(InstanceClient(planner).segment(PATIENCE_S), requested)
    finally:
        executor.shutdown()
        spinner.join()


def test_real_frames_from_within_a_callback(real_perception, planner, executor):
    client = InstanceClient(planner)
    frames: list[tuple[InstanceFrame, int]] = []

    def plan() -> None:
        requested = planner.get_clock().now().nanoseconds
        frames.append((client.segment(PATIENCE_S), requested))

    planner.create_timer(0.01, plan)
    spin_until(executor, lambda: len(frames) >= 2)
    for frame, requested in frames:
        check(frame, requested)


def test_the_real_node_says_why_it_has_no_frame(planner):
    with NodeProcess('perception_node', {'autostart': False}, namespace='/idle'), pytest.raises(
            SegmentError, match='unconfigured'):
        InstanceClient(planner, perception_node='/idle/perception_node').segment(PATIENCE_S)


def check(frame: InstanceFrame, requested_ns: int) -> None:
    assert stamp_to_ns(frame.stamp) >= requested_ns
    assert frame.frame_id == 'camera_color_optical_frame'
    assert frame.label_image.shape == (240, 320)
    ids = {int(detection.id) for detection in frame.detections.detections}
    assert ids == set(np.unique(frame.label_image).tolist()) - {0}
