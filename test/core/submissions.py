# SPDX-License-Identifier: Apache-2.0
"""A street, what is found in it, and the official scripts that score the files of that."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
import json
from pathlib import Path
import sys
from typing import Any

from discinst_ros.data.cityscapes import CLASS_NAMES
from discinst_ros.data.cityscapes_submission import Submission
from discinst_ros.evaluation.cityscapes import cityscapes_script
from discinst_ros.evaluation.official import score_submission
import numpy as np
import pytest
from streets import (
    box,
    CAR,
    CAR_CLASS,
    found_street,
    ids_of,
    mask_of,
    NAME,
    PERSON,
    PERSON_CLASS,
)

#: Two cars of 400 pixels side by side, and a person of 400.
LEFT, RIGHT, STANDING = box(10, 10), box(30, 10), box(80, 30)
STREET = ids_of((LEFT, CAR * 1000), (RIGHT, CAR * 1000 + 1), (STANDING, PERSON * 1000))
PERSON_FOUND = (mask_of(STANDING), PERSON_CLASS, 0.9)
CARS_FOUND = [(mask_of(LEFT), CAR_CLASS, 0.8), (mask_of(RIGHT), CAR_CLASS, 0.7)]


def official_main(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Any]]:
    """Return the official main function, which finds truth and files by their names."""
    script = cityscapes_script()
    arguments = deepcopy(script.args)
    arguments.groundTruthSearch = str(root / 'gtFine' / 'val' / '*' / '*_instanceIds.png')
    arguments.predictionPath = str(root / 'results')
    arguments.gtInstancesFile = str(root / 'gtInstances.json')
    arguments.exportFile = str(root / 'scores' / 'scores.json')
    arguments.quiet = True
    monkeypatch.setattr(script, 'args', arguments)
    monkeypatch.setattr(sys, 'argv', ['evalInstanceLevelSemanticLabeling'])
    monkeypatch.setattr(script, 'writeDict2JSON', lambda content, path: Path(
        root / Path(path).name).write_text(json.dumps(content, default=float)))

    def run() -> dict[str, Any]:
        script.main()
        averages: dict[str, Any] = json.loads((root / 'scores.json').read_text())['averages']
        ours = score_submission([str(root)], 'val', root / 'results')
        np.testing.assert_equal([ours['ap'], ours['ap50']],
                                [averages['allAp'], averages['allAp50%']])
        np.testing.assert_equal(
            {name: ours[f'ap:{number}'] for number, name in enumerate(CLASS_NAMES) if number},
            {name: of['ap'] for name, of in averages['classes'].items()})
        return averages

    return run


def submit(root: Path, *objects: tuple[np.ndarray, int, float], name: str = NAME) -> None:
    """Write what was found in one image."""
    Submission(root / 'results', CLASS_NAMES).add(*found_street(name, list(objects)))
