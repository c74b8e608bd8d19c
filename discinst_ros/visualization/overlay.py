# SPDX-License-Identifier: Apache-2.0
"""A picture of what was found: every object tinted, outlined and numbered."""

from __future__ import annotations

import cv2
from discinst_ros.geometry.camera import project
from discinst_ros.instances import Instance, Instances, Intrinsics, ObjectPose
from discinst_ros.visualization.colours import label_colours, Labels, RgbImage
from imgviz import draw
import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial.transform import Rotation

#: Share of the label's colour inside an object.
_TINT = 0.45
#: Shares of brightness and of colour that the background keeps, so that objects stand out.
_BRIGHT, _COLORFUL = 0.7, 0.4
#: Smallest and largest height of the numbers, as shares of the image's height.
_TEXT = (1 / 26, 1 / 15)
_UNKNOWN = (110, 110, 110)
_LIGHT, _DARK = (255, 255, 255), (15, 15, 15)
#: Axes are drawn in the colours everyone knows: x red, y green, z blue.
_AXES = ((255, 60, 60), (60, 230, 80), (70, 130, 255))


def draw_overlay(
    rgb: RgbImage, instances: Instances, intrinsics: Intrinsics | None = None,
) -> RgbImage:
    """
    Draw the instances onto their image.

    :param rgb: H×W×3 uint8, the image they were found in.
    :param instances: of this image; a label has the same colour in every picture.
    :param intrinsics: of the image; with them the axes of each pose are drawn, too: x red, y
        green, z, towards the camera, blue.
    :return: H×W×3 uint8.
    """
    labels = instances.label_image
    picture, thickness = draw_labels(rgb, labels), _thickness(labels)
    for instance in instances.instances:
        if intrinsics is not None and instance.pose is not None:
            _draw_axes(picture, instance.pose, intrinsics, thickness)
    canvas = Image.fromarray(picture)
    for instance in instances.instances:
        _draw_number(canvas, instance, labels)
    return np.array(canvas)


def draw_labels(rgb: RgbImage, labels: Labels) -> RgbImage:
    """
    Tint and outline every object of a label image, and fade the rest.

    :param rgb: H×W×3 uint8.
    :param labels: H×W; 0 = background. What is below 0, of which nobody knows what it is, turns
        into a plain grey.
    :return: H×W×3 uint8.
    """
    colours = label_colours(labels)
    picture = np.where((labels > 0)[..., None], cv2.addWeighted(rgb, 1 - _TINT, colours, _TINT, 0),
                       _faded(rgb))
    picture[labels < 0] = _UNKNOWN
    outline = _outline(labels, _thickness(labels))
    picture[outline] = colours[outline]
    return np.asarray(picture, dtype=np.uint8)


def _thickness(labels: Labels) -> int:
    """Return how many pixels wide lines are in a picture of this size."""
    return max(1, int(round(min(labels.shape) / 300)))


def _faded(rgb: RgbImage) -> RgbImage:
    """Return the image darker and greyer."""
    grey = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(
        rgb, _BRIGHT * _COLORFUL, grey, _BRIGHT * (1 - _COLORFUL), 0), dtype=np.uint8)


def _outline(labels: Labels, thickness: int) -> npt.NDArray[np.bool_]:
    """Tell which pixels of the objects are at most so many pixels from another label."""
    window = np.ones((2 * thickness + 1,) * 2, dtype=np.uint8)
    if labels.dtype != np.uint16:
        labels = labels.astype(np.float64)  # OpenCV knows no 32 and 64 bit integers here
    return np.asarray((labels > 0) & (
        (cv2.dilate(labels, window) != labels) | (cv2.erode(labels, window) != labels)))


def _draw_number(canvas: Image.Image, instance: Instance,
                 labels: npt.NDArray[np.uint16]) -> None:
    """Write the label where the object is widest."""
    x0, y0, x1, y1 = instance.box
    inside = np.pad((labels[y0:y1, x0:x1] == instance.label).astype(np.uint8), 1)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    smallest, largest = (canvas.height * share for share in _TEXT)
    size = max(9, round(min(max(1.3 * float(depth.max()), smallest), largest)))
    text = str(instance.label)
    height, width = draw.text_size(text, size)
    top, left = y0 + int(row) - 1 - height / 2, x0 + int(column) - 1 - width / 2
    top, left = (min(max(at, 1), room - 1 - length) for at, room, length in (
        (top, canvas.height, height), (left, canvas.width, width)))
    for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1)):
        draw.text_(canvas, (top + down, left + right), text, size, _DARK)
    draw.text_(canvas, (top, left), text, size, _LIGHT)


def _draw_axes(picture: RgbImage, pose: ObjectPose, intrinsics: Intrinsics,
               thickness: int) -> None:
    """Draw the box's axes from its centre: x and y to its sides, z half as long as x."""
    length_m = pose.size / 2
    length_m[2] = length_m[0] / 2
    tips = pose.position + (Rotation.from_quat(pose.quaternion).as_matrix() * length_m).T
    centre, *ends = project(np.stack([pose.position, *tips]), intrinsics)
    shift = 4  # cv2 takes fixed-point numbers: 1/16 pixel
    for end, colour in zip(ends, _AXES, strict=True):
        if np.isfinite([centre, end]).all() and np.abs([centre, end]).max() < 1e5:
            start, stop = ((np.array([centre, end]) * 2 ** shift).round().astype(int)).tolist()
            for ink, width in ((_DARK, thickness + 1), (colour, thickness)):
                cv2.line(picture, start, stop, ink, width, cv2.LINE_AA, shift)
