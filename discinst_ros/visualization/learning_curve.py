# SPDX-License-Identifier: Apache-2.0
"""How good a training becomes over the number of its images."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure


def draw_learning_curve(curve: Mapping[int, Mapping[str, float]],
                        meaning: Mapping[str, str]) -> Figure:
    """
    Draw figures over the number of images, which is on a logarithmic axis.

    :param curve: the figures, 0 to 1, by the number of images; 0 is the start, drawn as a level.
    :param meaning: what is drawn, by the name of the figure.
    """
    figure = Figure(figsize=(6, 4), layout='constrained')
    axes = figure.subplots()
    counts = sorted(count for count in curve if count)
    for number, (name, text) in enumerate(meaning.items()):
        colour = f'C{number}'
        axes.plot(counts, [curve[count][name] for count in counts], 'o-', color=colour,
                  label=text)
        if 0 in curve:
            axes.axhline(curve[0][name], color=colour, linestyle=':',
                         label=f'{text}, weights at the start')
    axes.set(xscale='log', xticks=counts, xticklabels=map(str, counts), ylim=(0, 1),
             xlabel='labelled images')
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
