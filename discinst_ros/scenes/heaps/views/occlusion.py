# SPDX-License-Identifier: Apache-2.0
"""Who occludes whom: whose pixels show another object that stands before it."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.scenes.heaps.surface import Points
from discinst_ros.scenes.heaps.views.camera import Camera
from discinst_ros.scenes.heaps.views.renderer import Renderer
import numpy as np
import numpy.typing as npt

_MARGIN_PX = 2


@dataclass(frozen=True)
class Occlusion:
    """Pixels in which an object would be seen if it were alone, and another one is."""

    #: Label of the object in front, and of the one behind.
    over: int
    under: int
    pixels: int


def find_occlusions(renderer: Renderer, camera: Camera, seen: npt.NDArray[np.int32],
                    geoms: dict[int, tuple[int, ...]], corners: dict[int, Points]
                    ) -> tuple[list[Occlusion], dict[int, int]]:
    """
    Return the occlusions, and of each label the pixels that it would have alone.

    :param seen: H×W labels of all visible objects, 0 = none.
    :param geoms: label -> its geoms.
    :param corners: label -> 8×3 corners of its bounding box, in the camera optical frame.
    """
    boxes = {label: _image_box(points, camera) for label, points in corners.items()}
    labels = {geom: label for label, some in geoms.items() for geom in some}
    table = np.zeros(max(labels, default=0) + 2, np.int32)
    for geom, label in labels.items():
        table[geom] = label
    occlusions, whole = [], {}
    for group in _apart(boxes):
        # -1, nothing, is the last of the table
        alone = table[renderer.geoms_alone(
            geom for label in group for geom in geoms[label])]
        for label in group:
            x0, y0, x1, y1 = boxes[label]
            window = np.s_[max(y0, 0):max(y1, 0), max(x0, 0):max(x1, 0)]
            own = alone[window] == label
            whole[label] = int(own.sum())
            for over, count in zip(*np.unique(seen[window][own], return_counts=True)):
                if over not in (0, label):
                    occlusions.append(Occlusion(int(over), label, int(count)))
    return sorted(occlusions, key=lambda one: (one.over, one.under)), whole


def _image_box(points: Points, camera: Camera) -> tuple[int, int, int, int]:
    """Return the box of a projection, half-open; the whole image where a corner is behind."""
    one = camera.intrinsics
    if (points[:, 2] < 0.05).any():
        return 0, 0, one.width, one.height
    x = points[:, 0] / points[:, 2] * one.fx + one.cx
    y = points[:, 1] / points[:, 2] * one.fy + one.cy
    return (int(np.floor(x.min())) - _MARGIN_PX, int(np.floor(y.min())) - _MARGIN_PX,
            int(np.ceil(x.max())) + _MARGIN_PX, int(np.ceil(y.max())) + _MARGIN_PX)


def _apart(boxes: dict[int, tuple[int, int, int, int]]) -> list[list[int]]:
    """Divide labels into groups whose boxes do not touch: each group is drawn at once."""
    groups: list[list[int]] = []
    for label, (x0, y0, x1, y1) in boxes.items():
        for group in groups:
            if all(x1 <= boxes[k][0] or boxes[k][2] <= x0 or y1 <= boxes[k][1]
                   or boxes[k][3] <= y0 for k in group):
                group.append(label)
                break
        else:
            groups.append([label])
    return groups
