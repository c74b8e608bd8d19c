# SPDX-License-Identifier: Apache-2.0
"""Tables and figures of bins that were emptied by several methods, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from discinst_ros.benchmark.picking_bin import BinRecord
from discinst_ros.benchmark.picking_score import compared, totals
from discinst_ros.benchmark.results import aligned

#: The method that the others stand beside.
NETWORK = 'network'
#: What is counted, and what it is called beside another method's.
_RATES = {'intended': 'rate', 'fitting': 'rate with a mask that fits'}
#: Bins by what is in them, and the name of each group.
_GROUPS = {'all': (False, True), 'mixed': (False,), 'one part': (True,)}


def report(found: dict[str, list[BinRecord]]) -> str:
    """Return the tables of all groups, what failed picks failed of, and the comparison."""
    lines = []
    for group, kinds in _GROUPS.items():
        chosen = {name: [one for one in records if one.one_part in kinds]
                  for name, records in found.items()}
        if any(chosen.values()):
            lines += [_table(group, chosen), '']
    lines += [_in_words(name, totals(records)) for name, records in found.items()]
    for group, kinds in _GROUPS.items():
        lines += [f'{group}: {NETWORK} and {other}: {name} {one["ratio"]:.3f} of it '
                  f'[{one["ratio_low"]:.3f}, {one["ratio_high"]:.3f}], difference '
                  f'{one["difference"]:+.3f} '
                  f'[{one["difference_low"]:+.3f}, {one["difference_high"]:+.3f}]'
                  for of, name in _RATES.items()
                  for other, one in _beside(found, kinds, of).items()]
    return '\n'.join(lines)


def _table(group: str, found: dict[str, list[BinRecord]]) -> str:
    rows: list[Sequence[str]] = [(
        f'bins: {group}', 'bins', 'tries', 'lifted', 'intended', 'rate', '95% from', 'to',
        'mask fits', 'rate', 'two or more', 'emptied', 'falsely empty', 'objects', 'left',
        'fell out')]
    for name, records in found.items():
        one = totals(records)
        rows.append((name, *(f'{one[key]:.3f}' if isinstance(one[key], float) else str(one[key])
                             for key in ('bins', 'tries', 'lifted', 'intended', 'intended_rate',
                                         'intended_rate_low', 'intended_rate_high', 'fitting',
                                         'fitting_rate', 'several', 'emptied', 'falsely_empty',
                                         'objects', 'left', 'spilled'))))
    return aligned(rows)


def rows_of(found: dict[str, list[BinRecord]]) -> list[dict[str, object]]:
    """Return the figures of all methods and groups, and all bins, as JSON can hold them."""
    rows: list[dict[str, object]] = []
    for name, records in found.items():
        for group, kinds in _GROUPS.items():
            rows.append({'method': name, 'group': group, **totals(
                [one for one in records if one.one_part in kinds])})
        rows.append({'method': name, 'group': 'bin by bin',
                     'records': [one.as_json() for one in records]})
    rows += [{'method': NETWORK, 'beside': other, 'group': group, 'of': of, **one}
             for group, kinds in _GROUPS.items() for of in _RATES
             for other, one in _beside(found, kinds, of).items()]
    return rows


def _beside(found: dict[str, list[BinRecord]], kinds: tuple[bool, ...], of: str
            ) -> dict[str, dict[str, float]]:
    """Return what the network comes to beside each other method, in one group of bins."""
    chosen = {name: [one for one in records if one.one_part in kinds]
              for name, records in found.items()}
    if not chosen.get(NETWORK):
        return {}
    return {name: compared(chosen[NETWORK], records, of) for name, records in chosen.items()
            if name != NETWORK}


def _in_words(name: str, one: dict[str, Any]) -> str:
    return (f'{name}: {_listed(one["endings"])}; failed picks: {_listed(one["faults"])}; two or '
            f'more in {one["several_share"]:.1%} of what lifted; {one["falsely_empty_share"]:.1%} '
            'of the bins falsely called empty')


def _listed(times: dict[str, int]) -> str:
    return ', '.join(f'{name} {count}' for name, count in times.items()) or 'none'
