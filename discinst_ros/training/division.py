# SPDX-License-Identifier: Apache-2.0
"""What is trained on and what is held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any

from discinst_ros.data.class_names import ONE_CLASS
from discinst_ros.data.dataset import AUTO, Dataset, is_named, open_dataset
from discinst_ros.scenes import SCENE_KINDS
from discinst_ros.training.apart import hold_out_some, refuse_shared
from discinst_ros.training.sources import DrawnScenes, Endless, Mixture, Shuffled
from discinst_ros.training.subset import at_most, joined, some, Subset


@dataclass(frozen=True)
class Division:
    """The two parts of the data."""

    training: Endless
    validation: Dataset
    #: What it was opened from; None for scenes that are drawn.
    validation_source: str | None
    #: Of both.
    class_names: tuple[str, ...]
    #: What is trained on, in words: the name of each source, its share and its images, in order.
    sources: str
    #: What is validated with, in words.
    validated: str


def divide(train: Mapping[str, float], val: str | None, *, split: str | None,
           val_split: str | None, reader: Mapping[str, Any], images: int | None,
           size: tuple[int, int], seed: int, held_out: float, validation_images: int,
           class_agnostic: bool) -> Division:
    """
    Open the data and divide it; the same settings give the same division.

    :param train: share of each path or kind of drawn scenes.
    :param val: path or kind of drawn scenes to validate with; None holds out a part of each path
        of ``train``, or draws scenes that training never draws.
    :param split: part of each path to train on.
    :param val_split: part of ``val``, or of the one path, to validate with.
    :param reader: further arguments of :func:`~discinst_ros.data.dataset.open_dataset`.
    :param images: take so many images of each path, as if there were no others; more take the
        same ones and others besides.
    :param size: width and height of drawn scenes, pixels.
    :param held_out: share of the images of each path.
    :param validation_images: most images to validate with.
    :param class_agnostic: whether the names of classes may differ.
    :raises ValueError: for shares that are none, too few images, classes that differ, or
        validation with what is trained on.
    """
    if (not train or min(train.values()) < 0 or not sum(train.values()) > 0
            or math.isinf(sum(train.values()))):
        raise ValueError(f'data.train is {dict(train)}: expected finite shares of 0 or more, not '
                         'all 0')
    drawn = {kind: share for kind, share in train.items()
             if kind in SCENE_KINDS and share > 0 and is_named(kind)}
    opened = {source: open_dataset(source, split=split, **reader)
              for source, share in train.items() if source not in SCENE_KINDS and share > 0}
    _refuse_unused(opened, {'split': split, 'images': images, **{
        name if name == 'format' else f'options.{name}': value for name, value in reader.items()}})
    held: list[Dataset] = []
    if val is not None and val in SCENE_KINDS and is_named(val):
        if val_split is not None:
            raise ValueError(f"data.val_split is '{val_split}', but data.val '{val}' is drawn and "
                             'has no parts; leave it out')
        held.append(_HeldOutScenes({val: 1.0}, size, validation_images))
    elif val is not None or val_split is not None:
        refuse_shared(opened, val, split=split, val_split=val_split)
        held.append(_open_validation(val, val_split, list(opened), reader))
    listed = {source: some(source, dataset, images, seed) for source, dataset in opened.items()}
    names = {dataset.class_names for dataset in (*listed.values(), *held)} | (
        {ONE_CLASS} if drawn else set())
    if len(names) > 1 and not class_agnostic:
        raise ValueError(f'the data has different classes, {" and ".join(map(str, names))}; give '
                         'sources with the same classes, or --data.class_agnostic true')

    hold_out = not held
    parts: list[Endless] = []
    weights = []
    if drawn:
        parts.append(DrawnScenes.for_training(drawn, size, seed))
        weights.append(sum(drawn.values()))
    for source, dataset in listed.items():
        kept: Sequence[int] = range(len(dataset))
        if hold_out:
            kept, chosen = hold_out_some(source, dataset, held_out, seed)
            held.append(Subset.of(dataset, chosen))
        parts.append(Shuffled(dataset, kept, seed))
        weights.append(train[source])
    validation = joined(held) if held else _HeldOutScenes(drawn, size, validation_images)
    return Division(parts[0] if len(parts) == 1 else Mixture(parts, weights, seed),
                    at_most(validation, validation_images),
                    None if isinstance(validation, _HeldOutScenes) else (
                        val or ' and '.join(opened)),
                    ONE_CLASS if class_agnostic else names.pop(),
                    _in_words(drawn, train, listed), _validated(
                        val, val_split, held_out if hold_out and listed else None))


def _in_words(drawn: Mapping[str, float], train: Mapping[str, float],
              listed: Mapping[str, Dataset]) -> str:
    """Name the sources in the order of their samples; a folder by its own name, wherever it is."""
    total = sum(train.values())
    return ', '.join([f'{kind} {share / total:.3g}' for kind, share in drawn.items()] + [
        f'{Path(source).resolve().name} {train[source] / total:.3g} ({len(dataset)} images)'
        for source, dataset in listed.items()])


def _validated(val: str | None, val_split: str | None, held_out: float | None) -> str:
    """
    Say what is validated with, wherever it is.

    :param held_out: share of each source of the training, None where nothing is held out.
    """
    if held_out is not None:
        return f'a share of {held_out:g} held out'
    return ' '.join(filter(None, (
        val and Path(val).resolve().name, val_split))) or 'scenes that are drawn'


def _refuse_unused(listed: Mapping[str, Dataset], settings: Mapping[str, Any]) -> None:
    """
    Refuse what only images on disk have where there are none.

    :raises ValueError: naming the settings.
    """
    given = [f'data.{name} is {value}' for name, value in settings.items()
             if value not in (None, AUTO)]
    if given and not listed:
        raise ValueError(f'{" and ".join(given)}, but data.train is drawn and has no files; leave '
                         'it out')


def _open_validation(val: str | None, split: str | None, paths: Sequence[str],
                     reader: Mapping[str, Any]) -> Dataset:
    if val is None:
        if len(paths) != 1:
            raise ValueError(f"data.val_split is '{split}', but data.train has {len(paths)} "
                             'paths; give data.val')
        val = paths[0]
    return open_dataset(val, split=split, **reader)


class _HeldOutScenes(DrawnScenes):
    """Drawn scenes that training never draws, as a dataset."""

    class_names = ONE_CLASS

    def __init__(self, shares: dict[str, float], size: tuple[int, int], count: int) -> None:
        super().__init__(shares, size, first=0)
        self.count = count

    def __len__(self) -> int:
        return self.count
