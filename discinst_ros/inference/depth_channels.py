# SPDX-License-Identifier: Apache-2.0
"""
Depth as channels of a network's input, in encodings that the distance of the camera leaves alone.

All are relative to the median depth of the image, and what has no depth is 0 in all of them; the
last channel tells the two apart.

Normals come from inverse depth, which on a plane is an affine function of the pixel: with
1/Z = a·u + b·v + c on the image plane (u, v) = ((x - cx)/fx, (y - cy)/fy), the plane's normal is
along (a, b, c). So its slopes alone are needed, smoothed over what has depth.
"""

from __future__ import annotations

from discinst_ros.model_config import DepthEncoding
import torch
from torch import Tensor
from torch.nn import functional

#: A tenth of the distance is about what separates an object from the table it stands on: with
#: this factor it is as large as the differences of colours are.
_GAIN = 5.0
#: Distances beyond these factors of the median, and points as far aside, are all the same.
_FARTHEST = 2.0
#: Pixels on a side over which inverse depth is averaged, and least share that must have depth.
_WINDOW = 5
_LEAST_SHARE = 0.3


def depth_channels(depth: Tensor, cameras: Tensor, encoding: DepthEncoding) -> Tensor:
    """
    Encode depth images.

    :param depth: B×H×W float metres along the optical axis; what is not finite or not above 0 is
        no depth.
    :param cameras: B×4 float: fx, fy, cx and cy, in pixels of these images.
    :return: B×C×H×W float32, C of :data:`~discinst_ros.model_config.DEPTH_CHANNELS`.
    """
    valid = depth.isfinite() & (depth > 0)
    typical = depth.masked_fill(~valid, torch.nan).flatten(1).nanmedian(dim=1).values
    typical = typical.nan_to_num(nan=1.0)[:, None, None]
    distance = torch.where(valid, depth / typical, 1.0).clamp(1 / _FARTHEST, _FARTHEST)
    known = valid.float()
    if encoding == 'distance':
        return torch.stack((distance.log() * _GAIN, known), dim=1)
    across, down = _image_plane(depth.shape, cameras)
    if encoding == 'points':
        points = (distance * across, distance * down, distance * valid - known)
        return torch.stack((*(one * known for one in points[:2]), points[2] * _GAIN, known), dim=1)
    normals = _normals(distance, valid, cameras, across, down)
    return torch.stack((distance.log() * _GAIN, *normals.unbind(1), known), dim=1)


def _image_plane(shape: torch.Size, cameras: Tensor) -> tuple[Tensor, Tensor]:
    """Return u (B×1×W) and v (B×H×1) of the pixels."""
    fx, fy, cx, cy = cameras.T[..., None, None]
    across = (torch.arange(shape[2], device=cameras.device) - cx) / fx
    down = (torch.arange(shape[1], device=cameras.device)[:, None] - cy) / fy
    return across, down


def _normals(distance: Tensor, valid: Tensor, cameras: Tensor, across: Tensor,
             down: Tensor) -> Tensor:
    """Return unit normals towards the camera, B×3×H×W, 0 where there are none."""
    inverse, share = _averaged(torch.where(valid, 1 / distance, 0.0), valid.float())
    enough = share >= _LEAST_SHARE
    # Slopes over two pixels, where both ends are known.
    right, known_right = _slope(inverse, enough, dim=2)
    below, known_below = _slope(inverse, enough, dim=1)
    a, b = right * cameras[:, 0, None, None], below * cameras[:, 1, None, None]
    c = inverse - a * across - b * down
    # Several times faster than functional.normalize over three channels
    length = (a * a + b * b + c * c).clamp(min=1e-12).rsqrt()
    known = valid & known_right & known_below
    return torch.stack((a, b, c), dim=1) * torch.where(known, -length, 0.0)[:, None]


def _averaged(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean over a window of what has a weight, and the share of it that has."""
    sums, weight = _window_sum(values * weights), _window_sum(weights)
    return sums / weight.clamp(min=1e-6), weight / _WINDOW ** 2


def _window_sum(values: Tensor) -> Tensor:
    """Return the sum over the window around each pixel of B×H×W, 0 beyond the border."""
    for dim, beyond in ((1, (0, 0, _WINDOW // 2, _WINDOW // 2)), (2, (_WINDOW // 2,) * 2)):
        padded = functional.pad(values, beyond)
        size = values.shape[dim]
        values = padded.narrow(dim, 0, size).clone()
        for shift in range(1, _WINDOW):
            values += padded.narrow(dim, shift, size)
    return values


def _slope(values: Tensor, known: Tensor, *, dim: int) -> tuple[Tensor, Tensor]:
    """Return half the difference of the neighbours along an axis, and whether both are known."""
    size = values.shape[dim]
    places = torch.arange(size, device=values.device)
    before, after = (places - 1).clamp(min=0), (places + 1).clamp(max=size - 1)
    step = (after - before).clamp(min=1).view(-1, *(1,) * (values.ndim - 1 - dim))
    slope = (values.index_select(dim, after) - values.index_select(dim, before)) / step
    return slope, known.index_select(dim, after) & known.index_select(dim, before)
