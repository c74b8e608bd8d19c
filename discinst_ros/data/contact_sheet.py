# SPDX-License-Identifier: Apache-2.0
"""A page of small pictures: what a dataset looks like, with its instances."""

from __future__ import annotations

import cv2
from discinst_ros.data.sample import Sample
from discinst_ros.inference.regions import as_instances
from discinst_ros.visualization import draw_overlay
from discinst_ros.visualization.colours import RgbImage
from imgviz import draw, tile
import numpy as np
from PIL import Image

#: Pictures on a page.
PICTURES = 24
_COLUMNS = 4
#: Wider or taller ones become smaller, so that a page stays one.
_WIDTH_PX, _HEIGHT_PX, _CAPTION_PX = 400, 800, 22
_PAPER, _INK = (250, 250, 250), (25, 25, 25)
#: Pixels to ignore are crossed by lines this far apart.
_HATCH_PX = 8


class ContactSheet:
    """Picks samples evenly from a dataset and keeps a small picture of each."""

    def __init__(self, samples: int) -> None:
        """Choose from so many samples."""
        self._chosen = set(np.linspace(0, samples - 1, PICTURES).round().astype(int).tolist())
        self._pictures: list[RgbImage] = []

    @property
    def chosen(self) -> list[int]:
        """The samples that are drawn."""
        return sorted(self._chosen)

    def add(self, index: int, sample: Sample) -> None:
        """Draw a sample if it is one of those chosen."""
        if index in self._chosen:
            self._pictures.append(draw_thumbnail(sample))

    def page(self) -> RgbImage | None:
        """Return the page; None where no sample could be read."""
        if not self._pictures:
            return None
        page: RgbImage = tile(self._pictures, col=min(_COLUMNS, len(self._pictures)),
                              row=-(-len(self._pictures) // _COLUMNS), cval=_PAPER, border=_PAPER,
                              border_width=6)
        return page


def draw_thumbnail(sample: Sample) -> RgbImage:
    """Return a small picture of a sample: instances in colours, ignored pixels hatched."""
    height, width = sample.image.shape[:2]
    scale = min(_WIDTH_PX / width, _HEIGHT_PX / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = np.asarray(cv2.resize(sample.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    caption = sample.name
    if sample.labels is not None:
        labels = cv2.resize(sample.labels.astype(np.float64), size,
                            interpolation=cv2.INTER_NEAREST).astype(np.int32)
        ids = np.unique(sample.labels[sample.labels > 0])
        numbers = np.where(labels > 0, np.searchsorted(ids, labels) + 1, 0)
        picture = draw_overlay(picture, as_instances(numbers.astype(np.uint16)))
        rows, columns = np.indices(labels.shape)
        picture[(labels < 0) & ((rows + columns) % _HATCH_PX < 2)] = _PAPER
        caption += f': {len(ids)}'
    canvas = Image.new('RGB', (_WIDTH_PX, size[1] + _CAPTION_PX), _PAPER)
    canvas.paste(Image.fromarray(picture), ((_WIDTH_PX - size[0]) // 2, _CAPTION_PX))
    draw.text_(canvas, (3, 2), caption, _CAPTION_PX - 8, _INK)
    return np.array(canvas)
