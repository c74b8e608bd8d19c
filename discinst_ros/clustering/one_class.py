# SPDX-License-Identifier: Apache-2.0
"""The pixels of one class, grouped: centres first, then a label for every pixel."""

from __future__ import annotations

from discinst_ros.clustering import seeds
from discinst_ros.clustering.assign import Assignment, keep_only, label_from_neighbours
from discinst_ros.clustering.distances import centred
from discinst_ros.clustering.looks import find_centres, left_over, Pixels, Radii
import torch
from torch import Tensor

#: Smallest share of a cluster's pixels that have only pixels of their own around them. Mixtures
#: along a border form lines with next to no inside; a sliver 3 px wide has a third of it inside.
MIN_INSIDE = 0.1


def cluster(
    embeddings: Tensor, mask: Tensor, radii: Radii, min_pixels: int,
    generator: torch.Generator,
) -> Tensor:
    """
    Label the pixels of one class.

    :param embeddings: D×H×W float.
    :param mask: H×W bool, the pixels.
    :param min_pixels: clusters with fewer are dropped.
    :param generator: of the random draw of starting points.
    :return: H×W int64, 0 = none, 1..N largest first.
    """
    flat = mask.flatten().nonzero().squeeze(1)
    pixels = Pixels(mask, flat, centred(seeds.gather(embeddings, flat), radii.bandwidth))
    found = find_centres(embeddings, pixels, radii, generator)
    found = _drop_borders(pixels, found, radii, min_pixels)
    far = left_over(found, radii)
    own = torch.where(far, 0, found.index + 1)
    if len(found.centres):
        own[far] = label_from_neighbours(
            pixels.image(own), flat[far], pixels.points[far], found.centres)
    return pixels.image(_largest_first(own))


def _drop_borders(
    pixels: Pixels, found: Assignment, radii: Radii, min_pixels: int,
) -> Assignment:
    """Drop centres with too few pixels in reach or without an inside; the largest come first."""
    labels = torch.where(left_over(found, radii), 0, found.index + 1)
    inside = seeds.inner(pixels.image(labels.int())).flatten()[pixels.flat]
    size = labels.bincount(minlength=len(found.centres) + 1)[1:]
    inner_size = labels[inside].bincount(minlength=len(found.centres) + 1)[1:]
    order = size.argsort(descending=True, stable=True)
    good = (size >= max(min_pixels, 1)) & (inner_size >= MIN_INSIDE * size)
    return keep_only(pixels.points, found, order[good[order]])


def _largest_first(labels: Tensor) -> Tensor:
    """Return the labels (M int64) renumbered by size, equal sizes in their order."""
    order = labels.bincount(minlength=1)[1:].argsort(descending=True, stable=True)
    new = torch.zeros(len(order) + 1, dtype=labels.dtype, device=labels.device)
    new[order + 1] = torch.arange(1, len(order) + 1, device=labels.device)
    return new[labels]
