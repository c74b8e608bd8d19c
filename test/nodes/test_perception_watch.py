# SPDX-License-Identifier: Apache-2.0
"""
What the node tells of itself and of its camera, in a process of its own and over DDS.

Not verified here: what broken input is told as (test_bad_input.py).
"""

import re

from diagnostic_msgs.msg import DiagnosticStatus
from perception_rig import Rig
import pytest
from sensor_msgs.msg import CompressedImage
from vision_msgs.msg import Detection3DArray

NAMESPACE = '/watch'


def test_diagnostics_tell_rate_latency_device_and_checkpoint(rig, sticks, checkpoint):
    # They are those of the last seconds.
    status, values = rig.publish_until(lambda: rig.publish(sticks), lambda: rig.diagnostics(
        lambda _, values: 'network_ms' in values))
    assert status.hardware_id == values['device'] == 'cpu'
    assert values['checkpoint'] == str(checkpoint)
    assert values['state'] == 'active'
    assert float(values['rate_hz']) > 0
    stages = ('wait', 'preprocess', 'network', 'clustering', 'poses', 'publish')
    assert all(float(values[f'{stage}_ms']) >= 0 for stage in stages)
    assert float(values['network_ms']) > 0
    assert int(values['frames']) > 0


def test_newest_frame_wins_and_the_others_are_counted(rig, sticks):
    def dropped(values):
        return int(values.get('dropped: a newer image came', 0))

    before = dropped(rig.diagnostics(lambda *_: True)[1])

    def burst():
        # Small and few, so that a busy machine loses none: its depth missed is a fault.
        for _ in range(3):
            rig.publish(sticks, encoding='16UC1')

    rig.publish_until(burst, lambda: rig.diagnostics(
        lambda _, values: dropped(values) > before))
    # A camera faster than the node is no fault; those of earlier tests end by themselves.
    rig.publish_until(burst, lambda: rig.diagnostics(
        lambda status, _: status.level == DiagnosticStatus.OK))


def test_silence_is_told(rig, sticks):
    assert rig.set_parameter('silence_s', 0.5).successful
    # The camera of another test may be counted for a while.
    rig.diagnostics(lambda status, _: status.level == DiagnosticStatus.STALE and re.search(
        rf'no image for \d+ s on {NAMESPACE}/image \(publishers: 1\)', status.message))
    # A busy machine may send images at longer intervals, which are no end of it. So it is longer,
    # but not yet over, when they come.
    rig.diagnostics(lambda status, _: re.search(r'no image for ([5-9]|\d\d+) s', status.message))
    assert rig.set_parameter('silence_s', 4.0).successful
    assert rig.next_diagnostics()[0].level == DiagnosticStatus.STALE
    rig.publish_until(lambda: rig.publish(sticks), lambda: rig.diagnostics(
        lambda status, _: status.level == DiagnosticStatus.OK))
    assert rig.set_parameter('silence_s', 3.0).successful


def test_another_node_that_publishes_instances_is_told(rig, sticks):
    other = rig.node.create_publisher(Detection3DArray, 'instances', 1)
    names = ', '.join(sorted((f'{NAMESPACE}/perception_node',
                              rig.node.get_fully_qualified_name())))
    told = f'{NAMESPACE}/instances has 2 publishers ({names}), so who listens mixes'
    # What the node found wrong before may go before, and hide it for a while.
    rig.publish_until(lambda: rig.publish(sticks), lambda: rig.diagnostics(
        lambda status, _: status.level == DiagnosticStatus.WARN and told in status.message))
    rig.node.destroy_publisher(other)
    rig.publish_until(lambda: rig.publish(sticks), lambda: rig.diagnostics(
        lambda status, _: status.level == DiagnosticStatus.OK))


@pytest.mark.parametrize(('topic', 'words'), [
    ('image', 'sensor_msgs/msg/CompressedImage is published there, not sensor_msgs/msg/Image: '
     f'set image_transport to compressed and remap image/compressed to {NAMESPACE}/image'),
    ('image/compressed', 'the camera has another transport: set image_transport to compressed')])
def test_image_of_the_wrong_type_is_told(ros, process, topic, words):
    other = Rig(NAMESPACE, image_type=CompressedImage, image_topic=topic)
    assert other.set_parameter('silence_s', 0.5).successful
    other.diagnostics(lambda status, _: status.message.endswith(words))
    assert other.set_parameter('silence_s', 3.0).successful
    other.destroy()
