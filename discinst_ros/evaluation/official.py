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

from discinst_ros.data.cityscapes import CityscapesDataset, CLASS_NAMES, splits
from discinst_ros.data.image_files import check_size, FolderError, read_ids
from discinst_ros.evaluation.cityscapes import cityscapes_script, CityscapesAp, distance
from discinst_ros.writable import path_of
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

#: What the scripts call a figure, and its name here.
_NAMES = {'allAp': 'ap', 'allAp50%': 'ap50', 'allAp100m': 'ap100m', 'allAp50m': 'ap50m'}


def score_submission(data: Sequence[str], split: str | None, folder: Path) -> dict[str, float]:
    """
    Return the number of images and the figures, by the names that evaluate gives them.

    :param data: the folder with leftImg8bit and gtFine, alone.
    :param split: 'train' or 'val'.
    :param folder: of the submission.
    :raises ValueError: where something is missing or the scripts refuse it.
    """
    root = path_of(data[0])
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
        path = dataset.truth_path(index).resolve()
        truth = str(path)
        with redirect_stdout(StringIO()):  # where the scripts say what they do
            found = script.getPrediction(truth, arguments)
            ids, objects = _true_objects(script, path)
            far &= _add_distances(objects[truth], ids, dataset, index)
            matches |= _matched(script, found, truth, objects, arguments)
    arguments.distanceAvailable = far
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', RuntimeWarning)  # means of classes without objects
        averages: dict[str, Any] = script.computeAverages(
            script.evaluateMatches(matches, arguments), arguments)
    figures = {name: averages[theirs] for theirs, name in _NAMES.items() if theirs in averages}
    figures |= {f'ap:{CLASS_NAMES.index(name)}': of['ap']
                for name, of in averages['classes'].items()}
    return {'images': len(dataset), **{name: float(np.squeeze(value))
                                       for name, value in figures.items()}}


def score_rows(figures: dict[str, float]) -> list[list[str]]:
    """Return the figures line by line: what, and its value."""
    meaning = {**CityscapesAp.meaning, **{
        f'ap:{number}': f'{CityscapesAp.meaning["ap"]}, {name}'
        for number, name in enumerate(CLASS_NAMES)}}
    return [[text, _text(figures[name])] for name, text in meaning.items() if name in figures]


def _true_objects(script: Any, path: Path) -> tuple[npt.NDArray[np.int32], dict[str, Any]]:
    """
    Return the ids of an image, and what the scripts make of them.

    :raises FolderError: where they cannot be read, or are none of Cityscapes.
    """
    try:
        return read_ids(path), script.instances2dict([str(path)], False)
    except (FolderError, KeyError) as error:
        said = (str(error) if isinstance(error, FolderError)
                else f"'{path}' has pixels of class {error}, which Cityscapes has not")
        raise FolderError(f'{said}; unpack gtFine_trainvaltest.zip once more') from error


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


def _add_distances(objects: dict[str, Any], ids: npt.NDArray[np.int32],
                   dataset: CityscapesDataset, index: int) -> bool:
    """Give the true objects their distances, and tell whether there are any."""
    if not dataset.has_depth(index):
        return False
    sample = dataset[index]
    depth = sample.depth
    assert depth is not None
    check_size(ids, dataset.truth_path(index), depth, Path(sample.name))
    for one in (one for of in objects.values() for one in of if one['instID'] >= 1000):
        one.update(distance(depth[ids == one['instID']]))
    return True


def _text(value: float) -> str:
    return '-' if math.isnan(value) else f'{value:.4g}'
