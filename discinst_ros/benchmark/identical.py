# SPDX-License-Identifier: Apache-2.0
"""
Whether copies of one part get an id each.

Scenes of 10, 30 and 60 copies, on a lattice, scattered and in a bin (scenes/copies.py). Two
copies are a pair unless their masks come within a few pixels of each other; a copy has the id that
most of its found pixels bear. Of the pairs of which both are found so many have one id: the
figure. The pairs that are apart by multiples of the network's stride, across and down, are counted
by themselves, and everything once more with the true foreground in place of the network's.

Networks that nobody trained are asked another question: of how many pairs do the mean embeddings
agree to a thousandth of the embedding's spread? What is equal there no training can tell apart.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from discinst_ros.benchmark.hardware import hardware
from discinst_ros.benchmark.identical_options import add_arguments, check, FIRST_SEED, named
from discinst_ros.benchmark.identical_picture import draw_picture
from discinst_ros.benchmark.memory import lowering
from discinst_ros.benchmark.options import settings
from discinst_ros.benchmark.results import Results
from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.evaluation.copies import alike, Pairs, Tally, tell
from discinst_ros.inference.checks import choose_device
from discinst_ros.inference.model import Model
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.markdown import table
from discinst_ros.model_config import ModelConfig
from discinst_ros.resources import drawn_checkpoint
from discinst_ros.scenes import draw_scene
from discinst_ros.scenes.copies import Layout
import torch
from torch import nn
from tqdm import tqdm

__all__ = ['add_arguments', 'run']

_HEADING = ['model', 'coordinates', 'layout', 'copies', 'found', 'one id', 'apart by strides',
            'true foreground']
_UNTRAINED_HEADING = ['untrained', 'coordinates', 'layout', 'copies', 'alike', 'apart by strides']
_NOTES = [
    'one id, of the pairs of copies of which both are found; apart by strides: of those apart by '
    'multiples of the stride',
    'true foreground: one id, with the foreground given; alike: means agree to a thousandth of '
    'the spread']


def run(options: argparse.Namespace) -> None:
    """
    Measure and report.

    :raises ValueError: where scenes cannot be drawn, a checkpoint cannot be used, or memory is
        full.
    """
    check(options)
    paths = options.checkpoint
    if paths is None:
        paths = [] if options.untrained else [drawn_checkpoint()]
    device = choose_device(options.device)
    models = {name: _trained(path) for name, path in named(paths).items()}
    with lowering('lower --width and --height'):
        trained = [row for name, one in models.items()
                   for row in _trained_rows(name, one, options)]
        untrained = [row for name in options.untrained for given in (False, True)
                     for row in _untrained_rows(name, given, options)]
        if options.picture:
            _draw(models.values(), options)
    results = Results('identical', hardware(device), settings(options), trained + untrained,
                      _NOTES)
    print(results.hardware)
    for heading, rows in ((_HEADING, trained), (_UNTRAINED_HEADING, untrained)):
        if rows:
            print('', table(heading, [list(map(_text, row.values())) for row in rows]), sep='\n')
    print('', *results.notes, sep='\n')
    if options.json:
        results.write_json(options.json)


def scenes(layout: Layout, count: int, options: argparse.Namespace) -> Iterable[Sample]:
    """Draw the scenes of a layout."""
    first = FIRST_SEED + options.seed * options.scenes
    for seed in tqdm(range(first, first + options.scenes), unit='scene', leave=False):
        yield draw_scene('copies', seed, options.width, options.height, layout=layout,
                         count=count)


def _trained(path: Path) -> Model:
    model = Model.from_checkpoint(path)
    for output in ('embedding', 'semantics'):
        model.refuse_untrained(path, output, 'give one that was trained for both')
    return model


def _trained_rows(name: str, model: Model, options: argparse.Namespace
                  ) -> Iterable[dict[str, Any]]:
    segmenter = InstanceSegmenter(model.network, model.config, options.device)
    for layout in options.layouts:
        for count in options.copies:
            own, known = Tally(), Tally()
            for sample in scenes(layout, count, options):
                labels = labels_of(sample)
                pairs = Pairs.of(labels, _stride(model.network))
                fields = segmenter.look(sample.image, sample.depth, sample.intrinsics)
                own.add(tell(labels, segmenter.group(fields).label_image), pairs)
                fields = fields.with_classes((labels > 0).astype(int))
                known.add(tell(labels, segmenter.group(fields).label_image), pairs)
            yield {'model': name, 'coordinates': segmenter.config.coordinates, 'layout': layout,
                   'copies': count, 'found': own.found, 'one_id': own.one_id,
                   'one_id_by_strides': own.one_id_by_strides, 'one_id_known': known.one_id}


def _untrained_rows(network: str, given: bool, options: argparse.Namespace
                    ) -> Iterable[dict[str, Any]]:
    torch.manual_seed(options.seed)
    config = ModelConfig(network=network, coordinates=given)
    built = config.build()
    segmenter = InstanceSegmenter(built, config, options.device)
    for layout in options.layouts:
        for count in options.copies:
            tally = Tally()
            for sample in scenes(layout, count, options):
                labels = labels_of(sample)
                embeddings = segmenter.look(sample.image).embeddings.float().cpu().numpy()
                tally.add(alike(labels, embeddings), Pairs.of(labels, _stride(built)))
            yield {'network': network, 'coordinates': given, 'layout': layout, 'copies': count,
                   'alike': tally.one_id, 'alike_by_strides': tally.one_id_by_strides}


def _stride(network: nn.Module) -> int:
    # A network of somebody's own need not have one.
    return int(getattr(network, 'stride', 1))


def _draw(models: Iterable[Model], options: argparse.Namespace) -> None:
    most = max(options.copies)
    draw_picture(options.picture,
                 [next(iter(scenes(layout, most, options))) for layout in options.layouts],
                 [InstanceSegmenter(one.network, one.config, options.device) for one in models])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    if isinstance(value, float):
        return '-' if value != value else f'{100 * value:.2f} %'
    return str(value)
