# SPDX-License-Identifier: Apache-2.0
"""
Average precision as Cityscapes defines it, computed by its own scripts from files.

The scripts know the classes of Cityscapes only. They treat each class by itself, so every class
of the data is written as their 'car', one after the other, and what comes out is averaged by the
scripts. Pixels of unknown class become their 'unlabeled', a crowd their group of cars; both have
the scripts' own rules. True objects of fewer than 100 pixels do not count.

The scripts leave the distance of an object to the caller: here it is the median of its depth, and
the confidence in it the share of its pixels that have depth. AP100m and AP50m count objects up to
that far of 1000 pixels and more with a confidence of at least a half. Where an image has no depth
they have no value: its objects would be left out, and so would those missed in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy
import math
from pathlib import Path
import tempfile
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar, NoReturn
import warnings

from discinst_ros.data.image_files import FolderError, write_image
from discinst_ros.evaluation.comparison import Comparison
from discinst_ros.evaluation.ids import numbered
from discinst_ros.optional import needed
import numpy as np
import numpy.typing as npt

_SCRIPT = 'cityscapesscripts.evaluation.evalInstanceLevelSemanticLabeling'
#: Names and ids of the scripts: the stand-in for every class, for what is nothing, and for void.
_NAME, _ID, _ROAD, _VOID = 'car', 26, 7, 0
#: The id of the n-th car is 26000 + n; 27000 would be a truck.
_FIRST, _MOST = _ID * 1000, 1000


class CityscapesAp:
    """Match image by image, through files that live as long as it takes."""

    meaning: ClassVar[dict[str, str]] = {
        'ap': 'Cityscapes AP',
        'ap50': 'Cityscapes AP50%',
        'ap100m': 'Cityscapes AP100m',
        'ap50m': 'Cityscapes AP50m',
    }

    def __init__(self) -> None:
        """
        Look for the scripts.

        :raises MissingPackage: where they are not installed.
        """
        self._script = cityscapes_script()
        self._args = deepcopy(self._script.args)
        self._args.quiet = True
        self._args.instLabels = [_NAME]
        self._matches: defaultdict[int, dict[str, Any]] = defaultdict(dict)
        self._depth = True

    def add(self, comparison: Comparison) -> None:
        """Take one image into account."""
        self._depth &= comparison.depth is not None
        for class_id in sorted({*comparison.true_class.values(),
                                *comparison.predicted_class.values()}):
            with tempfile.TemporaryDirectory() as folder:
                matches = self._match(comparison, class_id, Path(folder).resolve())
            self._matches[class_id][str(len(self._matches[class_id]))] = matches

    def figures(self) -> dict[str, float]:
        """Return the averages over the classes, and the AP of each that occurs ('ap:2')."""
        self._args.distanceAvailable = self._depth
        if not self._matches:
            return {'ap': math.nan, 'ap50': math.nan}
        classes = sorted(self._matches)
        aps = np.concatenate([self._script.evaluateMatches(self._matches[class_id], self._args)
                              for class_id in classes], axis=1)
        averages = self._averages(aps, classes)
        figures = {'ap': averages['allAp'], 'ap50': averages['allAp50%']}
        if self._depth:
            figures |= {'ap100m': averages['allAp100m'], 'ap50m': averages['allAp50m']}
        figures |= {f'ap:{class_id}': averages['classes'][class_id]['ap']
                    for class_id in classes}
        return {name: float(value) for name, value in figures.items()}

    def _averages(self, aps: npt.NDArray[np.float64], classes: list[int]) -> Mapping[str, Any]:
        arguments = SimpleNamespace(**{**vars(type(self._args)), **vars(self._args),
                                       'instLabels': classes})
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', RuntimeWarning)  # means of classes without objects
            averages: Mapping[str, Any] = self._script.computeAverages(aps, arguments)
        return averages

    def _match(self, comparison: Comparison, class_id: int, folder: Path) -> Any:
        """Write one class of one image and let the scripts match it."""
        truth, found = folder / 'truth.png', folder / 'found.txt'
        ids = write_truth(truth, comparison, class_id)
        write_found(found, comparison, class_id)
        instances = self._script.instances2dict([str(truth)], False)
        for instance in instances[str(truth)][_NAME]:
            if comparison.depth is not None and instance['instID'] >= _FIRST:
                instance.update(distance(comparison.depth[ids == instance['instID']]))
        self._args.predictionPath = str(folder)
        matched = self._script.matchGtWithPreds([str(found)], [str(truth)], instances, self._args)
        return matched[str(truth)]


def cityscapes_script() -> ModuleType:
    """
    Return the evaluation script, mended for numpy 2.4 and newer.

    :raises MissingPackage: where it is not installed.
    """
    # Without dependencies: one of them replaces Python's own typing by one of 2014.
    script = needed(_SCRIPT, 'cityscapesScripts', options='--no-deps',
                    instead='choose other --metrics')
    script.printError = _refuse  # type: ignore[attr-defined]  # which would end the process
    if not hasattr(np, 'in1d'):  # which the script calls, and isin replaces
        script.np = SimpleNamespace(**{**vars(np), 'in1d': np.isin})  # type: ignore[attr-defined]
    return script


def write_truth(path: Path, comparison: Comparison, class_id: int) -> npt.NDArray[np.uint16]:
    """
    Write the true objects of a class as an image of Cityscapes' instance ids.

    :return: H×W, what was written.
    :raises ValueError: for more objects than Cityscapes can number.
    """
    labels = [label for label, of in comparison.true_class.items() if of == class_id]
    if len(labels) > _MOST:
        raise ValueError(f"'{comparison.name}' has {len(labels)} objects of one class and "
                         f'Cityscapes numbers {_MOST}; choose other --metrics')
    occurring, place = numbered(comparison.truth)
    number = {label: _FIRST + index for index, label in enumerate(labels)}
    image = np.array([number.get(label, _ROAD) for label in occurring.tolist()], np.uint16)[place]
    image[comparison.ignored == 0] = _VOID
    image[comparison.ignored == class_id] = _ID
    write_image(path, image)
    return image


def write_found(path: Path, comparison: Comparison, class_id: int) -> None:
    """Write the found objects of a class as Cityscapes has them: a list, and a mask for each."""
    lines = []
    for label, of in comparison.predicted_class.items():
        if of == class_id:
            mask = path.with_name(f'{label}.pgm')  # not compressed: read once, and at once
            write_image(mask, (comparison.whole == label).astype(np.uint8) * 255)
            lines.append(f'{mask.name} {_ID} {comparison.scores[label]!r}\n')
    path.write_text(''.join(lines))


def distance(depth: npt.NDArray[np.float32]) -> dict[str, float]:
    """Return the distance of an object as the scripts have it, from the depth of its pixels."""
    seen = depth[np.isfinite(depth)]
    return {'medDist': float(np.median(seen)) if len(seen) else -1.0,
            'distConf': len(seen) / len(depth)}


def _refuse(message: object) -> NoReturn:
    raise FolderError(f'the Cityscapes scripts: {" ".join(str(message).split())}')
