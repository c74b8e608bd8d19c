# SPDX-License-Identifier: Apache-2.0
"""COCO AP against the original pycocotools, which shares no matching code with what is used."""

import contextlib
import io
import math

from blobs import comparisons, instances, sample
from discinst_ros.evaluation.coco import CocoAp
from discinst_ros.evaluation.comparison import compare
import numpy as np
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
import pytest


def figures(*compared):
    metric = CocoAp()
    for one in compared:
        metric.add(one)
    return metric.figures()


def encoded(mask):
    return rle.encode(np.asfortranarray(mask.astype(np.uint8)))


def reference(compared):
    """Write everything down anew and let pycocotools judge."""
    truth, found, images = [], [], []
    for image, one in enumerate(compared, start=1):
        images.append({'id': image, 'height': one.truth.shape[0], 'width': one.truth.shape[1]})
        for label, kind in one.true_class.items():
            mask = one.truth == label
            truth.append({'image_id': image, 'category_id': kind, 'iscrowd': 0,
                          'area': float(mask.sum()), 'segmentation': encoded(mask)})
        for kind in (1, 2, 3):
            crowd = (one.ignored == 0) | (one.ignored == kind)
            if crowd.any():
                truth.append({'image_id': image, 'category_id': kind, 'iscrowd': 1,
                              'area': float(crowd.sum()), 'segmentation': encoded(crowd)})
        found += [{'image_id': image, 'category_id': kind, 'score': one.scores[label],
                   'segmentation': encoded(one.whole == label)}
                  for label, kind in one.predicted_class.items()]
    for number, one in enumerate(truth, start=1):
        one |= {'id': number, 'bbox': [0, 0, 1, 1]}
    with contextlib.redirect_stdout(io.StringIO()):
        data = COCO()
        data.dataset = {'images': images, 'annotations': truth,
                        'categories': [{'id': kind} for kind in (1, 2, 3)]}
        data.createIndex()
        judge = COCOeval(data, data.loadRes(found), 'segm')
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return judge.stats[:6]


@pytest.mark.parametrize('ignored', [False, True])
def test_equals_pycocotools(ignored):
    compared = comparisons(5, images=8, classes=3, ignored=ignored)
    got = list(figures(*compared).values())
    expected = reference(compared)
    assert got == pytest.approx([math.nan if value < 0 else value for value in expected],
                                abs=1e-9, nan_ok=True)
    assert 0.05 < got[0] < 0.95


def test_perfect_and_blind():
    truth = np.zeros((100, 120), int)
    truth[10:30, 10:30], truth[40:90, 40:100] = 1, 2
    perfect = figures(compare(sample(truth), instances(truth)))
    assert perfect['coco_ap'] == perfect['coco_ap_small'] == pytest.approx(1)
    assert math.isnan(perfect['coco_ap_large'])
    blind = figures(compare(sample(truth), instances(0 * truth)))
    assert blind['coco_ap'] == blind['coco_ap_small'] == blind['coco_ap_medium'] == 0.0
    assert math.isnan(blind['coco_ap_large'])
    nothing = figures(compare(sample(0 * truth), instances(truth)))
    assert all(map(math.isnan, nothing.values()))


def test_what_lies_in_a_crowd_costs_nothing():
    truth = np.zeros((100, 120), int)
    truth[10:30, 10:30], truth[:, 60:] = 1, -1
    found = np.maximum(truth, 0)
    found[40:60, 70:90] = 2
    assert figures(compare(sample(truth), instances(found, {1: 0.5, 2: 0.9})))[
        'coco_ap'] == pytest.approx(1)
