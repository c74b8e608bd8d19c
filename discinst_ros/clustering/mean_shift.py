# SPDX-License-Identifier: Apache-2.0
"""Mean-shift clustering of pixel embeddings: which pixels belong to the same object."""

from __future__ import annotations

from discinst_ros.clustering.looks import Radii
from discinst_ros.clustering.one_class import cluster
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
#: Class ids below this are counted in a table.
_FEW_CLASSES = 2**16


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
    radii = Radii(bandwidth, bandwidth if apart is None else apart,
                  REACH * bandwidth if reach is None else reach)
    _check(embeddings, foreground, radii, min_pixels)
    generator = torch.Generator().manual_seed(seed)
    labels = torch.zeros(foreground.shape, dtype=torch.int64, device=embeddings.device)
    count = 0
    # distances of 16 bits would decide wrongly
    with torch.autocast(embeddings.device.type, enabled=False):
        for mask in _class_masks(foreground):
            found = cluster(embeddings, mask, radii, min_pixels, generator)
            labels += torch.where(found > 0, found + count, 0)
            count += int(found.amax())
    return labels.int()


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
    embeddings: Tensor, foreground: Tensor, radii: Radii, min_pixels: int,
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
