# SPDX-License-Identifier: Apache-2.0
"""Mean-shift clustering of pixel embeddings: which pixels belong to the same object."""

from __future__ import annotations

import torch
from torch import Tensor

from discinst_ros.clustering import seeds
from discinst_ros.clustering.assign import label_from_neighbours, nearest_from_guess
from discinst_ros.clustering.distances import centred, nearest
from discinst_ros.clustering.modes import find_modes

#: Smallest cluster kept, pixels. A smaller visible part is mostly border (4×5 pixels have an
#: inside of 2×3), so its centre cannot be told from a mixture of its neighbours' embeddings.
MIN_PIXELS = 20
#: Most points that take part in the second look at regions without a centre.
_MAX_LEFTOVER = 4096


def mean_shift(
    embeddings: Tensor,
    foreground: Tensor,
    *,
    bandwidth: float,
    reach: float | None = None,
    min_pixels: int = MIN_PIXELS,
    seed: int = 0,
) -> Tensor:
    """
    Group the foreground pixels whose embeddings lie together.

    Clusters that keep within δ_v of their means, which are 2·δ_d apart, are recovered exactly for
    every bandwidth from 2·δ_v up to 2·δ_d - 2·δ_v. Regions need not be connected. Pixels farther
    than ``reach`` from every centre take the label, among those within 3 pixels, whose centre is
    nearest, or stay background.

    :param embeddings: D×H×W float16, bfloat16, float32 or float64.
    :param foreground: H×W bool, or integer classes (0 and below = background): a cluster never
        holds pixels of two classes.
    :param bandwidth: radius of the flat kernel.
    :param reach: how far a pixel may be from its centre; the bandwidth unless given, because a
        pixel the kernel would not see from the mode is likelier mixed than a member.
    :param min_pixels: clusters with fewer pixels are dropped.
    :param seed: of the random draw of starting points; the same seed gives the same labels.
    :return: H×W int32 on the device of the embeddings, 0 = background, 1..N largest first
        within each class, classes ascending.
    :raises ValueError: where the input is not as described, or an embedding is not finite.
    """
    reach = bandwidth if reach is None else reach
    _check(embeddings, foreground, bandwidth, reach, min_pixels)
    generator = torch.Generator().manual_seed(seed)
    labels = torch.zeros(foreground.shape, dtype=torch.int64, device=embeddings.device)
    count = 0
    for mask in _class_masks(foreground):
        found = _cluster(embeddings, mask, bandwidth, reach, min_pixels, generator)
        labels += torch.where(found > 0, found + count, 0)
        count += int(found.amax())
    return labels.int()


def _cluster(
    embeddings: Tensor, mask: Tensor, bandwidth: float, reach: float, min_pixels: int,
    generator: torch.Generator,
) -> Tensor:
    """Label the pixels of one class: H×W int64, 0 = none, 1..N largest first."""
    labels = torch.zeros(mask.shape, dtype=torch.int64, device=mask.device)
    pixels = mask.flatten().nonzero().squeeze(1)
    points = centred(_gather(embeddings, pixels), bandwidth)

    rows, columns = (seeds.grid(side).to(mask.device) for side in mask.shape)
    on_grid = mask[rows][:, columns]
    positions = torch.searchsorted(
        pixels, (rows[:, None] * mask.shape[1] + columns)[on_grid])
    gate = seeds.steady(embeddings, rows, columns, bandwidth)[on_grid]
    centres = find_modes(points[positions[gate]], bandwidth, generator)

    if len(centres):
        guess = torch.zeros_like(on_grid, dtype=torch.int64)
        guess[on_grid] = nearest(points[positions], centres)[1]
        squared, index = nearest_from_guess(
            points, centres, _spread(guess, mask.shape).flatten()[pixels])
    else:
        squared = points.new_full((len(points),), torch.inf)
        index = torch.zeros_like(pixels)

    centres, squared, index = _second_look(
        points, mask, pixels, centres, squared, index, bandwidth, reach, generator)
    centres, squared, index = _drop_tiny(points, centres, squared, index, reach, min_pixels)
    if not len(centres):
        return labels

    flat = labels.flatten()
    far = squared > reach ** 2
    flat[pixels] = torch.where(far, 0, index + 1)
    flat[pixels[far]] = label_from_neighbours(labels, pixels[far], points[far], centres)
    return labels


def _second_look(
    points: Tensor, mask: Tensor, pixels: Tensor, centres: Tensor, squared: Tensor, index: Tensor,
    bandwidth: float, reach: float, generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """
    Find the centres of regions the grid of seeds missed: tiny, thin or restless ones.

    They are left over, farther than ``reach`` from every centre. Mixed borders are, too, but
    as lines; so only leftover pixels with eight leftover neighbours count here.
    """
    left = torch.zeros_like(mask)
    left.view(-1)[pixels] = squared > reach ** 2
    chosen = seeds.inner(left).flatten()[pixels].nonzero().squeeze(1)
    chosen = chosen[::1 + len(chosen) // _MAX_LEFTOVER]
    extra = find_modes(points[chosen], bandwidth, generator)
    if not len(extra):
        return centres, squared, index
    extra_squared, extra_index = nearest(points, extra)
    better = extra_squared < squared
    return (torch.cat([centres, extra]), torch.where(better, extra_squared, squared),
            torch.where(better, extra_index + len(centres), index))


def _drop_tiny(
    points: Tensor, centres: Tensor, squared: Tensor, index: Tensor, reach: float,
    min_pixels: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Drop centres with too few pixels in reach, order the others by theirs, largest first."""
    counts = index[squared <= reach ** 2].bincount(minlength=len(centres))
    order = counts.argsort(descending=True, stable=True)
    order = order[counts[order] >= max(min_pixels, 1)]
    new = torch.full_like(counts, -1)
    new[order] = torch.arange(len(order), device=order.device)
    index = new[index]
    homeless = (index < 0).nonzero().squeeze(1)
    if len(homeless) and len(order):
        squared[homeless], index[homeless] = nearest(points[homeless], centres[order])
    return centres[order], squared, index


def _gather(embeddings: Tensor, pixels: Tensor) -> Tensor:
    """Return the embeddings of some pixels as N×D, reading them in the order they are stored."""
    flat = embeddings.reshape(embeddings.shape[0], -1)
    if flat.stride(0) == 1:
        return flat.t().index_select(0, pixels)
    return flat.index_select(1, pixels).t().contiguous()


def _spread(values: Tensor, shape: torch.Size) -> Tensor:
    """Give each pixel of an image the value of its cell of the seed grid."""
    for dim, side in enumerate(shape):
        cells = (torch.arange(side, device=values.device) // seeds.STRIDE)
        values = values.index_select(dim, cells.clamp_(max=values.shape[dim] - 1))
    return values


def _class_masks(foreground: Tensor) -> list[Tensor]:
    """Return one H×W bool mask for each class that occurs, in ascending order."""
    if foreground.dtype is torch.bool:
        return [foreground] if bool(foreground.any()) else []
    counts = foreground.clamp(min=0).flatten().long().bincount()
    return [foreground == value for value in counts[1:].nonzero().squeeze(1) + 1]


def _check(
    embeddings: Tensor, foreground: Tensor, bandwidth: float, reach: float, min_pixels: int,
) -> None:
    """Refuse at the door what the rest could only misread."""
    if embeddings.ndim != 3 or not embeddings.is_floating_point() or 0 in embeddings.shape:
        raise ValueError(f'embeddings: expected DxHxW float, got {_describe(embeddings)}')
    if foreground.shape != embeddings.shape[1:] or foreground.is_floating_point():
        raise ValueError(
            f'foreground: expected {_size(embeddings[0])} bool or integer classes as the '
            f'embeddings ({_size(embeddings)}) have, got {_describe(foreground)}')
    if foreground.device != embeddings.device:
        raise ValueError(f'foreground is on {foreground.device} and embeddings on '
                         f'{embeddings.device}; move one to the other')
    for name, value in (('bandwidth', bandwidth), ('reach', reach)):
        if not 0 < value < float('inf'):
            raise ValueError(f'{name}: expected a positive number, got {value}')
    if min_pixels < 0:
        raise ValueError(f'min_pixels: expected 0 or more, got {min_pixels}')
    # The sum is not finite where an element is not (or where huge ones overflow): much cheaper.
    if not bool(embeddings.sum(dtype=torch.float32).isfinite()):
        wrong = int((~embeddings.isfinite()).sum())
        if wrong:
            raise ValueError(f'embeddings: {wrong} of {embeddings.numel()} values are NaN or '
                             'infinite; the network or its input is broken')


def _describe(tensor: Tensor) -> str:
    """Return shape and dtype as error messages show them."""
    return f'{_size(tensor)} {str(tensor.dtype).removeprefix("torch.")}'


def _size(tensor: Tensor) -> str:
    """Return a shape as error messages show it."""
    return 'x'.join(map(str, tensor.shape)) or 'a scalar'
