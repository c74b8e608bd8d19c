# SPDX-License-Identifier: Apache-2.0
"""
What training, evaluation and the camera that replays read from: one protocol, one way to open.

A dataset is a list of samples and the names of their classes; docs/datasets.md tells of the
formats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import difflib
from functools import partial
import inspect
from pathlib import Path
from typing import Any, Protocol

from discinst_ros.data.drawn import SceneDataset, ToteDataset
from discinst_ros.data.formats import Format, FORMATS
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.joined import JoinedDataset
from discinst_ros.data.sample import Sample
from discinst_ros.scenes import SCENE_KINDS
from discinst_ros.writable import path_of

#: The choice that looks at the path.
AUTO = 'auto'


class Dataset(Protocol):
    """A list of samples; each may be read only when it is asked for."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Index = class id; the first is 'background'."""

    def __len__(self) -> int:
        """Return the number of samples, at least one."""

    def __getitem__(self, index: int, /) -> Sample:
        """
        Read one sample.

        :raises FolderError: where it cannot be used.
        :raises IndexError: beyond the last.
        """


class SourceError(FolderError):
    """A source that is neither a name nor a dataset of a known format."""


_NAMED: dict[str, Callable[..., Dataset]] = {
    'tote': ToteDataset, **{kind: partial(SceneDataset, kind) for kind in SCENE_KINDS}}
#: The datasets that need no files.
DATASET_NAMES = tuple(_NAMED)


def open_dataset(source: str | Path, *, format: str = AUTO,  # noqa: A002, the standard term
                 split: str | None = None, strict: bool = True, **options: Any) -> Dataset:
    """
    Open a dataset; its samples are read when asked for.

    :param source: one of :data:`DATASET_NAMES`, or a path; one that bears such a name is meant
        by './NAME'.
    :param format: one of :data:`FORMATS`, or 'auto' to look at the path.
    :param split: 'train', 'val' and so on, as the format has them; all of them unless given.
    :param strict: refuse a file with annotations whose ids do not exist, instead of leaving them
        out and listing them as its ``problems``; only COCO can have such.
    :param options: of the format; one that only one format has chooses it, one that the format
        does not have is refused.
    :raises SourceError: where no format fits, or more than one.
    :raises FolderError: where the dataset cannot be used.
    """
    if format == AUTO and is_named(source):
        if split is not None:
            raise SourceError(f"'{source}' has no splits, '{split}' is not there")
        return _open(str(source), _NAMED[str(source)], (), options)
    path = path_of(source)
    if not path.exists():
        raise SourceError(f"source '{source}' is neither a folder nor one of "
                          f'{", ".join(DATASET_NAMES)}; give the path of a dataset, or one of '
                          'these names')
    name = _only_with(options) or detect_format(path) if format == AUTO else format
    if name not in FORMATS:
        raise SourceError(f"format '{name}' is not known{_nearest(name, [*FORMATS, AUTO])}")
    if 'strict' in _options_of(FORMATS[name].open):
        options['strict'] = strict
    return _open_path(path, name, FORMATS[name], split, options)


def is_named(source: str | Path) -> bool:
    """
    Tell whether a source is one of :data:`DATASET_NAMES`, not a path.

    :raises SourceError: where it could be either.
    """
    if str(source) not in _NAMED:
        return False
    if Path(source).exists():
        raise SourceError(f"'{source}' is a name for scenes that need no files, and exists here "
                          f"too; write './{source}' for that, or go elsewhere for the scenes")
    return True


def detect_format(path: Path) -> str:
    """
    Return the name of the format of a path.

    :raises SourceError: where none fits, or more than one.
    """
    found = [name for name, one in FORMATS.items() if one.fits(path)]
    if len(found) > 1:
        raise SourceError(f"'{path}' could be of the formats {' and '.join(found)}; choose one "
                          'with format')
    if not found:
        looked = '; '.join(f'{one.expected} ({name})' for name, one in FORMATS.items())
        raise SourceError(f"'{path}' has no images: expected {looked}")
    return found[0]


def _open_path(path: Path, name: str, one: Format, split: str | None,
               options: dict[str, Any]) -> Dataset:
    """Open one split of a path, or all."""
    # a pattern for the pictures may lead through folders that look like splits
    splits = () if split is None and 'color' in options else one.splits(path)
    if split is not None and splits and split not in splits:
        raise SourceError(f"'{path}' has no split '{split}'; it has {', '.join(splits)}")
    if split is None and len(splits) > 1:
        return JoinedDataset({each: _open(name, one.open, (path,), {**options, 'split': each})
                              for each in splits})
    only = split if split is not None else next(iter(splits), None)
    return _open(name, one.open, (path,), {**options, **({'split': only} if only else {})})


def _only_with(options: dict[str, Any]) -> str | None:
    """Return the one format that has all these options, None where they do not tell."""
    names = [name for name, one in FORMATS.items()
             if set(options) <= set(_options_of(one.open))]
    return names[0] if len(names) == 1 else None


def _options_of(opener: Callable[..., Dataset]) -> list[str]:
    """Return the names of a reader's options."""
    return [key for key, parameter in inspect.signature(opener).parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY]


def _open(name: str, opener: Callable[..., Dataset], arguments: tuple[Path, ...],
          options: dict[str, Any]) -> Dataset:
    """Call a reader with the options that it has."""
    known = _options_of(opener)
    for key in options:
        if key not in known:
            raise SourceError(f"'{name}' has no option '{key}'{_nearest(key, known)}")
    return opener(*arguments, **options)


def _nearest(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f'; there are {", ".join(known) or "none"}'
