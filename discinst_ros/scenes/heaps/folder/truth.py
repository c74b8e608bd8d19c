# SPDX-License-Identifier: Apache-2.0
"""NAME-truth.json: what is true of a view and has no place in the folder format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from discinst_ros.scenes.heaps.families.catalogue import HELD_OUT
from discinst_ros.scenes.heaps.heap import Heap
from discinst_ros.scenes.heaps.views.view import View
from discinst_ros.whole_file import write_whole
from scipy.spatial.transform import Rotation

_DIGITS = 6


def truth_path(folder: Path, name: str) -> Path:
    """Return where the truth of a sample lies; it is written last, when all else is there."""
    return folder / f'{name}-truth.json'


def write_truth(folder: Path, heap: Heap, view: View, options: dict[str, Any]) -> None:
    """
    Write the truth of a view beside its images.

    :param options: what it was made with.
    """
    content = {
        'options': options,
        'heap': {'seed': heap.seed, 'surroundings': heap.kind, 'arrangement': heap.arrangement,
                 'one_part': len(heap.designs) == 1, 'rejected': dict(heap.rejected)},
        'camera_to_world': view.camera.to_world.round(_DIGITS).tolist(),
        'objects': [
            {'label': one.label, 'family': one.family, 'held_out': one.family in HELD_OUT,
             'position': one.pose[:3, 3].round(_DIGITS).tolist(),
             'quaternion': Rotation.from_matrix(one.pose[:3, :3]).as_quat(
                 ).round(_DIGITS).tolist(),
             'size': one.size.round(_DIGITS).tolist(),
             'visible_px': one.visible_px, 'whole_px': one.whole_px}
            for one in view.objects],
        'occlusions': [{'over': one.over, 'under': one.under, 'pixels': one.pixels}
                       for one in view.occlusions],
    }
    write_whole(truth_path(folder, view.sample.name), json.dumps(content, indent=1) + '\n')


def read_options(path: Path) -> dict[str, Any] | None:
    """Return what a view was made with, or None where it is not complete."""
    try:
        options = json.loads(path.read_text())['options']
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return options if isinstance(options, dict) else None
