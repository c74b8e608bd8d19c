# SPDX-License-Identifier: Apache-2.0
"""A bin being emptied, as a moving picture or as a strip of pictures: one for each pick."""

from __future__ import annotations

from dataclasses import dataclass, field
import math
from pathlib import Path

import cv2
from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.geometry.camera import project
from discinst_ros.instances import Instances, Intrinsics
from discinst_ros.picking.places import Place
from discinst_ros.visualization.colours import RgbImage
from discinst_ros.visualization.matching import match_labels
from discinst_ros.visualization.overlay import draw_labels
from imgviz import draw
import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

_PANEL_PX, _CAPTION_PX, _TEXT_PX = 320, 26, 15
#: Time that each picture of a film is shown, and the last one.
_FRAME_MS, _LAST_MS = 1200, 3000
#: Colours of a film: more of them are grain, which is most of its size.
_COLOURS = 192
_COLUMNS = 2
_CIRCLE = np.linspace(0, math.tau, 33)
_WHITE, _BLACK = (255, 255, 255), (20, 20, 20)


@dataclass
class Film:
    """Pictures of one bin, in their order."""

    cup_radius_m: float
    frames: list[RgbImage] = field(default_factory=list)

    def add(self, sample: Sample, found: Instances, place: Place | None, text: str) -> None:
        """
        Add what the camera saw, what was found in it, and where the cup went.

        :param found: a found object has the colour of the true one that it covers best, so that
            its colour stays.
        :param place: None where nothing was picked.
        """
        masks = draw_labels(sample.image, match_labels(found.label_image, labels_of(sample)))
        assert sample.intrinsics is not None
        if place is not None:
            _draw_cup(masks, place, self.cup_radius_m, sample.intrinsics)
        height = round(_PANEL_PX * masks.shape[0] / masks.shape[1])
        both = np.concatenate([cv2.resize(one, (_PANEL_PX, height), interpolation=cv2.INTER_AREA)
                               for one in (sample.image, masks)], axis=1)
        canvas = Image.new('RGB', (both.shape[1], height + _CAPTION_PX), _BLACK)
        canvas.paste(Image.fromarray(np.asarray(both, np.uint8)))
        draw.text_(canvas, (height + (_CAPTION_PX - _TEXT_PX) / 2 - 2, 8), text, _TEXT_PX, _WHITE)
        self.frames.append(np.array(canvas))

    def write(self, path: Path) -> None:
        """
        Write a film where the name ends in .gif, a strip where it ends in .png or .jpg.

        :raises OSError: where that cannot be.
        :raises ValueError: for any other name.
        """
        if path.suffix.lower() == '.gif':
            first, *rest = _with_one_palette(self.frames)
            first.save(path, save_all=True, append_images=rest, loop=0, optimize=True,
                       duration=[_FRAME_MS] * len(rest) + [_LAST_MS])
        else:
            Image.fromarray(_strip(self.frames)).save(path)


def check_film(path: Path) -> None:
    """
    Refuse what no film can be written as, before any work is done.

    :raises ValueError: with the sentence that says so.
    """
    if path.suffix.lower() not in ('.gif', '.png', '.jpg'):
        raise ValueError(f'--film {path}: expected a name that ends in .gif, .png or .jpg')
    if not path.absolute().parent.is_dir():
        raise ValueError(f'--film {path}: there is no folder {path.parent}')


def _draw_cup(picture: RgbImage, place: Place, radius_m: float, intrinsics: Intrinsics) -> None:
    """Draw the rim of the cup, and its axis as long as the cup is wide."""
    axes = Rotation.from_quat(place.quaternion).as_matrix()
    around = np.stack([np.cos(_CIRCLE), np.sin(_CIRCLE)], axis=1) @ axes[:, :2].T
    rim = place.position + radius_m * around
    axis = np.stack([place.position, place.position + 2 * radius_m * axes[:, 2]])
    for line in (rim, axis):
        corners = [project(line, intrinsics).round().astype(np.int32)]
        for ink, width in ((_BLACK, 5), (_WHITE, 2)):
            cv2.polylines(picture, corners, False, ink, width, cv2.LINE_AA)


def _with_one_palette(frames: list[RgbImage]) -> list[Image.Image]:
    """Return pictures of the same few colours, so that nothing flickers."""
    palette = Image.fromarray(np.concatenate(frames)).quantize(_COLOURS)
    return [Image.fromarray(one).quantize(palette=palette, dither=Image.Dither.NONE)
            for one in frames]


def _strip(frames: list[RgbImage]) -> RgbImage:
    """Return all frames in rows of :data:`_COLUMNS`."""
    blank = [np.zeros_like(frames[0])] * (-len(frames) % _COLUMNS)
    padded = [*frames, *blank]
    return np.concatenate([np.concatenate(padded[k:k + _COLUMNS], axis=1)
                           for k in range(0, len(padded), _COLUMNS)])
