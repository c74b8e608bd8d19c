# SPDX-License-Identifier: Apache-2.0
"""
Cityscapes AP against the official evaluation of files in the official form.

There all classes lie in one image of instance ids under their own names, and the entry point
of the scripts reads everything itself.
"""

from copy import deepcopy
import math
from pathlib import Path

from blobs import comparisons, instances, sample
from discinst_ros import optional
from discinst_ros.evaluation.cityscapes import cityscapes_script, CityscapesAp
from discinst_ros.evaluation.comparison import compare
from discinst_ros.optional import MissingPackage
import numpy as np
from PIL import Image
import pytest

#: Cityscapes ids of person, rider and car.
IDS = {1: 24, 2: 25, 3: 26}


def figures(*compared):
    metric = CityscapesAp()
    for one in compared:
        metric.add(one)
    return metric.figures()


def official(compared, folder: Path, monkeypatch):
    """Write all images as the benchmark has them and call its entry point."""
    truths, founds = [], []
    for number, one in enumerate(compared):
        image = np.full(one.truth.shape, 7, np.uint16)
        image[one.ignored == 0] = 0
        for kind, identity in IDS.items():
            image[one.ignored == kind] = identity
        for count, (label, kind) in enumerate(one.true_class.items()):
            image[one.truth == label] = IDS[kind] * 1000 + count
        truths.append(str(folder / f'{number}_gtFine_instanceIds.png'))
        Image.fromarray(image).save(truths[-1])
        lines = []
        for label, kind in one.predicted_class.items():
            name = f'{number}_{label}.png'
            Image.fromarray(((one.whole == label) * 255).astype(np.uint8)).save(folder / name)
            lines.append(f'{name} {IDS[kind]} {one.scores[label]}\n')
        founds.append(str(folder / f'{number}.txt'))
        Path(founds[-1]).write_text(''.join(lines))
    script = cityscapes_script()
    # A dump of the matches that it cannot write with numpy 2 and does not read again
    monkeypatch.setattr(script, 'writeDict2JSON', lambda *_: None)
    arguments = deepcopy(script.args)
    arguments.quiet, arguments.JSONOutput = True, False
    arguments.predictionPath = str(folder)
    arguments.gtInstancesFile = str(folder / 'gtInstances.json')
    return script.evaluateImgLists(founds, truths, arguments)['averages']


@pytest.mark.parametrize('ignored', [False, True])
@pytest.mark.filterwarnings('ignore:Mean of empty slice')
def test_equals_the_official_evaluation(ignored, tmp_path, monkeypatch):
    compared = comparisons(3, images=6, classes=3, ignored=ignored)
    got = figures(*compared)
    expected = official(compared, tmp_path, monkeypatch)
    assert got['ap'] == pytest.approx(expected['allAp'])
    assert got['ap50'] == pytest.approx(expected['allAp50%'])
    for kind, name in enumerate(('person', 'rider', 'car'), start=1):
        assert got[f'ap:{kind}'] == pytest.approx(expected['classes'][name]['ap'])
    assert 0.05 < got['ap'] < 0.95 and 'ap50m' not in got


def test_perfect_and_blind():
    truth = np.zeros((100, 120), int)
    truth[10:30, 10:30], truth[40:90, 40:100] = 1, 2
    assert figures(compare(sample(truth), instances(truth))) == {
        'ap': 1.0, 'ap50': 1.0, 'ap:1': 1.0}
    assert figures(compare(sample(truth), instances(0 * truth)))['ap'] == 0.0
    assert math.isnan(figures()['ap'])


def test_more_classes_than_cityscapes_has():
    truth = np.zeros((40, 12 * 15), int)
    for number in range(12):
        truth[5:35, number * 15:number * 15 + 12] = number + 1
    found = compare(sample(truth, truth), instances(
        truth, classes={label: label for label in range(1, 13)}))
    got = figures(found)
    assert got['ap'] == 1.0 and sum(name.startswith('ap:') for name in got) == 12


def test_distances():
    """Of three objects the nearest is found: 1 of 1 within 50 m, of 2 within 100 m, of 3."""
    truth, depth = np.zeros((200, 300), int), np.full((200, 300), np.nan, np.float32)
    for number, metres in enumerate((30, 80, 150)):
        window = slice(20, 180), slice(number * 100 + 10, number * 100 + 90)
        truth[window], depth[window] = number + 1, metres
    depth[truth == 1] += np.linspace(-5, 5, (truth == 1).sum(), dtype=np.float32)
    got = figures(compare(sample(truth, depth=depth), instances((truth == 1) * 1)))
    # The scripts integrate the curve of recall 1/n with half steps at both ends
    assert got['ap50m'] == 1.0
    assert got['ap50m'] > got['ap100m'] > got['ap'] > 0


def test_distances_need_all_images():
    """A car found with depth and one missed without: AP 1/2, and nobody knows what is near."""
    truth = np.zeros((60, 60), int)
    truth[10:50, 10:50] = 1
    near = compare(sample(truth, depth=np.full(truth.shape, 20, np.float32)), instances(truth))
    somewhere = compare(sample(truth), instances(0 * truth))
    for images in ((near, somewhere), (somewhere, near)):
        assert figures(*images) == {'ap': 0.5, 'ap50': 0.5, 'ap:1': 0.5}
    assert figures(near)['ap100m'] == 1.0


def test_an_object_of_doubtful_distance_is_left_out():
    truth, depth = np.zeros((200, 300), int), np.full((200, 300), np.nan, np.float32)
    truth[20:180, 10:90], truth[20:180, 110:190] = 1, 2
    depth[truth == 1] = 20
    depth[20:90, 110:190] = 20  # less than a half of the second
    got = figures(compare(sample(truth, depth=depth), instances((truth == 1) * 1)))
    assert got['ap50m'] == 1.0 and got['ap'] < 1


def test_without_the_scripts_the_error_says_how_to_get_them(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f'No module named {name!r}', name='cityscapesscripts')

    monkeypatch.setattr(optional, 'import_module', missing)
    with pytest.raises(MissingPackage, match='pip install --no-deps cityscapesScripts'):
        CityscapesAp()
