# SPDX-License-Identifier: Apache-2.0
"""
Sticks whose boxes are nearly one: embeddings against masks of true boxes, and components.

Trains two networks on the same scenes for as many steps, one with the discriminative loss and one
that predicts the mask of each true box, and scores both on scenes that neither has seen. In OUT:
the table as occlusion.md, all figures as occlusion.json, a picture, and the two checkpoints.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
import sys

from discinst_ros.benchmark.hardware import hardware
from discinst_ros.benchmark.occlusion_methods import (
    boxes,
    components,
    embedding,
    Found,
    Method,
    score_found,
)
from discinst_ros.benchmark.occlusion_recipe import Recipe, VALIDATION
from discinst_ros.benchmark.occlusion_report import as_table, write_picture, write_report
from discinst_ros.benchmark.occlusion_scores import SceneScore
from discinst_ros.benchmark.options import MOST_SEED, Size
from discinst_ros.checkpoint import load_checkpoint
from discinst_ros.data.sample import Sample
from discinst_ros.optional import needed
from discinst_ros.resources import find_shipped
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED
from discinst_ros.writable import path_of
import torch
from tqdm import tqdm

#: Seconds of one CPU core for a step of a million pixels, with compiled networks (2026-11-24).
_PACE_S = 1.2
#: The methods by their names in the table, in its order.
_OURS, _BEFORE = 'embeddings', 'embeddings before this training'
_BOXES, _EACH_BOX = 'box, then mask', 'box, then mask: each mask by itself'
_COMPONENTS = 'connected components'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    recipe = Recipe()
    add = parser.add_argument
    add('--out', type=path_of, required=True, help='folder to write to')
    add('--steps', type=int, default=recipe.steps, help='of each training (%(default)s)')
    add('--scenes', type=int, default=200, help='to measure on (%(default)s)')
    add('--first-seed', type=int, default=70_000, help='of these scenes (%(default)s)')
    add('--rows', type=int, default=4, help='scenes that are pictured, the first (%(default)s)')
    add('--size', default=f'{recipe.width}x{recipe.height}', metavar='WIDTHxHEIGHT',
        help='of the scenes, pixels (%(default)s)')
    add('--side', type=int, default=recipe.side_px,
        help='of the square at which a box is seen, pixels (%(default)s)')
    add('--seed', type=int, default=recipe.seed, help='of both trainings (%(default)s)')
    add('--start-from', default=recipe.start_from, metavar='CHECKPOINT',
        help="weights that both trainings start from, 'none' for none (%(default)s)")
    add('--checkpoint', type=path_of, help='embeddings that are there, instead of training them')
    add('--box-checkpoint', type=path_of, help='masks of boxes that are there, likewise')
    add('--compile', action=argparse.BooleanOptionalAction, default=recipe.compiled,
        help='compile the networks for their training; needs a C++ compiler (%(default)s)')


def run(options: argparse.Namespace) -> None:
    """
    Train, measure and report.

    :raises ValueError: for numbers that make no study, or a checkpoint that cannot be used.
    """
    recipe = _recipe(options)
    if options.rows:
        needed('matplotlib', 'matplotlib', instead='give --rows 0')
    options.out.mkdir(parents=True, exist_ok=True)
    methods = _given(options, recipe)
    ours, of_boxes = _train(options, recipe)
    seeds = range(options.first_seed, options.first_seed + options.scenes)
    samples = [draw_scene('crossings', seed, recipe.width, recipe.height) for seed in seeds]
    if _OURS not in methods:
        methods[_OURS] = embedding(ours)
    if _BOXES not in methods:
        methods[_BOXES] = boxes(of_boxes)
    found = {name: [methods[name](sample) for sample in tqdm(samples, desc=name, unit='scene')]
             for name in (_OURS, _BEFORE, _BOXES, _COMPONENTS) if name in methods}
    scores = _scores(samples, found)
    sticks, cut = (sum(getattr(score, count) for score in scores[_OURS])
                   for count in ('sticks', 'cut'))
    write_report(options.out, scores, {
        'date': datetime.now(timezone.utc).date().isoformat(),
        'scenes': f'{options.scenes} from seed {options.first_seed} on',
        'sticks that share a box': sticks, 'of these cut in pieces': cut,
        _OURS: _history(ours), _BOXES: _history(of_boxes),
        'machine': hardware(torch.device('cpu'))})
    if options.rows:
        rows = samples[:options.rows]
        write_picture(options.out / 'occlusion.jpg', rows, {
            name: [one.labels for one in found[name][:len(rows)]]
            for name in (_OURS, _BOXES, _COMPONENTS)})
    print(as_table(scores))
    print(f'{sticks} sticks share a box with another, {cut} of them are cut; all of it: '
          f'{options.out}/occlusion.md')


def _given(options: argparse.Namespace, recipe: Recipe) -> dict[str, Method]:
    """Return the methods that need no training; what is wrong with one is said before that."""
    methods: dict[str, Method] = {_COMPONENTS: components}
    if options.checkpoint is not None:
        methods[_OURS] = embedding(options.checkpoint)
    elif recipe.start_from is not None:  # what a given checkpoint started from is not known
        methods[_BEFORE] = embedding(find_shipped(recipe.start_from))
    if options.box_checkpoint is not None:
        methods[_BOXES] = boxes(options.box_checkpoint)
    return methods


def _scores(samples: Sequence[Sample],
            found: Mapping[str, Sequence[Found]]) -> dict[str, list[SceneScore]]:
    """Return the scores by method; those of the boxes' own masks come after the boxes'."""
    scores = {}
    for name, of_scenes in found.items():
        scores[name] = score_found(samples, of_scenes)
        if name == _BOXES:
            scores[_EACH_BOX] = score_found(samples, of_scenes, by_mask=True)
    return scores


def _recipe(options: argparse.Namespace) -> Recipe:
    """Return what both trainings have in common, checked."""
    for name, least in (('steps', 1), ('scenes', 1), ('rows', 0), ('side', 32), ('seed', 0)):
        value = getattr(options, name)
        if value < least:
            raise ValueError(f'--{name} is {value}, expected {least} or more')
    if options.seed > MOST_SEED:
        raise ValueError(f'--seed is {options.seed}, expected 0 to {MOST_SEED}')
    first, last = options.first_seed, options.first_seed + options.scenes - 1
    if first < VALIDATION or last >= FIRST_TRAINING_SEED:
        raise ValueError(f'scenes {first} to {last}: expected seeds from {VALIDATION} to '
                         f'{FIRST_TRAINING_SEED - 1}, which no training and no choice of a '
                         'bandwidth uses')
    size = Size.parse(options.size)
    if min(size.width, size.height) < 32:
        raise ValueError(f'--size is {size}, expected 32x32 pixels or more')
    start = None if options.start_from == 'none' else options.start_from
    return Recipe(steps=options.steps, width=size.width, height=size.height, side_px=options.side,
                  start_from=start, compiled=options.compile, seed=options.seed)


def _train(options: argparse.Namespace, recipe: Recipe) -> tuple[Path, Path]:
    """Train what is not there already; return the paths of both checkpoints."""
    # Lightning takes seconds to import, which the help of all benchmarks can do without.
    from discinst_ros.benchmark.occlusion_training import train_boxes, train_embedding
    made = options.out / 'embeddings.safetensors', options.out / 'boxes.safetensors'
    to_do = [(path, train) for path, train, given in zip(
        made, (train_embedding, train_boxes), (options.checkpoint, options.box_checkpoint))
        if given is None]
    minutes = len(to_do) * recipe.steps * recipe.megapixels * _PACE_S / 60
    if to_do:
        print(f'to train, {recipe.steps} steps each: '
              f'{" and ".join(path.stem for path, _ in to_do)}; about {minutes:.0f} minutes on '
              'one CPU core, longer where networks are not compiled', flush=True)
    try:
        for path, train in to_do:
            print(f'{path.stem}: trained in {train(recipe, path):.0f} s', flush=True)
    except KeyboardInterrupt:
        print('benchmark: stopped by Ctrl-C, nothing was measured', file=sys.stderr)
        raise
    return options.checkpoint or made[0], options.box_checkpoint or made[1]


def _history(path: Path) -> str:
    """Return how a checkpoint was trained."""
    training = load_checkpoint(path).training
    if 'steps' not in training:
        return f"'{path}', trained elsewhere"
    return (f"{training['steps']} steps in {training['seconds']} s, "
            f"started from {training['start_from'] or 'nothing'}")
