# SPDX-License-Identifier: Apache-2.0
"""Where the centres are: a first look at a grid of the image, and more at what it missed."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.clustering import seeds
from discinst_ros.clustering.assign import assign, Assignment, with_more
from discinst_ros.clustering.distances import nearest
from discinst_ros.clustering.modes import find_modes
import torch
from torch import Tensor

#: Most points that take part in a further look at regions without a centre.
_MAX_LEFTOVER = 1024
#: There is one look more while each leaves less than this share of the pixels that the one before
#: left: an image of many hundred small objects needs several, embeddings that no training has
#: ordered would need ever so many.
_LOOK_ON = 0.6


@dataclass(frozen=True)
class Radii:
    """The distances in the embedding that decide."""

    #: Of the flat kernel.
    bandwidth: float
    #: From which on two centres are two objects'.
    apart: float
    #: Of a centre for pixels.
    reach: float


@dataclass(frozen=True)
class Pixels:
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


def find_centres(
    embeddings: Tensor, pixels: Pixels, radii: Radii, generator: torch.Generator,
) -> Assignment:
    """
    Find the centres among the pixels of one class, and the nearest of them for each pixel.

    :param embeddings: D×H×W float, of the whole image.
    :param generator: of the random draw of starting points.
    """
    found = _first_look(embeddings, pixels, radii, generator)
    before, left = torch.inf, int(left_over(found, radii).sum())
    while left and left < _LOOK_ON * before:
        found = _look_again(embeddings, pixels, found, radii, generator)
        before, left = left, int(left_over(found, radii).sum())
    return found


def left_over(found: Assignment, radii: Radii) -> Tensor:
    """Tell which pixels (M bool) are farther than ``reach`` from every centre."""
    return found.squared > radii.reach ** 2


def _first_look(
    embeddings: Tensor, pixels: Pixels, radii: Radii, generator: torch.Generator,
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
    embeddings: Tensor, pixels: Pixels, found: Assignment, radii: Radii,
    generator: torch.Generator,
) -> Assignment:
    """
    Find the centres of regions that were missed so far: tiny, thin or restless ones.

    They are left over, farther than ``reach`` from every centre. Mixed borders are, too, but
    as lines; so only leftover pixels with eight leftover neighbours count here, and of many the
    steadiest of each few that follow one another, so that every part of the image has its share.
    """
    left = pixels.image(left_over(found, radii))
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
