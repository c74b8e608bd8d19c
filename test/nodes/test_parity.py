# SPDX-License-Identifier: Apache-2.0
"""
From training to the node: what was evaluated is what is published.

The train command takes a few steps on tiny scenes, from the weights of the package on so that
there is something to find, and the evaluate command scores the result on a folder of images. Then
the running node gets these images over DDS: its label images have to be those of the evaluated
segmenter, pixel by pixel, and score as the report says. The weights of the package as they are
take the same way.

Not verified here: another device or engine than the CPU that both run on.
"""

import json

from discinst_ros.checkpoint import load_checkpoint
from discinst_ros.data.folder import FolderDataset, write_sample
from discinst_ros.evaluation.cli import main as evaluate
from discinst_ros.evaluation.metrics import ImageScore
from discinst_ros.inference import InstanceSegmenter
from discinst_ros.nodes.image_conversions import label_image_from_msg
from discinst_ros.scenes import draw_scene
from discinst_ros.training.cli import main as train
import numpy as np
from perception_rig import PerceptionProcess, Rig
import pytest
import torch

#: Larger than the input of the network that is trained here, so that resizing is on the way.
SIZE = (200, 150)
TRAINING = {
    'trainer.max_steps': 4, 'trainer.accelerator': 'cpu', 'trainer.enable_progress_bar': 'false',
    'data.width': 80, 'data.height': 64, 'data.batch_size': 2, 'data.samples_per_epoch': 8,
    'data.validation_images': 2, 'data.workers': 0, 'model.learning_rate': 1e-4,
    'model.config.coordinates': 'true', 'model.config.delta_v': 0.25,
    'model.config.long_side_px': 160,
}


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('images')
    for kind, seed in (('sticks', 51_000), ('sticks', 51_001), ('shapes', 51_000)):
        write_sample(folder, draw_scene(kind, seed, *SIZE))
    return folder


@pytest.fixture(scope='module')
def trained(tmp_path_factory, checkpoint):
    out = tmp_path_factory.mktemp('run')
    settings = {**TRAINING, 'model.start_from': checkpoint, 'out': out}
    assert train([word for name, value in settings.items()
                  for word in (f'--{name}', str(value))]) == 0
    before, after = (load_checkpoint(path).state_dict
                     for path in (checkpoint, out / 'best.safetensors'))
    assert any(not torch.equal(before[name], after[name]) for name in before)
    return out / 'best.safetensors'


@pytest.mark.parametrize('weights', ['trained', 'checkpoint'])
def test_the_node_publishes_what_was_evaluated(ros, weights, folder, tmp_path, request):
    path = request.getfixturevalue(weights)
    assert evaluate([str(folder), '--checkpoint', str(path), '--device', 'cpu', '--metrics',
                     'labels', '--json', str(tmp_path / 'scores.json')]) == 0
    report = json.loads((tmp_path / 'scores.json').read_text())
    promised = {image['name']: image for image in report['per_image']}
    segmenter = InstanceSegmenter.from_checkpoint(path, 'cpu')
    samples = FolderDataset(folder)
    namespace = f'/parity_{weights}'
    with PerceptionProcess(namespace, {'device': 'cpu', 'checkpoint': path,
                                       'use_depth': 'never'}) as process:
        rig = Rig(namespace)
        rig.wait_until_active()
        for index in range(len(samples)):
            sample = samples[index]
            result, expected = rig.run(sample), segmenter(sample.image)
            labels = label_image_from_msg(result['instances/label_image'])
            np.testing.assert_array_equal(labels, expected.label_image)
            assert len(expected.instances) >= 2
            # The message holds float64, the score is one of float32
            published = {int(one.id): one.results[0].hypothesis.score
                         for one in result['instances'].detections}
            assert published == pytest.approx(
                {one.label: one.score for one in expected.instances}, rel=1e-6)
            score = ImageScore.of(sample.name, labels, sample.labels)
            assert score.sbd == pytest.approx(promised[sample.name]['sbd'])
            assert score.difference_in_count == promised[sample.name]['difference_in_count']
        rig.destroy()
        assert process.end() == 0
