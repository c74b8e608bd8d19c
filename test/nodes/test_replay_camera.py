# SPDX-License-Identifier: Apache-2.0
"""
replay_camera in a process of its own, heard over DDS.

The images are small, so they need no shared memory and none is lost on a healthy machine; where
best effort loses one all the same, the loop brings it again.
"""

from __future__ import annotations

from pathlib import Path
import time

from diagnostic_msgs.msg import DiagnosticArray
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.instances import Intrinsics
from discinst_ros.nodes.image_conversions import image_from_compressed_msg
from node_process import NodeProcess, spin_until
import numpy as np
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

IMAGE = '/camera/color/image_raw'
DEPTH = '/camera/aligned_depth_to_color/image_raw'
CAMERA_INFO = '/camera/color/camera_info'
HEIGHT, WIDTH = 24, 32


class Listener(Node):
    """Keeps what a camera sends, by topic and stamp."""

    def __init__(self, qos: QoSProfile = qos_profile_sensor_data) -> None:
        super().__init__('listener')
        self.heard: dict[str, dict[int, object]] = {}
        for message, topic in ((Image, IMAGE), (Image, DEPTH), (CameraInfo, CAMERA_INFO),
                               (CompressedImage, f'{IMAGE}/compressed')):
            self.listen(message, topic, qos)
        self.listen(DiagnosticArray, '/diagnostics', 10)

    def listen(self, message: type, topic: str, qos: QoSProfile | int) -> None:
        heard = self.heard[topic] = {}
        self.create_subscription(
            message, topic, lambda msg: heard.update({stamp_ns(msg): msg}), qos)

    def complete(self, *topics: str) -> list[int]:
        """Return the stamps that have come on all of the topics."""
        return sorted(set.intersection(*(set(self.heard[topic]) for topic in topics)))

    def name(self, stamp: int) -> str:
        """Return the name of the image of a stamp."""
        return self.heard['/diagnostics'][stamp].status[0].values[0].value


def replay(**parameters: object) -> NodeProcess:
    return NodeProcess('replay_camera', parameters)


def stamp_ns(msg: object) -> int:
    return msg.header.stamp.sec * 10**9 + msg.header.stamp.nanosec


@pytest.fixture
def listener(executor: SingleThreadedExecutor) -> Listener:
    node = Listener()
    executor.add_node(node)
    return node


@pytest.fixture
def samples() -> list[Sample]:
    """Return two images that no interpolation or colour order could leave as they are."""
    rng = np.random.default_rng(7)
    made = []
    for number in (1, 2):
        depth = rng.uniform(0.4, 2.0, (HEIGHT, WIDTH)).astype(np.float32)
        depth[: 3 * number] = np.nan
        made.append(Sample(
            name=f'heap-{number}', image=rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8),
            depth=depth, intrinsics=Intrinsics(30.0 + number, 31.0, 15.5, 11.5, WIDTH, HEIGHT)))
    return made


@pytest.fixture
def folder(tmp_path: Path, samples: list[Sample]) -> Path:
    for sample in samples:
        write_sample(tmp_path, sample)
    return tmp_path


def test_one_stamp_and_the_content_of_the_files(executor, listener, folder, samples):
    with replay(source=folder, rate_hz=20.0) as camera:
        topics = (IMAGE, DEPTH, CAMERA_INFO, '/diagnostics')
        spin_until(executor, lambda: {'heap-1', 'heap-2'} <= {
            listener.name(stamp) for stamp in listener.complete(*topics)})
        assert camera.end() == 0
    by_name = {listener.name(stamp): stamp for stamp in listener.complete(*topics)}
    for sample in samples:
        image, depth, info, _ = (listener.heard[topic][by_name[sample.name]] for topic in topics)
        assert (image.encoding, image.height, image.width) == ('rgb8', HEIGHT, WIDTH)
        assert np.array_equal(np.reshape(image.data, (HEIGHT, WIDTH, 3)), sample.image)
        assert (depth.encoding, depth.height, depth.width) == ('16UC1', HEIGHT, WIDTH)
        millimetres = np.frombuffer(depth.data, np.uint16).reshape(HEIGHT, WIDTH)
        assert np.array_equal(millimetres, np.nan_to_num(sample.depth * 1000).round())
        camera_ = sample.intrinsics
        assert info.k.tolist() == [camera_.fx, 0, camera_.cx, 0, camera_.fy, camera_.cy, 0, 0, 1]
        assert (info.width, info.height) == (WIDTH, HEIGHT)
        assert {msg.header.frame_id for msg in (image, depth, info)} == {
            'camera_color_optical_frame'}


def test_without_depth_and_camera_there_is_only_the_image(executor, listener, tmp_path, samples):
    write_sample(tmp_path, Sample(name='plain', image=samples[0].image))
    with replay(source=tmp_path, rate_hz=50.0):
        spin_until(executor, lambda: len(listener.heard[IMAGE]) >= 5)
    assert not listener.heard[DEPTH]
    assert not listener.heard[CAMERA_INFO]


def test_keeps_its_rate(executor, listener, folder):
    """On a busy machine some images come late or never, but before long six come in time."""
    def spans_s() -> np.ndarray:
        stamps = np.array(sorted(listener.heard[IMAGE])) / 1e9
        return stamps[5:] - stamps[:-5]

    with replay(source=folder, rate_hz=5.0):
        # A tenth is far less than a wrong rate would show.
        spin_until(executor, lambda: (abs(spans_s() - 1.0) < 0.1).any())
    # Nor were these some of twice as many: what is late brings two images together, not six.
    assert spans_s().min() > 0.55


def test_sensor_qos_unless_told_to_be_reliable(executor, listener, folder):
    topics = (IMAGE, DEPTH, CAMERA_INFO)
    for reliable, expected in ((False, ReliabilityPolicy.BEST_EFFORT),
                               (True, ReliabilityPolicy.RELIABLE)):
        with replay(source=folder, rate_hz=20.0, reliable=reliable):
            heard = len(listener.heard[IMAGE])
            # A best-effort subscriber hears both.
            spin_until(executor, lambda heard=heard: len(listener.heard[IMAGE]) > heard)
            # What is offered is known to the graph at its own time.
            spin_until(executor, lambda expected=expected: {expected} == {
                publisher.qos_profile.reliability for topic in topics
                for publisher in listener.get_publishers_info_by_topic(topic)})
        spin_until(executor, lambda: not listener.count_publishers(IMAGE))


def test_reliable_subscribers_hear_a_reliable_camera(executor, folder):
    listener = Listener(QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE))
    executor.add_node(listener)
    with replay(source=folder, rate_hz=20.0, reliable=True):
        spin_until(executor, lambda: listener.complete(IMAGE, DEPTH, CAMERA_INFO))


def heard_once(executor: SingleThreadedExecutor, folder: Path) -> list[str | None]:
    """Return the names of the images that reach who listens when the camera is there."""
    watcher, names = Node('watcher'), {}
    watcher.create_subscription(DiagnosticArray, '/diagnostics', lambda msg: names.update(
        {stamp_ns(msg): msg.status[0].values[0].value}), 10)
    executor.add_node(watcher)
    with replay(source=folder, rate_hz=20.0, loop=False, reliable=True) as camera:
        spin_until(executor, lambda: watcher.count_publishers(IMAGE))
        waited_s = time.monotonic() + 1.0
        spin_until(executor, lambda: names or camera.has_ended or time.monotonic() > waited_s)
        assert not names and not camera.has_ended, 'nobody listens to the images yet'
        listener = Listener(QoSProfile(depth=5))
        executor.add_node(listener)
        spin_until(executor, lambda: camera.has_ended)
        assert camera.wait() == 0
    over_s = time.monotonic() + 1.0
    heard = listener.heard[IMAGE]
    spin_until(executor, lambda: len(heard) == len(names) == 2 or time.monotonic() > over_s)
    for node in (watcher, listener):
        executor.remove_node(node)
        node.destroy_node()
    return [names.get(stamp) for stamp in sorted(heard)]


def test_once_waits_for_a_subscriber_and_ends(executor, folder):
    """It is gone before a busy machine has delivered all: then another listener may hear all."""
    for _ in range(8):
        names = heard_once(executor, folder)
        assert len(names) <= 2
        if names == ['heap-1', 'heap-2']:
            return
    pytest.fail('nobody hears both images')


def test_compressed_while_somebody_listens(executor, listener):
    with replay(source='tote', rate_hz=5.0):
        spin_until(executor, lambda: listener.complete(IMAGE, f'{IMAGE}/compressed'))
    stamp = listener.complete(IMAGE, f'{IMAGE}/compressed')[0]
    raw = np.reshape(listener.heard[IMAGE][stamp].data, (480, 640, 3)).astype(int)
    decoded = image_from_compressed_msg(listener.heard[f'{IMAGE}/compressed'][stamp])
    # JPEG of this quality is off by a few grey levels; swapped colours are off by 40 on average.
    assert np.abs(raw - decoded).mean() < 6


def test_stamps_are_of_the_simulated_clock(executor, listener, folder):
    clock = listener.create_publisher(Clock, '/clock', 10)
    now_ns = 100 * 10**9

    def tick() -> None:
        nonlocal now_ns
        now_ns += 10**7
        msg = Clock()
        msg.clock.sec, msg.clock.nanosec = divmod(now_ns, 10**9)
        clock.publish(msg)

    ticking = listener.create_timer(0.01, tick)
    with replay(source=folder, rate_hz=10.0, use_sim_time=True):
        spin_until(executor, lambda: len(listener.heard[IMAGE]) >= 5)
        ticking.cancel()
    stamps = sorted(listener.heard[IMAGE])
    assert stamps[0] > 100 * 10**9 and stamps[-1] <= now_ns


@pytest.mark.parametrize('parameters, sentence', [
    ({'source': 'totes'}, "source 'totes' is neither a folder nor one of tote, sticks"),
    ({'source': 'EMPTY'}, 'has no images: expected NAME-color.png or NAME-color.jpg'),
    ({'rate_hz': 0.0}, 'rate_hz is 0.0, expected 0.01 to 1000.0'),
])
def test_refuses_in_one_sentence(tmp_path, parameters, sentence):
    if parameters.get('source') == 'EMPTY':
        parameters = {'source': tmp_path}
    with replay(**parameters) as camera:
        assert camera.wait() == 1
    assert sentence in camera.output
    assert 'Traceback' not in camera.output


def test_leaves_out_a_damaged_file(executor, listener, folder):
    (folder / 'heap-1-color.png').write_bytes(b'no image')
    with replay(source=folder, rate_hz=50.0) as camera:
        spin_until(executor, lambda: len(listener.complete(IMAGE, '/diagnostics')) >= 3)
        assert camera.end() == 0
    assert {listener.name(stamp) for stamp in listener.complete(IMAGE, '/diagnostics')} == {
        'heap-2'}
    assert 'heap-1-color.png' in camera.output


def test_ctrl_c_ends_it_cleanly_at_any_time(executor, listener, folder):
    with replay(source=folder, rate_hz=0.01) as camera:
        spin_until(executor, lambda: listener.count_publishers(IMAGE))
        assert camera.end() == 0
    assert 'Traceback' not in camera.output
