# SPDX-License-Identifier: Apache-2.0
"""A folder of heaps: made by several processes, the same whatever their number, resumable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
import sys

import cv2
from discinst_ros.data.class_names import BACKGROUND, ONE_CLASS
from discinst_ros.data.folder import write_sample
from discinst_ros.scenes.heaps.engine import check_graphics
from discinst_ros.scenes.heaps.families.catalogue import CLASS_NAMES
from discinst_ros.scenes.heaps.folder.options import (
    check_classes,
    check_folder,
    FrameOptions,
    write_options,
)
from discinst_ros.scenes.heaps.folder.truth import read_options, truth_path, write_truth
from discinst_ros.scenes.heaps.folder.whole_frame import is_whole, remove_parts
from discinst_ros.scenes.heaps.folder.workers import in_processes
from discinst_ros.scenes.heaps.heap import emptied, HeapError, make_heap
from discinst_ros.scenes.heaps.views.renderer import Renderer
from discinst_ros.scenes.heaps.views.view import render_view
from discinst_ros.whole_file import write_whole
from tqdm import tqdm


def make_frames(folder: Path, frames: Sequence[int], options: FrameOptions, *, workers: int
                ) -> Counter[str]:
    """
    Make the frames that are not there yet; return how many were made, and what was rejected.

    :param folder: made where missing.
    :param frames: their numbers, 0 or more.
    :param workers: number of processes; 1 works in this one.
    :raises FolderError: where the folder holds frames made with other options, or another
        dataset.
    :raises MissingPackage: where MuJoCo is not installed.
    :raises MissingLibrary: where there is nothing to draw with.
    :raises ValueError: where the pictures are too large.
    :raises WorkerKilled: where one of the processes was killed.
    """
    names = CLASS_NAMES if options.family_classes else ONE_CLASS
    classes = ''.join(f'{name}\n' for name in names if name != BACKGROUND)
    check_classes(folder, classes)
    check_graphics(options.width, options.height)
    missing = _missing(folder, frames, options)
    remove_parts(folder, frames)
    heaps: dict[int, list[int]] = {}
    for frame in missing:
        heaps.setdefault(frame // options.views, []).append(frame)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / 'classes.txt', classes)
    total: Counter[str] = Counter(there=len(frames) - len(missing))
    with tqdm(total=len(frames), initial=total['there'], unit='frame') as progress:
        jobs = [(folder, seed, wanted, options) for seed, wanted in heaps.items()]
        for counts, given_up in in_processes(_make_heap_frames, jobs, min(workers, len(jobs))):
            if given_up:
                progress.write(given_up, file=sys.stderr)
            total += counts
            progress.update(counts['made'] + counts['given up'])
    # here, as it brings torch, which the processes do without
    from discinst_ros.scenes.heaps.folder.sheet import write_sheet
    write_sheet(folder, [frame_name(frame) for frame in frames])
    return total


def frame_name(frame: int) -> str:
    """Return the name of a frame's sample."""
    return f'heaps-{frame}'


def _make_heap_frames(folder: Path, seed: int, frames: Sequence[int], options: FrameOptions
                      ) -> tuple[Counter[str], str]:
    """
    Make some frames of one heap.

    :return: their number and what was rejected; and, where there is no such heap, why.
    """
    cv2.setNumThreads(1)  # the processes share the cores already
    try:
        heap = make_heap(seed, shapes=options.shapes, kind=options.place)
    except HeapError as error:
        return Counter({'given up': len(frames)}), str(error)
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
    return Counter({**heap.rejected, 'made': len(frames)}), ''


def _missing(folder: Path, frames: Sequence[int], options: FrameOptions) -> list[int]:
    """Return the frames that are not there, or not as they were written."""
    others = {path.name for path in folder.glob('*-truth.json')}
    # A run that was stopped before its first frame binds nobody.
    said = bool(others) and check_folder(folder, options)
    missing = []
    for frame in frames:
        name = frame_name(frame)
        path = truth_path(folder, name)
        found = read_options(path)
        if found is not None:
            options.compare(found, f"'{folder}' holds {name}")
        others.discard(path.name)
        if found is None or not is_whole(folder, name):
            missing.append(frame)
    # In a folder from before there was the file, frames with other numbers may have any options.
    if not said and not others:
        write_options(folder, options)
    return missing
