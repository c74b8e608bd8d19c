# SPDX-License-Identifier: Apache-2.0
"""One image on one sheet: input, truth, what was found, and the embeddings behind it."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.visualization.colours import Labels, RgbImage
from discinst_ros.visualization.embedding import embedding_colours
from discinst_ros.visualization.figures import new_figure, to_rgb
from discinst_ros.visualization.matching import match_labels
from discinst_ros.visualization.overlay import draw_labels
from discinst_ros.visualization.projection import balanced_pixels, Points, Projection
from discinst_ros.visualization.scatter import draw_scatter, separation
from matplotlib.figure import Figure
import numpy as np

_PANEL_PX, _TITLE_PX, _GAP_PX = 400, 26, 8
#: Space for the numbers at the axes of the scatter, pixels.
_TICKS_PX = 26


@dataclass(frozen=True)
class View:
    """An image and what a network makes of it, all of one size."""

    #: H×W×3 uint8 RGB.
    image: RgbImage
    #: H×W, 0 = background, negative = ignore.
    truth: Labels
    #: H×W, 0 = background.
    found: Labels
    #: H×W×D, finite.
    embeddings: Points
    #: Margins of the loss.
    delta_v: float
    delta_d: float


def draw_sheet(view: View, colours: Projection, plane: Projection, *,
               found_title: str = 'found') -> RgbImage:
    """
    Draw image, true and found instances, embeddings as colours and as a scatter.

    :param view: what is drawn; a found object has the colour of the true one it covers best.
    :param colours: onto three axes, for the embeddings as colours.
    :param plane: onto two axes, for the scatter.
    :param found_title: above the found instances.
    """
    height, width = view.image.shape[:2]
    row_px = min(max(round(_PANEL_PX * height / width), _PANEL_PX // 2), 2 * _PANEL_PX)
    figure = new_figure(3 * _PANEL_PX + 4 * _GAP_PX, 2 * (row_px + _TITLE_PX) + 2 * _GAP_PX)
    count = len(np.unique(view.truth[view.truth > 0]))
    found = match_labels(view.found, view.truth)
    picture = embedding_colours(view.embeddings, view.truth > 0, colours, unit=view.delta_d)
    for place, title, panel in (
            (0, 'image', view.image), (1, f'truth: {count}', draw_labels(view.image, view.truth)),
            (2, found_title, draw_labels(view.image, found)),
            (3, 'embedding as colour', picture)):
        axes = figure.add_axes(_box(figure, place, row_px))
        axes.imshow(panel, interpolation='antialiased', aspect='equal')
        axes.set_axis_off()
        axes.set_title(title, fontsize='medium', pad=5)
    axes = figure.add_axes(_box(figure, 4, row_px, columns=2, ticks_px=_TICKS_PX))
    pixels = balanced_pixels(view.truth)
    points = view.embeddings.reshape(-1, view.embeddings.shape[-1])[pixels]
    labels = view.truth.ravel()[pixels]
    margins = {'delta_v': view.delta_v, 'delta_d': view.delta_d}
    draw_scatter(axes, points, labels, plane, **margins)
    share = separation(points, labels, **margins)
    apart = f', {share.apart:.0%} of pairs 2·delta_d apart' if count > 1 else ''
    axes.set_title(f'{share.within:.0%} of pixels within delta_v{apart}' if count
                   else 'no instance', fontsize='medium', pad=5)
    return to_rgb(figure)


def _box(figure: Figure, place: int, row_px: int, columns: int = 1,
         ticks_px: int = 0) -> tuple[float, float, float, float]:
    """Return left, bottom, width and height, as shares of the figure, of a panel by number."""
    total = figure.get_size_inches() * figure.dpi
    row, column = divmod(place, 3)
    left = _GAP_PX + column * (_PANEL_PX + _GAP_PX) + ticks_px
    bottom = _GAP_PX + (1 - row) * (row_px + _TITLE_PX) + ticks_px
    width = columns * (_PANEL_PX + _GAP_PX) - _GAP_PX - ticks_px
    return (left / total[0], bottom / total[1], width / total[0], (row_px - ticks_px) / total[1])
