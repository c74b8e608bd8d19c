# SPDX-License-Identifier: Apache-2.0
"""The embeddings of an image as points on a plane, with what the margins of the loss ask for."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.visualization.colours import label_colours, Labels
from discinst_ros.visualization.projection import Points, Projection
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.lines import Line2D
import numpy as np


@dataclass(frozen=True)
class Separation:
    """How far the embeddings of an image fulfil the margins, in all dimensions."""

    #: Share of the pixels, each instance weighing the same, within delta_v of their mean.
    within: float
    #: Share of the pairs of instances whose means are 2·delta_d apart; NaN without a pair.
    apart: float


def instance_means(points: Points, labels: Labels) -> Points:
    """Return N×D, the mean of the points of each label, labels ascending."""
    _, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.zeros((len(count), points.shape[1]))
    np.add.at(means, index, points)
    return means / count[:, None]


def separation(points: Points, labels: Labels, *, delta_v: float, delta_d: float) -> Separation:
    """
    Measure how far embeddings fulfil the margins of the loss.

    :param points: M×D.
    :param labels: (M,), which instance each belongs to.
    """
    means = instance_means(points, labels)
    _, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    inside = np.linalg.norm(points - means[index], axis=1) <= delta_v
    first, second = np.triu_indices(len(means), 1)
    gaps = np.linalg.norm(means[first] - means[second], axis=1)
    return Separation(
        float((np.bincount(index, inside, len(count)) / count).mean()) if len(count) else np.nan,
        float((gaps >= 2 * delta_d).mean()) if len(gaps) else np.nan)


def draw_scatter(axes: Axes, points: Points, labels: Labels, projection: Projection, *,
                 delta_v: float, delta_d: float) -> None:
    """
    Draw embeddings, the mean of each instance, and circles of delta_v and delta_d around it.

    A projection shortens distances: balls that do not touch in all dimensions may overlap here.
    A point that lies outside of its circle, however, is outside of the ball, too.

    :param axes: to draw on.
    :param points: M×D.
    :param labels: (M,), which instance each belongs to; it has the colour of its label.
    :param projection: onto two axes.
    :param delta_v: radius of the inner circle, which the loss pulls the points into.
    :param delta_d: radius of the outer circle; the loss pushes until no two overlap.
    """
    flat = projection(points)
    means = projection(instance_means(points, labels))
    colours = label_colours(np.unique(labels)) / 255
    axes.scatter(flat[:, 0], flat[:, 1], s=3, c=label_colours(labels) / 255, alpha=0.5,
                 linewidths=0)
    for radius, style, width in ((delta_v, '-', 1.3), (delta_d, ':', 0.9)):
        axes.add_collection(EllipseCollection(
            [2 * radius], [2 * radius], [0], units='xy', offsets=means,
            offset_transform=axes.transData, facecolors='none', edgecolors=colours,
            linestyles=style, linewidths=width))
    axes.scatter(means[:, 0], means[:, 1], s=22, c=colours, edgecolors='black', linewidths=0.8,
                 zorder=3)
    _fit(axes, np.concatenate([means - delta_d, means + delta_d, flat]))
    axes.legend(handles=[
        Line2D([], [], color='grey', linestyle='-', label=f'delta_v {delta_v:g}'),
        Line2D([], [], color='grey', linestyle=':', label=f'delta_d {delta_d:g}')],
        loc='upper right', fontsize='x-small', framealpha=0.8)
    axes.tick_params(labelsize='x-small')


def _fit(axes: Axes, points: Points) -> None:
    """Show all points, with one scale for both directions, so that circles are round."""
    if not len(points):
        points = np.array([[-1.0, -1.0], [1.0, 1.0]])
    low, high = points.min(axis=0), points.max(axis=0)
    room = axes.get_window_extent()
    sides = np.array([room.width, room.height])
    scale = ((high - low) / sides).max() * 1.04
    middle, reach = (low + high) / 2, scale * sides / 2
    axes.set_xlim(middle[0] - reach[0], middle[0] + reach[0])
    axes.set_ylim(middle[1] - reach[1], middle[1] + reach[1])
