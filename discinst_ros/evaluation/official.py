# SPDX-License-Identifier: Apache-2.0
"""
Files of the Cityscapes benchmark, scored by its own scripts along the way that its server takes.

The scripts pair each true image with the text of its name, and know the true objects from the
image of instance ids alone. How far these are they leave to the caller: where disparity and camera
are at hand for all images, distances are handed over as :mod:`~discinst_ros.evaluation.cityscapes`
computes them, which adds AP100m and AP50m.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from io import StringIO
import math
from pathlib import Path
from typing import Any
import warnings

from discinst_ros.data.cityscapes import CityscapesDataset, splits
from discinst_ros.data.image_files import FolderError, read_ids
from discinst_ros.evaluation.cityscapes import cityscapes_script, distance
import numpy as np
from tqdm import tqdm

#: What the scripts call a figure, and what it is.
_FIGURES = {'allAp': 'Cityscapes AP', 'allAp50%': 'Cityscapes AP50%',
            'allAp100m': 'Cityscapes AP100m', 'allAp50m': 'Cityscapes AP50m'}


def score_submission(data: Sequence[str], split: str | None, folder: Path) -> dict[str, Any]:
    """
    Return the averages as the scripts have them.

    :param data: the folder with leftImg8bit and gtFine, alone.
    :param split: 'train' or 'val'.
    :param folder: of the submission.
    :raises ValueError: where something is missing or the scripts refuse it.
    """
    root = Path(data[0]).expanduser()
    if len(data) != 1 or split is None or split not in splits(root):
        raise FolderError(f'--score-submission {folder}: give the one folder with leftImg8bit and '
                          'gtFine, and --split; of '
                          f"{' '.join(data)} the splits are {', '.join(splits(root)) or 'none'}")
    if not folder.is_dir():
        raise FolderError(f"'{folder}' is no folder")
    script = cityscapes_script()
    arguments = deepcopy(script.args)
    arguments.quiet = True
    arguments.predictionPath, arguments.predictionWalk = str(folder.resolve()), None
    script.setInstanceLabels(arguments)
    dataset = CityscapesDataset(root, split=split, labelled=False)
    matches: dict[str, Any] = {}
    far = True
    for index in tqdm(range(len(dataset)), unit='image'):
        truth = str(dataset.truth_path(index).resolve())
        with redirect_stdout(StringIO()):  # where the scripts say what they do
            found = script.getPrediction(truth, arguments)
            objects = script.instances2dict([truth], False)
            far &= _add_distances(objects[truth], dataset, index)
            matches |= _matched(script, found, truth, objects, arguments)
    arguments.distanceAvailable = far
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', RuntimeWarning)  # means of classes without objects
        averages: dict[str, Any] = script.computeAverages(
            script.evaluateMatches(matches, arguments), arguments)
    return averages


def score_rows(averages: dict[str, Any]) -> list[list[str]]:
    """Return the figures line by line: what, and its value."""
    rows = [[text, _text(averages[name])] for name, text in _FIGURES.items() if name in averages]
    return rows + [[f'Cityscapes AP, {name}', _text(of['ap'])]
                   for name, of in averages['classes'].items()]


def _matched(script: Any, found: str, truth: str, objects: dict[str, Any],
             arguments: Any) -> dict[str, Any]:
    """
    Let the scripts compare one image.

    :raises FolderError: where a mask is missing, or of another size.
    """
    try:
        matched: dict[str, Any] = script.matchGtWithPreds([found], [truth], objects, arguments)
    except (OSError, ValueError, KeyError) as error:
        raise FolderError(f"'{found}' does not fit '{truth}': "
                          f'{" ".join(str(error).split())}') from error
    return matched


def _add_distances(objects: dict[str, Any], dataset: CityscapesDataset, index: int) -> bool:
    """Give the true objects their distances, and tell whether there are any."""
    if not dataset.has_depth(index):
        return False
    depth = dataset[index].depth
    ids = read_ids(dataset.truth_path(index))
    assert depth is not None
    for one in (one for of in objects.values() for one in of if one['instID'] >= 1000):
        one.update(distance(depth[ids == one['instID']]))
    return True


def _text(value: Any) -> str:
    number = float(np.squeeze(value))
    return '-' if math.isnan(number) else f'{number:.4g}'
