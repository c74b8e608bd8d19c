# SPDX-License-Identifier: Apache-2.0
"""Mean-shift clustering of pixel embeddings: which pixels belong to the same object."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.clustering import seeds
from discinst_ros.clustering.assign import (
    assign,
    Assignment,
    keep_only,
    label_from_neighbours,
    with_more,
)
from discinst_ros.clustering.distances import centred, nearest
from discinst_ros.clustering.modes import find_modes
from discinst_ros.describe import described, not_finite, size
import torch
from torch import Tensor

#: Default reach, in bandwidths. With the default bandwidth of 2·δ_v and δ_d = 3·δ_v it is δ_d,
#: half the way to the next mean: whatever is nearer to its centre is nearer to it than to any
#: other. A shorter reach leaves the tails of young networks without a label, a longer one gives
#: the mixed pixels between two objects to a third.
REACH = 1.5
#: Smallest cluster kept, pixels. A smaller part is mostly border (4×5 pixels have an inside of
#: 2×3), so its centre cannot be told from a mixture of its neighbours' embeddings.
MIN_PIXELS = 20
#: Smallest share of a cluster's pixels that have only pixels of their own around them. Mixtures
#: along a border form lines with next to no inside; a sliver 3 px wide has a third of it inside.
MIN_INSIDE = 0.1
#: Most points that take part in a further look at regions without a centre.
_MAX_LEFTOVER = 1024
#: Class ids below this are counted in a table.
_FEW_CLASSES = 2**16
#: There is one look more while each leaves less than this share of the pixels that the one before
#: left: an image of many hundred small objects needs several, embeddings that no training has
#: ordered would need ever so many.
_LOOK_ON = 0.6


def mean_shift(
    embeddings: Tensor,
    foreground: Tensor,
    *,
    bandwidth: float,
    apart: float | None = None,
    reach: float | None = None,
    min_pixels: int = MIN_PIXELS,
    seed: int = 0,
) -> Tensor:
    """
    Group the foreground pixels whose embeddings lie together.

    Clusters that keep within δ_v of their means, which are 2·δ_d apart, are recovered exactly for
    every bandwidth from 2·δ_v up to 2·δ_d - 2·δ_v. Regions need not be connected. Pixels farther
    than ``reach`` from every centre take the label, among those within 3 pixels, whose centre is
    nearest, or stay background. A cluster without an inside is taken for the mixed pixels along a
    border and dropped: of lines 2 pixels wide or less none is left.

    :param embeddings: D×H×W float16, bfloat16, float32 or float64.
    :param foreground: H×W bool, or integer classes (0 and below = background): a cluster never
        holds pixels of two classes.
    :param bandwidth: radius of the flat kernel.
    :param apart: centres nearer to each other than this are one object's; a bandwidth unless
        given.
    :param reach: how far a pixel may be from its centre; :data:`REACH` bandwidths unless given.
    :param min_pixels: clusters with fewer pixels are dropped.
    :param seed: of the random draw of starting points; the same seed gives the same labels.
    :return: H×W int32 on the device of the embeddings, 0 = background, 1..N largest first
        within each class, classes ascending.
    :raises ValueError: where the input is not as described, or an embedding is not finite.
    """
    radii = _Radii(bandwidth, bandwidth if apart is None else apart,
                   REACH * bandwidth if reach is None else reach)
    _check(embeddings, foreground, radii, min_pixels)
    generator = torch.Generator().manual_seed(seed)
    labels = torch.zeros(foreground.shape, dtype=torch.int64, device=embeddings.device)
    count = 0
    # distances of 16 bits would decide wrongly
    with torch.autocast(embeddings.device.type, enabled=False):
        for mask in _class_masks(foreground):
            found = _cluster(embeddings, mask, radii, min_pixels, generator)
            labels += torch.where(found > 0, found + count, 0)
            count += int(found.amax())
    return labels.int()


@dataclass(frozen=True)
class _Radii:
    """The distances in the embedding that decide."""

    #: Of the flat kernel.
    bandwidth: float
    #: From which on two centres are two objects'.
    apart: float
    #: Of a centre for pixels.
    reach: float


@dataclass(frozen=True)
class _Pixels:
    """The pixels of one class."""

    #: H×W bool.
    mask: Tensor
    #: M int64, their positions in the flat image, ascending.
    flat: Tensor
    #: M×D, their embeddings, moved to where distances are exact.
    points: Tensor

    def image(self, values: Tensor) -> Tensor:
        """Return H×W with the value of each pixel, 0 outside."""
        image = values.new_zeros(self.mask.numel())
        image[self.flat] = values
        return image.view(self.mask.shape)


def _cluster(
    embeddings: Tensor, mask: Tensor, radii: _Radii, min_pixels: int,
    generator: torch.Generator,
) -> Tensor:
    """Label the pixels of one class: H×W int64, 0 = none, 1..N largest first."""
    flat = mask.flatten().nonzero().squeeze(1)
    pixels = _Pixels(mask, flat, centred(seeds.gather(embeddings, flat), radii.bandwidth))
    found = _first_look(embeddings, pixels, radii, generator)
    before, left = torch.inf, _left_over(found, radii)
    while left and left < _LOOK_ON * before:
        found = _look_again(embeddings, pixels, found, radii, generator)
        before, left = left, _left_over(found, radii)
    found = _drop_borders(pixels, found, radii.reach, min_pixels)

    far = found.squared > radii.reach ** 2
    own = torch.where(far, 0, found.index + 1)
    if len(found.centres):
        own[far] = label_from_neighbours(
            pixels.image(own), flat[far], pixels.points[far], found.centres)
    return pixels.image(_largest_first(own))


def _left_over(found: Assignment, radii: _Radii) -> int:
    """Return how many pixels are farther than ``reach`` from every centre."""
    return int((found.squared > radii.reach ** 2).sum())


def _first_look(
    embeddings: Tensor, pixels: _Pixels, radii: _Radii, generator: torch.Generator,
) -> Assignment:
    """Find centres among the steady pixels of a grid, and the pixels of each."""
    mask = pixels.mask
    rows, columns = (seeds.grid(side, mask.device) for side in mask.shape)
    there = mask[rows][:, columns]
    on_grid = (rows[:, None] * mask.shape[1] + columns)[there]
    points = pixels.points[torch.searchsorted(pixels.flat, on_grid)]
    steady = seeds.steady(embeddings, on_grid, radii.bandwidth)
    centres = find_modes(points[steady], radii.bandwidth, generator, apart=radii.apart)
    guess = torch.zeros_like(there, dtype=torch.int64)
    if len(centres):
        guess[there] = nearest(points, centres)[1]
    return assign(pixels.points, centres,
                  seeds.spread(guess, mask.shape).flatten()[pixels.flat])


def _look_again(
    embeddings: Tensor, pixels: _Pixels, found: Assignment, radii: _Radii,
    generator: torch.Generator,
) -> Assignment:
    """
    Find the centres of regions that were missed so far: tiny, thin or restless ones.

    They are left over, farther than ``reach`` from every centre. Mixed borders are, too, but
    as lines; so only leftover pixels with eight leftover neighbours count here, and of many the
    steadiest of each few that follow one another, so that every part of the image has its share.
    """
    left = pixels.image(found.squared > radii.reach ** 2)
    chosen = seeds.inner(left).flatten()[pixels.flat].nonzero().squeeze(1)
    if len(chosen) > _MAX_LEFTOVER:
        chosen = chosen[_least_of_each_run(seeds.change(embeddings, pixels.flat[chosen]))]
    return with_more(pixels.points, found,
                     find_modes(pixels.points[chosen], radii.bandwidth, generator,
                                apart=radii.apart))


def _least_of_each_run(values: Tensor) -> Tensor:
    """Return where the least of every few values (M) is, ascending, at most _MAX_LEFTOVER."""
    length = -(-len(values) // _MAX_LEFTOVER)
    padded = torch.nn.functional.pad(values, (0, -len(values) % length), value=torch.inf)
    runs = padded.view(-1, length)
    return torch.arange(len(runs), device=values.device) * length + runs.argmin(dim=1)


def _largest_first(labels: Tensor) -> Tensor:
    """Return the labels (M int64) renumbered by size, equal sizes in their order."""
    order = labels.bincount(minlength=1)[1:].argsort(descending=True, stable=True)
    new = torch.zeros(len(order) + 1, dtype=labels.dtype, device=labels.device)
    new[order + 1] = torch.arange(1, len(order) + 1, device=labels.device)
    return new[labels]


def _drop_borders(
    pixels: _Pixels, found: Assignment, reach: float, min_pixels: int,
) -> Assignment:
    """Drop centres with too few pixels in reach or without an inside; the largest come first."""
    member = found.squared <= reach ** 2
    labels = torch.where(member, found.index + 1, 0)
    inside = seeds.inner(pixels.image(labels.int())).flatten()[pixels.flat]
    size = labels.bincount(minlength=len(found.centres) + 1)[1:]
    inner_size = labels[inside].bincount(minlength=len(found.centres) + 1)[1:]
    order = size.argsort(descending=True, stable=True)
    good = (size >= max(min_pixels, 1)) & (inner_size >= MIN_INSIDE * size)
    return keep_only(pixels.points, found, order[good[order]])


def _class_masks(foreground: Tensor) -> list[Tensor]:
    """Return one H×W bool mask for each class that occurs, in ascending order."""
    if foreground.dtype is torch.bool:
        return [foreground] if bool(foreground.any()) else []
    classes = foreground.long().clamp(min=0)
    if int(classes.amax()) < _FEW_CLASSES:
        found = classes.flatten().bincount().nonzero().squeeze(1)  # much faster than sorting
    else:
        found = torch.unique(classes)
    return [classes == value for value in found[found > 0]]


def _check(
    embeddings: Tensor, foreground: Tensor, radii: _Radii, min_pixels: int,
) -> None:
    """Refuse at the door what the rest could only misread."""
    if embeddings.ndim != 3 or not embeddings.is_floating_point() or 0 in embeddings.shape:
        raise ValueError(f'embeddings: expected DxHxW float, got {described(embeddings)}')
    if foreground.shape != embeddings.shape[1:] or foreground.is_floating_point():
        raise ValueError(
            f'foreground: expected {size(embeddings[0])} bool or integer classes as the '
            f'embeddings ({size(embeddings)}) have, got {described(foreground)}')
    if foreground.device != embeddings.device:
        raise ValueError(f'foreground is on {foreground.device} and embeddings on '
                         f'{embeddings.device}; move one to the other')
    for name, value in vars(radii).items():
        if not 0 < value < float('inf'):
            raise ValueError(f'{name}: expected a positive number, got {value}')
    if min_pixels < 0:
        raise ValueError(f'min_pixels: expected 0 or more, got {min_pixels}')
    wrong = not_finite(embeddings)
    if wrong:
        raise ValueError(f'embeddings: {wrong} of {embeddings.numel()} values are NaN or '
                         'infinite; the network or its input is broken')
