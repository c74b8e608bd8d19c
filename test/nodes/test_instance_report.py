# SPDX-License-Identifier: Apache-2.0
"""instance_report in a process of its own, told over DDS what a perception node would tell it."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
from pathlib import Path
import re

import cv2
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from discinst_ros.nodes.conversions import stamp_from_ns
from discinst_ros.nodes.diagnostics import timings_to_msg
from discinst_ros.nodes.image_conversions import depth_to_msg, image_to_msg, label_image_to_msg
from node_process import NodeProcess, spin_until
import numpy as np
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D, Detection3DArray

LABELS = np.array([[0, 1, 1, 0], [2, 2, 0, 0]], dtype=np.uint16)
OVERLAY = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
LINE = (r'tote +2 objects, +37 ms \(network 25, clustering 8, poses 4\): '
        r'nearest at \(0\.00 0\.10 0\.50\) \(0\.10 0\.20 0\.60\) m')


class MadeUpPerception(Node):
    """Publishes one image's results again and again, as a camera and a perception node would."""

    def __init__(self) -> None:
        super().__init__('perception_node')
        self._instances = self.create_publisher(Detection3DArray, 'instances', 1)
        self._label_image = self.create_publisher(Image, 'instances/label_image', 1)
        self._overlay = self.create_publisher(Image, 'instances/overlay', 1)
        self._timings = self.create_publisher(DiagnosticArray, 'instances/timings', 1)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)

    def is_heard(self) -> bool:
        return all(publisher.get_subscription_count() for publisher in self.publishers
                   if publisher.topic_name.startswith(('/instances', '/diagnostics')))

    def replay(self, name: str) -> None:
        """Begin to publish an image 20 times per second."""
        stamps = itertools.count(1)

        def publish() -> None:
            # As the results of an image come long after its name, these are of the one before.
            stamp = next(stamps)
            self.publish_status('replay_camera', f'published {name}', header(stamp), image=name)
            self._publish_results(header(stamp - 1))

        self.create_timer(0.05, publish)

    def _publish_results(self, header: Header) -> None:
        detections = [Detection3D(id='1'), Detection3D(id='2')]
        for detection, position in zip(detections, ((0.1, 0.2, 0.6), (0.0, 0.1, 0.5))):
            center = detection.bbox.center.position
            center.x, center.y, center.z = position
        self._label_image.publish(label_image_to_msg(LABELS, header))
        self._instances.publish(Detection3DArray(header=header, detections=detections))
        self.publish_overlay(image_to_msg(OVERLAY, header))
        self._timings.publish(timings_to_msg(
            {'network': 0.0254, 'clustering': 0.008, 'poses': 0.0036}, header))

    def publish_overlay(self, msg: Image) -> None:
        self._overlay.publish(msg)

    def publish_status(self, name: str, message: str, header: Header | None = None,
                       **values: str) -> None:
        self._diagnostics.publish(DiagnosticArray(header=header or Header(), status=[
            DiagnosticStatus(name=name, message=message, values=[
                KeyValue(key=key, value=value) for key, value in values.items()])]))


def header(stamp_ns: int) -> Header:
    return Header(stamp=stamp_from_ns(stamp_ns), frame_id='camera')


@pytest.fixture
def perception(ros: None) -> Iterator[MadeUpPerception]:
    node = MadeUpPerception()
    yield node
    node.destroy_node()


@pytest.fixture
def executor(perception: MadeUpPerception) -> Iterator[SingleThreadedExecutor]:
    executor = SingleThreadedExecutor()
    executor.add_node(perception)
    yield executor
    executor.shutdown()


def report(folder: Path, **parameters: object) -> NodeProcess:
    return NodeProcess('instance_report', {'output_dir': folder, **parameters})


def test_prints_a_line_and_keeps_the_picture(perception, executor, tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    picture = tmp_path / 'pictures' / 'tote.png'
    with report(Path('~/pictures')) as process:
        perception.replay('tote')
        spin_until(executor, lambda: process.says(LINE) and picture.exists())
        assert process.end() == 0
    assert np.array_equal(cv2.imread(str(picture))[:, :, ::-1], OVERLAY)
    assert not list(picture.parent.glob('*.part'))
    assert 'Traceback' not in process.output


def test_what_is_not_meant_for_it_does_not_end_it(perception, executor, tmp_path):
    with report(tmp_path) as process:
        spin_until(executor, perception.is_heard)
        perception.publish_status('replay_camera', 'a node of the same name, without an image')
        perception.publish_overlay(depth_to_msg(np.ones((2, 4), np.float32), header(1)))
        spin_until(executor, lambda: process.says(
            "no picture of camera: image: encoding '32FC1' is not supported"))
        perception.replay('tote')
        spin_until(executor, lambda: process.says(LINE))
        assert process.end() == 0


def test_ends_by_itself(perception, executor, tmp_path):
    with report(tmp_path, duration_s=8) as process:
        perception.replay('sticks/1')
        spin_until(executor, lambda: process.says('sticks/1 +2 objects'))
        assert process.wait() == 0
    assert process.says(f'[0-9]+ images; the newest picture of each is in {tmp_path}/')
    assert (tmp_path / 'sticks_1.png').exists()


def test_the_time_begins_with_the_first_image(perception, executor, tmp_path):
    """The network is loaded meanwhile, which takes long on a busy machine."""
    with report(tmp_path, duration_s=1) as process:
        spin_until(executor, lambda: process.says('(nothing arrives on|nobody publishes) /inst'))
        perception.replay('late')
        # The first line alone is sure to come, and its name may not have come by then.
        spin_until(executor, lambda: process.says('(late|camera) +2 objects'))
        assert process.wait() == 0


def test_says_that_nobody_publishes(ros, tmp_path):
    with report(tmp_path, duration_s=0.5) as process:
        assert process.wait() == 1
    assert process.says('no image was reported: nobody publishes /instances yet: '
                        'perception_node is starting, or is not running')


def test_says_what_perception_node_says(perception, executor, tmp_path):
    with report(tmp_path) as process:
        spin_until(executor, perception.is_heard)
        perception.publish_status('perception_node: instances', 'no checkpoint at /nowhere')
        spin_until(executor, lambda: process.says(re.escape(
            "nothing arrives on /instances: perception_node says 'no checkpoint at /nowhere'")))
        assert process.end() == 0


def test_refuses_a_folder_that_cannot_be(ros, tmp_path):
    (tmp_path / 'taken').write_text('a file')
    with report(tmp_path / 'taken') as process:
        assert process.wait() == 1
    assert process.says('instance_report: .*taken')
    assert 'Traceback' not in process.output
