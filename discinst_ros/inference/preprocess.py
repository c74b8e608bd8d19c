# SPDX-License-Identifier: Apache-2.0
"""Images to network input: the same code in training, evaluation and the node."""

from __future__ import annotations

from discinst_ros.inference.depth_channels import depth_channels
from discinst_ros.model_config import ModelConfig
import torch
from torch import Tensor
from torch.nn import functional


def working_size(height: int, width: int, config: ModelConfig) -> tuple[int, int]:
    """
    Return the (height, width) at which the network sees an image of the given size.

    :param config: its ``long_side_px`` bounds the longer side; smaller images stay as they are.
    """
    longer = max(height, width)
    if config.long_side_px is None or longer <= config.long_side_px:
        return height, width
    scale = config.long_side_px / longer
    return max(1, round(height * scale)), max(1, round(width * scale))


def to_input(images: Tensor, config: ModelConfig, depth: Tensor | None = None,
             cameras: Tensor | None = None, extents: Tensor | None = None) -> Tensor:
    """
    Resize, normalise and append the channels that the configuration asks for.

    :param images: B×H×W×3 uint8, RGB, on the device of the network.
    :param config: of the network.
    :param depth: B×H×W float metres, NaN = none, for a network that sees depth.
    :param cameras: B×4 float fx, fy, cx, cy of these images, in pixels, for it, too.
    :param extents: B×4 float left, top, width, height of whole images of which these are parts,
        or which are parts of these, in pixels; coordinates run over them. None: these are whole.
    :raises ValueError: where a network that sees depth gets none.
    :return: B×C×h×w float32 with (h, w) = :func:`working_size`, channels last in memory.
    """
    x = images.movedim(-1, 1).float() / 255
    size = working_size(x.shape[-2], x.shape[-1], config)
    if size != tuple(x.shape[-2:]):
        x = functional.interpolate(x, size, mode='bilinear', antialias=True)
    mean = x.new_tensor(config.mean)[:, None, None]
    std = x.new_tensor(config.std)[:, None, None]
    x = (x - mean) / std
    if config.coordinates:
        scale = size[1] / images.shape[2], size[0] / images.shape[1]
        x = torch.cat((x, _coordinates(x) if extents is None else _within(
            x, extents * extents.new_tensor(scale * 2))), dim=1)
    if config.depth is not None:
        if depth is None or cameras is None:
            raise ValueError('the weights were trained to see depth; give depth and intrinsics '
                             'with each image, or take weights that see colours alone')
        x = torch.cat((x, depth_channels(*_resized(depth, cameras, size), config.depth)), dim=1)
    return x.contiguous(memory_format=torch.channels_last)


def _coordinates(x: Tensor) -> Tensor:
    """B×2×H×W: x and y, -1 at the left and upper border, 1 at the right and lower."""
    batch, _, height, width = x.shape
    across = torch.linspace(-1, 1, width, device=x.device).expand(height, width)
    down = torch.linspace(-1, 1, height, device=x.device)[:, None].expand(height, width)
    return torch.stack((across, down)).expand(batch, 2, height, width)


def _within(x: Tensor, extents: Tensor) -> Tensor:
    """B×2×H×W: x and y, -1 to 1 over the extents, beyond them those of their border."""
    height, width = x.shape[-2:]
    left, top, across, down = extents.to(x.device)[:, :, None, None].unbind(dim=1)
    columns = torch.arange(width, device=x.device) - left
    rows = torch.arange(height, device=x.device)[:, None] - top
    shares = [(place / (length - 1).clamp(min=1)).clamp(0, 1).expand(-1, height, width)
              for place, length in ((columns, across), (rows, down))]
    return 2 * torch.stack(shares, dim=1) - 1


def _resized(depth: Tensor, cameras: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return depth, each pixel from the nearest one, and cameras at another size."""
    before = tuple(depth.shape[1:])
    if before == size:
        return depth, cameras
    depth = functional.interpolate(depth[:, None], size, mode='nearest-exact')[:, 0]
    scale = cameras.new_tensor((size[1] / before[1], size[0] / before[0]))
    # Pixel centres are at integers, as in Intrinsics.scaled_to.
    return depth, torch.cat((cameras[:, :2] * scale, (cameras[:, 2:] + 0.5) * scale - 0.5), dim=1)
