# SPDX-License-Identifier: Apache-2.0
"""The plots of an evaluation, as PNG files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from discinst_ros.evaluation.calibration import Reliability
from discinst_ros.optional import needed
import numpy as np


def plot_reliability(path: Path, curves: Mapping[str, Reliability]) -> None:
    """
    Draw reliability curves, and below them how many masks each bin has.

    :raises MissingPackage: where matplotlib is not installed.
    """
    with _figure(path, 2, 1, (5, 5.6), height_ratios=(3, 1), sharex=True) as (upper, lower):
        upper.plot((0, 1), (0, 1), color='0.7', linestyle='--', linewidth=1)
        for number, (name, curve) in enumerate(curves.items()):
            there = curve.count > 0
            upper.plot(curve.score[there], curve.good[there], marker='o', markersize=4,
                       label=f'{name}: ECE {curve.expected_error:.3f}')
            edges = np.linspace(0, 1, len(curve.count) + 1)
            width = (edges[1] - edges[0]) * 0.8 / len(curves)
            lower.bar(edges[:-1] + (edges[1] - edges[0]) * 0.1 + width * (number + 0.5),
                      curve.count, width)
        upper.set(xlim=(0, 1), ylim=(0, 1), ylabel='share of good masks (IoU > 0.75)')
        upper.legend(loc='upper left', frameon=False)
        lower.set(xlabel='score', ylabel='masks')


def plot_sweep(path: Path, sweeps: Mapping[str, Mapping[float, Mapping[str, float]]],
               used: Mapping[str, float], figures: Sequence[str]) -> None:
    """
    Draw how figures change with each setting.

    :param sweeps: figures by setting and value.
    :param used: the value of each setting that the checkpoint stands for.
    :param figures: names of the figures to draw.
    :raises MissingPackage: where matplotlib is not installed.
    """
    with _figure(path, 1, len(sweeps), (4 * len(sweeps), 3.4), sharey=True) as axes:
        for axis, (setting, results) in zip(axes, sweeps.items(), strict=True):
            for name in figures:
                axis.plot(list(results), [result[name] for result in results.values()],
                          marker='o', markersize=4, label=name)
            axis.axvline(used[setting], color='0.7', linestyle='--', linewidth=1)
            axis.set(xlabel=setting, ylim=(0, 1))
        axes[0].legend(loc='lower left', frameon=False)


@contextmanager
def _figure(path: Path, rows: int, columns: int, size: tuple[float, float], **how: Any
            ) -> Iterator[Any]:
    """Make the axes of a figure, write it at the end."""
    needed('matplotlib', 'matplotlib')
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout='constrained')
    yield figure.subplots(rows, columns, **how)
    figure.savefig(path, dpi=110)
