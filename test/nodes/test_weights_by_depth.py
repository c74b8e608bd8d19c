# SPDX-License-Identifier: Apache-2.0
"""
The node takes the weights that see what the camera gives, says so, and changes over.

Not verified here: what the weights find; those that see depth are freshly initialised.
"""

from dataclasses import replace
from itertools import pairwise

from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.checkpoint import load_checkpoint, save_checkpoint
from perception_rig import has_poses, Rig, running_perception
import pytest

NAMESPACE = '/weights_by_depth'


@pytest.fixture(scope='module')
def depth_checkpoint(checkpoint, tmp_path_factory):
    config = replace(load_checkpoint(checkpoint).config, depth='normals', fusion='branch')
    path = tmp_path_factory.mktemp('weights') / 'depth.safetensors'
    save_checkpoint(path, config.build(), config)
    return path


def uses(rig, path, publish):
    """Publish until the weights of a path are those in use."""
    rig.publish_until(publish, lambda: rig.status is not None and str(path) in {
        value.value for value in rig.status.values if value.key == 'checkpoint'},
        what=f'weights {path}')


def test_changes_over_when_depth_stops_and_when_it_comes_back(ros, checkpoint, depth_checkpoint,
                                                              sticks):
    parameters = {'device': 'cpu', 'checkpoint': str(checkpoint),
                  'depth_checkpoint': str(depth_checkpoint)}
    stamps = []
    with running_perception(NAMESPACE, parameters) as process:
        def said():
            return [line.partition('images come ')[2] for line in process.output.splitlines()
                    if 'images come ' in line]

        def is_said(*wanted):
            lines = iter(said())
            return all(one in lines for one in wanted)

        rig = Rig(NAMESPACE)
        rig.wait_until_active()
        uses(rig, depth_checkpoint, lambda: stamps.append(rig.publish(sticks)))
        uses(rig, checkpoint, lambda: rig.publish(sticks, depth=False))
        result = rig.run(sticks, depth=False)
        assert result['instances'].detections
        assert all(one.results[0].pose.covariance[0] == -1
                   for one in result['instances'].detections)
        uses(rig, depth_checkpoint, lambda: stamps.append(rig.publish(sticks)))
        rig.spin_until(lambda: is_said(
            f'with depth: {depth_checkpoint}', f'without depth: {checkpoint}',
            f'with depth: {depth_checkpoint}'))
        changes = said()
        results = list(filter(None, map(rig.result, stamps)))
        rig.destroy()
    assert all(one.rpartition(': ')[2] != other.rpartition(': ')[2]
               for one, other in pairwise(changes)), changes
    # The first image may come before the camera_info, without which depth is of no use, or before
    # the depth is there to pair with; and that of a later one may be lost.
    assert set(changes) <= {
        f'with depth: {depth_checkpoint}', f'without depth: {checkpoint}',
        f'without depth that can be used (no camera_info): {checkpoint}'}
    alone = sum(bool(one['instances'].detections) and not has_poses(one) for one in results)
    assert sum(one.startswith('without') for one in changes) <= 1 + alone, changes


def test_weights_that_see_depth_alone_refuse_an_image_without(ros, depth_checkpoint, sticks):
    with running_perception(NAMESPACE, {'device': 'cpu', 'checkpoint': depth_checkpoint}):
        rig = Rig(NAMESPACE)
        rig.wait_until_active()
        rig.publish_until(
            lambda: rig.publish(sticks, depth=False),
            lambda: rig.status is not None and rig.status.level == DiagnosticStatus.WARN
            and 'take weights that see colours alone' in rig.status.message,
            what='a complaint')
        rig.run(sticks)
        rig.destroy()
