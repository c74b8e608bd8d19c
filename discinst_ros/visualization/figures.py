# SPDX-License-Identifier: Apache-2.0
"""Figures without a window and without state that others share."""

from __future__ import annotations

from discinst_ros.visualization.colours import RgbImage
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
import numpy as np

#: Pixels per inch of every figure.
DPI = 100


def new_figure(width_px: int, height_px: int) -> Figure:
    """Return an empty figure of that size."""
    figure = Figure(figsize=(width_px / DPI, height_px / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def to_rgb(figure: Figure) -> RgbImage:
    """Return the figure as H×W×3 uint8."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()  # type: ignore[no-untyped-call]
    rgba = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return np.array(rgba[..., :3])
