# SPDX-License-Identifier: Apache-2.0
"""What is validated with is never trained on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
import logging
from pathlib import Path

from discinst_ros.data.dataset import Dataset
from discinst_ros.data.joined import JoinedDataset
from discinst_ros.data.views import group_of
from discinst_ros.writable import path_of
import numpy as np

_log = logging.getLogger(__name__)


def refuse_shared(train: Mapping[str, Dataset], val: str | None, *, split: str | None,
                  val_split: str | None) -> None:
    """
    Refuse to validate with a part of the data that is trained on.

    :param train: what each path that is trained on was opened as.
    :param val: path to validate with; None stands for the path of ``train``.
    :param split: part of each path to train on; None for all parts.
    :param val_split: part to validate with; None for all parts.
    :raises ValueError: naming the setting that keeps the two apart.
    """
    for path, dataset in train.items():
        if val is not None and not same_path(path, val):
            if val_split is None and _is_part(path, dataset, val, split):
                raise ValueError(f"data.val '{val}' lies in data.train '{path}' and would be "
                                 f'trained on; give {_another_than(Path(val).name)}')
        elif val_split is None:
            if val is not None:
                raise ValueError(
                    f"data.val is '{val}', which is trained on; give another folder, null to hold "
                    'out a part of it, or two of its parts as data.split and data.val_split')
        elif split is None:
            raise ValueError(f"data.val_split is '{val_split}' and data.split is not given, so "
                             f'{val_split} would be trained on; give {_another_than(val_split)}')
        elif split == val_split:
            raise ValueError(f"data.split and data.val_split are both '{split}', so it would be "
                             f'trained on and validated with; give {_another_than(split)}')


def same_path(one: str, other: str) -> bool:
    """Tell whether two paths, as somebody typed them, lead to the same place."""
    return _whole(one) == _whole(other)


def hold_out_some(source: str, dataset: Dataset, share: float,
                  seed: int) -> tuple[list[int], list[int]]:
    """
    Divide a dataset; pictures of one heap stay together.

    :param source: of the dataset, for messages.
    :param share: to hold out.
    :return: the indices to train on, and those held out.
    :raises ValueError: where nothing would be left to train on.
    """
    groups: dict[Hashable, list[int]] = {}
    for index in range(len(dataset)):
        groups.setdefault(group_of(dataset, index), []).append(index)
    count, images = len(groups), len(dataset)
    if count < 2:
        what = '1 image' if images == 1 else f'{images} images of one heap'
        raise ValueError(f"'{source}' has {what}, too few to hold one out; give data.val")
    order = np.random.default_rng((seed, count)).permutation(count).tolist()
    held = min(count - 1, max(1, round(share * count)))
    members = list(groups.values())
    chosen = sorted(index for place in order[:held] for index in members[place])
    kept = sorted(index for place in order[held:] for index in members[place])
    heaps = f', of {held} of {count} heaps' if count < images else ''
    _log.info("'%s': %d images to train on, %d held out%s", source, len(kept), len(chosen), heaps)
    return kept, chosen


def _is_part(path: str, dataset: Dataset, val: str, split: str | None) -> bool:
    """Tell whether a path is a part of another that is trained on."""
    inner, outer = _whole(val), _whole(path)
    if split is not None:
        return inner == outer / split
    return isinstance(dataset, JoinedDataset) and outer in inner.parents


def _another_than(split: str) -> str:
    return 'another --data.split' if split == 'train' else '--data.split train'


def _whole(path: str) -> Path:
    return path_of(path).resolve()
