# SPDX-License-Identifier: Apache-2.0
"""An inventory as text for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from discinst_ros.data.check import Inventory
from discinst_ros.data.problem import KINDS
import numpy as np

_QUANTILES = (0, 5, 25, 50, 75, 95, 100)
_INDENT = '  '


def inventory_text(inventory: Inventory, most: int, allowed: Collection[str]) -> str:
    """
    Return what there is, then what is wrong.

    :param most: problems of a kind to list, 0 = all.
    :param allowed: kinds that do not count as wrong.
    """
    return '\n'.join([*_counts(inventory), *_problems(inventory, most, allowed)])


def _counts(inventory: Inventory) -> Iterator[str]:
    sizes = sorted(inventory.image_sizes.items(), key=lambda one: -one[1])
    yield _line('images', inventory.images)
    for text, count in sizes[:3]:
        yield _line(f'{_INDENT}of {text}', count)
    if len(sizes) > 3:
        yield _line(f'{_INDENT}of {len(sizes) - 3} other sizes',
                    sum(count for _, count in sizes[3:]))
    yield _line(f'{_INDENT}without an instance', inventory.without_instance)
    yield _line(f'{_INDENT}with depth', inventory.with_depth)
    instances = sorted(inventory.sizes_px.items())
    yield _line('instances', sum(len(sizes_px) for _, sizes_px in instances))
    listed = sorted({*range(1, len(inventory.class_names)), *inventory.sizes_px})
    for class_id in listed:
        name = ('of no one class' if class_id < 0 else
                f'{class_id} {inventory.class_names[class_id]}')
        yield _line(f'{_INDENT}{name}', len(inventory.sizes_px.get(class_id, ())))
    if inventory.labelled_px:
        share = inventory.ignored_px / inventory.labelled_px
        yield _line('pixels to ignore', f'{share:.2%}')
    yield ''
    yield f'{"quantiles":<28}' + ''.join(f'{f"{one} %":>9}' for one in _QUANTILES)
    yield _quantiles('instances per image', inventory.per_image)
    yield _quantiles('pixels per instance',
                     [one for _, sizes_px in instances for one in sizes_px])


def _problems(inventory: Inventory, most: int, allowed: Collection[str]) -> Iterator[str]:
    by_kind = defaultdict(list)
    for problem in inventory.problems:
        by_kind[problem.kind].append(problem.text)
    yield ''
    if not by_kind:
        yield 'nothing is wrong'
    for kind in KINDS:
        texts = by_kind.get(kind, [])
        if texts:
            yield f'{len(texts)} {KINDS[kind]} ({kind}{", allowed" if kind in allowed else ""}):'
            shown = texts[:most] if most else texts
            yield from (f'{_INDENT}{text}' for text in shown)
            if len(shown) < len(texts):
                yield f'{_INDENT}... and {len(texts) - len(shown)} more; --list 0 lists all'


def _line(what: str, value: int | str) -> str:
    return f'{what:<28}{value:>9}'


def _quantiles(what: str, values: Sequence[int]) -> str:
    if not values:
        return _line(what, '-')
    return f'{what:<28}' + ''.join(
        f'{round(float(one)):>9}' for one in np.percentile(values, _QUANTILES))
