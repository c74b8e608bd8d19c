# SPDX-License-Identifier: Apache-2.0
"""A folder of heaps: made by several processes, the same whatever their number, resumable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
from discinst_ros.data.class_names import BACKGROUND, ONE_CLASS
from discinst_ros.data.folder import FolderError, write_sample
from discinst_ros.scenes.heaps.engine import check_graphics
from discinst_ros.scenes.heaps.families import CLASS_NAMES
from discinst_ros.scenes.heaps.heap import emptied, HeapError, make_heap
from discinst_ros.scenes.heaps.renderer import Renderer
from discinst_ros.scenes.heaps.truth import read_options, truth_path, write_truth
from discinst_ros.scenes.heaps.view import render_view
from discinst_ros.scenes.heaps.workers import in_processes
from discinst_ros.whole_file import write_whole
from tqdm import tqdm

_FILES = ('color.png', 'label.png', 'class.png', 'depth.png', 'camera.json')


@dataclass(frozen=True)
class FrameOptions:
    """What frames of one folder have in common."""

    width: int = 320
    height: int = 240
    #: Pictures of each heap: frame n shows heap n // views.
    views: int = 5
    #: Families that heaps are made of, one of SHAPE_SETS.
    shapes: str = 'training'
    #: With the faults of real cameras.
    sensors: bool = True
    #: A class for each family; otherwise all objects are of class 1.
    family_classes: bool = False
    #: 'table', 'bin' or 'tote'; by chance unless given.
    place: str | None = None
    #: Objects are taken away from the top, some or all.
    emptied: bool = False


def make_frames(folder: Path, frames: Sequence[int], options: FrameOptions, *, workers: int
                ) -> Counter[str]:
    """
    Make the frames that are not there yet; return how many were made, and what was rejected.

    :param folder: made where missing.
    :param frames: their numbers, 0 or more.
    :param workers: number of processes; 1 works in this one.
    :raises FolderError: where the folder holds frames made with other options.
    :raises MissingPackage: where MuJoCo is not installed.
    :raises MissingLibrary: where there is nothing to draw with.
    :raises ValueError: where the pictures are too large.
    :raises WorkerKilled: where one of the processes was killed.
    """
    check_graphics(options.width, options.height)
    missing = [frame for frame in frames if not _is_complete(folder, frame, options)]
    heaps: dict[int, list[int]] = {}
    for frame in missing:
        heaps.setdefault(frame // options.views, []).append(frame)
    folder.mkdir(parents=True, exist_ok=True)
    names = CLASS_NAMES if options.family_classes else ONE_CLASS
    write_whole(folder / 'classes.txt',
                ''.join(f'{name}\n' for name in names if name != BACKGROUND))
    total: Counter[str] = Counter(there=len(frames) - len(missing))
    with tqdm(total=len(frames), initial=total['there'], unit='frame') as progress:
        jobs = [(folder, seed, wanted, options) for seed, wanted in heaps.items()]
        for counts in in_processes(_make_heap_frames, jobs, min(workers, len(jobs))):
            total += counts
            progress.update(counts['made'] + counts['given up'])
    # here, as it brings torch, which the processes do without
    from discinst_ros.scenes.heaps.sheet import write_sheet
    write_sheet(folder, [frame_name(frame) for frame in frames])
    return total


def frame_name(frame: int) -> str:
    """Return the name of a frame's sample."""
    return f'heaps-{frame}'


def _make_heap_frames(folder: Path, seed: int, frames: Sequence[int], options: FrameOptions
                      ) -> Counter[str]:
    """Make some frames of one heap and return their number and what was rejected."""
    cv2.setNumThreads(1)  # the processes share the cores already
    try:
        heap = make_heap(seed, shapes=options.shapes, kind=options.place)
    except HeapError:
        return Counter({'given up': len(frames)})
    if options.emptied:
        heap = emptied(heap)
    with Renderer(heap.model, heap.data, options.width, options.height) as renderer:
        for frame in frames:
            view = render_view(heap, frame % options.views, width=options.width,
                               height=options.height, sensors=options.sensors, renderer=renderer)
            sample = replace(view.sample, name=frame_name(frame))
            if not options.family_classes and sample.classes is not None:
                sample = replace(sample, classes=(sample.classes > 0).astype('uint8'))
            write_sample(folder, sample)
            write_truth(folder, heap, replace(view, sample=sample), asdict(options))
    return Counter({**heap.rejected, 'made': len(frames)})


def _is_complete(folder: Path, frame: int, options: FrameOptions) -> bool:
    name = frame_name(frame)
    found: dict[str, Any] | None = read_options(truth_path(folder, name))
    if found is None or not all((folder / f'{name}-{file}').is_file() for file in _FILES):
        return False
    wanted = asdict(options)
    other = [f'{key} {found.get(key)}' for key in wanted if found.get(key) != wanted[key]]
    if other:
        raise FolderError(f"'{folder}' holds {name} made with {', '.join(other)}; give these "
                          'options again, or another --out')
    return True
