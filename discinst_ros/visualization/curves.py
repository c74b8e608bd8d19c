# SPDX-License-Identifier: Apache-2.0
"""Curves of a training: one panel for each quantity, training and validation in the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from discinst_ros.visualization.figures import new_figure
from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np

#: A quantity's values: pairs of step and value, steps ascending.
Series = Sequence[tuple[int, float]]

_COLUMNS = 3
_PANEL_PX = (400, 260)
#: Quantities in the order of the panels; others follow by name.
_ORDER = ('loss', 'variance', 'distance', 'regularization', 'cross_entropy', 'dice')
#: Where values span more than this factor, the axis is logarithmic; not that of the learning
#: rate, whose ramps are straight.
_WIDE = 10.0
#: The bold line through noisy training values averages over this share of them.
_SMOOTH = 0.1
_TRAIN, _VALIDATION = '#3b76af', '#d1642b'


def draw_curves(history: Mapping[str, Series]) -> Figure:
    """
    Draw every quantity over the steps.

    :param history: by name; ``train/NAME`` and ``val/NAME`` share a panel, a name without slash
        has its own.
    """
    names = sorted({name.rpartition('/')[2] for name in history}, key=_place)
    rows = max(1, ceil(len(names) / _COLUMNS))
    figure = new_figure(_COLUMNS * _PANEL_PX[0], rows * _PANEL_PX[1])
    for number, name in enumerate(names):
        axes = figure.add_subplot(rows, _COLUMNS, number + 1)
        _draw_panel(axes, name, history)
    figure.tight_layout()
    return figure


def smoothed(values: Sequence[float]) -> list[float]:
    """Return the mean over a window around each value, narrower at both ends."""
    reach = int(len(values) * _SMOOTH / 2)
    return [float(np.mean(values[at - side:at + side + 1])) for at in range(len(values))
            for side in (min(reach, at, len(values) - 1 - at),)]


def _place(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def _draw_panel(axes: Axes, name: str, history: Mapping[str, Series]) -> None:
    seen: list[float] = []
    for part, colour in (('train/', _TRAIN), ('val/', _VALIDATION), ('', _TRAIN)):
        series = history.get(part + name)
        if not series:
            continue
        steps, values = [step for step, _ in series], [value for _, value in series]
        seen += values
        label = {'train/': 'training', 'val/': 'validation'}.get(part)
        if part == 'val/':
            axes.plot(steps, values, '.-', color=colour, label=label)
        else:
            axes.plot(steps, smoothed(values), color=colour, label=label)
        if part == 'train/':
            axes.plot(steps, values, color=colour, alpha=0.25, linewidth=0.8)
    finite = [value for value in seen if np.isfinite(value)]
    if finite and name != 'learning_rate' and max(finite) > _WIDE * min(finite) > 0:
        axes.set_yscale('log')
    axes.set_title(name.replace('_', ' '), fontsize='medium')
    axes.set_xlabel('step', fontsize='small')
    axes.tick_params(labelsize='small')
    axes.grid(alpha=0.25)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize='small')
