# SPDX-License-Identifier: Apache-2.0
"""Scenes of copies, and beside each what the networks find in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from discinst_ros.data.image_files import write_image
from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.visualization.matching import match_labels
from discinst_ros.visualization.overlay import draw_labels
import numpy as np

#: Between panels, white.
_GAP_PX = 4
#: Narrower images are enlarged to this width, in whole pixels.
_WIDTH_PX = 320


def draw_picture(path: Path, samples: Iterable[Sample],
                 segmenters: Iterable[InstanceSegmenter]) -> None:
    """
    Write one row for each scene: the image, then what each segmenter finds.

    A found object has the colour of the true one that it covers best.
    """
    rows = []
    for sample in samples:
        found = [match_labels(
            one(sample.image, sample.depth, sample.intrinsics).label_image, labels_of(sample))
            for one in segmenters]
        panels = [sample.image, *(draw_labels(sample.image, labels) for labels in found)]
        rows.append(np.concatenate([_framed(panel) for panel in panels], axis=1))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.concatenate(rows))


def _framed(panel: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
            ) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    factor = max(1, _WIDTH_PX // panel.shape[1])
    panel = panel.repeat(factor, axis=0).repeat(factor, axis=1)
    return np.pad(panel, ((0, _GAP_PX), (0, _GAP_PX), (0, 0)), constant_values=255)
