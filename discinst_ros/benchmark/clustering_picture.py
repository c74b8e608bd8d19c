# SPDX-License-Identifier: Apache-2.0
"""The picture of the clustering benchmark: how the time grows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from discinst_ros.benchmark.results import picture


def draw(path: Path, rows: Sequence[dict[str, Any]], growths: tuple[str, str]) -> None:
    """
    Draw the time of each clustering over the foreground pixels, and over the number of objects.

    :param path: of the picture.
    :param rows: as the benchmark writes them.
    :param growths: the two kinds of rows, by what grows.
    """
    with picture(path, 2, (8, 3.6)) as axes:
        for axis, growth, over, label in zip(
                axes, growths, ('foreground_px', 'objects'),
                ('foreground pixels', 'objects at about as many pixels')):
            some = sorted((row for row in rows if row['growth'] == growth),
                          key=lambda row: row[over])
            for name in rows[0]['methods']:
                axis.plot([row[over] for row in some],
                          [1e3 * row['methods'][name]['median_s'] for row in some], 'o-',
                          label=name)
            there = sorted({row[over] for row in some})
            axis.set(xscale='log', yscale='log', xlabel=label, ylabel='milliseconds, medians',
                     xticks=there, xticklabels=[f'{value:,}' for value in there])
            axis.minorticks_off()
        axes[0].legend(frameon=False)
