# SPDX-License-Identifier: Apache-2.0
"""
Image in, instances out.

::

    checks.py      what arrives: refused in one sentence, or brought to one form
    preprocess.py  images to network input
    model.py       a network, ready to run
    segmenter.py   the one composition
    pair.py        two of them: for images with depth, and without
    fields.py      what the networks say of every pixel
    evidence.py    what speaks for and against each instance
    scores.py      how sure we are of it
"""

from discinst_ros.inference.checks import InferenceError
from discinst_ros.inference.pair import SegmenterPair
from discinst_ros.inference.segmenter import InstanceSegmenter

__all__ = ['InferenceError', 'InstanceSegmenter', 'SegmenterPair']
