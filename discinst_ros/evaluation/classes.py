# SPDX-License-Identifier: Apache-2.0
"""Which class of the data each class of a checkpoint is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ClassMatch:
    """How the classes of a checkpoint and those of the data belong together."""

    #: The data's class id for each of the checkpoint's; None where ids are compared as they are.
    class_map: tuple[int, ...] | None = None
    #: All objects are of one class.
    agnostic: bool = False


def match_classes(checkpoint: Sequence[str], data: Sequence[str] | None, *,
                  agnostic: bool = False) -> ClassMatch:
    """
    Match classes by name; where either side knows one class only, classes do not matter.

    :param checkpoint: names by class id, the first is the background.
    :param data: likewise; None where the data has no names, and ids are those of the checkpoint.
    :param agnostic: take all objects for one class whatever they are called.
    :raises ValueError: where the checkpoint has a class that the data does not know.
    """
    if agnostic or len(checkpoint) == 2 or (data is not None and len(data) == 2):
        return ClassMatch(agnostic=True)
    if data is None:
        return ClassMatch()
    unknown = [name for name in checkpoint[1:] if name not in data[1:]]
    if unknown:
        raise ValueError(f'the checkpoint finds {", ".join(unknown)} and the data has '
                         f'{", ".join(data[1:])}; compare without classes (--class-agnostic)')
    return ClassMatch((0, *(tuple(data).index(name) for name in checkpoint[1:])))
