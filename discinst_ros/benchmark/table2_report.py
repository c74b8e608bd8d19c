# SPDX-License-Identifier: Apache-2.0
"""Table 2 to read and to look at: each figure before that of the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from discinst_ros.benchmark.options import Size
from discinst_ros.benchmark.paper import PaperRow, PARAMETERS_M, TABLE2
from discinst_ros.benchmark.results import picture

#: Stands where the first figure would that there was too little memory for.
FULL = 'out of memory'


def paper_row(row: dict[str, Any]) -> PaperRow | None:
    """Return what the paper has of this network at this size, None where it has nothing."""
    return TABLE2.get((row['network'], Size.parse(row['size'])))


def heading(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the heads of the columns of :func:`cells`."""
    first = rows[0]['network']
    return ['network', 'size', 'M parameters (paper)', 'GFLOP', 'forward ms', f'times {first}',
            'fps (paper)', 'end to end ms', f'times {first}', 'memory GB (paper)', 'AP (paper)',
            'AP_gt (paper)']


def cells(rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Return the table's cells."""
    table = []
    for row in rows:
        paper = paper_row(row)
        table.append([
            row['network'], row['size'],
            _beside(f'{row["parameters"] / 1e6:.2f}', PARAMETERS_M.get(row['network'])),
            _number(row['flops'], '.2f', 1e9), _time(row['forward'], FULL),
            _number(row['times_first']['forward'], '.3g'),
            _beside(_number(row['fps'], '.3g'), paper.fps if paper else None),
            _time(row['end_to_end'], '-'), _number(row['times_first']['end_to_end'], '.3g'),
            _beside(_memory(row), paper.memory_gb if paper else None, '.2f'),
            _beside(_number(row.get('ap'), '.3f'), paper.ap if paper else None, '.2f'),
            _beside(_number(row.get('ap_gt'), '.3f'), paper.ap_gt if paper else None, '.2f')])
    return table


def draw(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """
    Draw accuracy against speed where there is accuracy, otherwise speed against parameters.

    :param path: of the picture.
    :param rows: as the benchmark writes them; what ran out of memory is left out.
    """
    rows = [row for row in rows if row['forward']]
    scored = [row for row in rows if row.get('ap') is not None]
    with picture(path, 1, (6, 4)) as axes:
        for number, name in enumerate(dict.fromkeys(row['network'] for row in rows)):
            colour = f'C{number}'
            own = [row for row in scored or rows if row['network'] == name]
            if scored:
                axes.plot([row['fps'] for row in own], [row['ap'] for row in own], 'o-',
                          color=colour, label=name)
                paper = [one for (network, _), one in TABLE2.items() if network == name]
                axes.plot([one.fps for one in paper], [one.ap for one in paper], 'o--',
                          color=colour, markerfacecolor='none', alpha=0.5)
            else:
                axes.plot([row['parameters'] / 1e6 for row in own],
                          [1e3 * row['forward']['median_s'] for row in own], 'o', color=colour)
            for row in own:
                at = ((row['fps'], row['ap']) if scored else
                      (row['parameters'] / 1e6, 1e3 * row['forward']['median_s']))
                axes.annotate(row['size'] if scored else f'{name} {row["size"]}', at,
                              xytext=(0, 6 if number % 2 else -14), ha='center', color=colour,
                              textcoords='offset points', fontsize='x-small')
        axes.margins(0.18)
        if scored:
            axes.set(xscale='log', xlabel='frames per second (open circles: the paper, Titan X)',
                     ylabel='AP')
            axes.legend(frameon=False)
        else:
            axes.set(xscale='log', yscale='log', xlabel='parameters, millions',
                     ylabel='forward pass, milliseconds')


def _beside(own: str, paper: float | None, digits: str = 'g') -> str:
    return f'{own} (-)' if paper is None else f'{own} ({paper:{digits}})'


def _number(value: float | None, digits: str, unit: float = 1) -> str:
    return '-' if value is None else f'{value / unit:{digits}}'


def _memory(row: Mapping[str, Any]) -> str:
    full = row['forward'] and row['out_of_memory'] and row['memory_bytes'] is None
    return FULL if full else _number(row['memory_bytes'], '.2f', 1e9)


def _time(times: Mapping[str, Any] | None, missing: str) -> str:
    return missing if times is None else str(times['text'])
