# SPDX-License-Identifier: Apache-2.0
"""
Ways to cluster the foreground of an embedding field: ours, and those of scikit-learn.

scikit-learn's clusterings take seconds to minutes for all pixels of an image, so each gets every
n-th pixel in both directions; then every pixel goes to the nearest mean of their clusters, by the
same code that ours uses for this. Noise of DBSCAN and HDBSCAN takes no part in the means. Clusters
of fewer than MIN_PIXELS pixels are dropped, as ours are. Each has a few settings to choose from,
see :func:`best_setting`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import product
import time
from types import ModuleType
from typing import Any

from discinst_ros.benchmark.agreement import mean_iou
from discinst_ros.clustering import mean_shift, MIN_PIXELS
from discinst_ros.clustering.distances import centred, nearest
from discinst_ros.clustering.seeds import gather
from discinst_ros.model_config import Radii
from discinst_ros.optional import MissingPackage, needed
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LabelImage = npt.NDArray[np.int32]
#: A clustering with its settings: an embedding field's labels.
Method = Callable[['Field'], LabelImage]

OURS = 'mean_shift'
#: From one pixel to the next one of those that scikit-learn is given.
STEPS = (1, 2, 3, 4, 6, 8, 12)
#: Settings whose mean IoU is less than this below the best are as good; the fastest is taken.
_AS_GOOD = 0.005


@dataclass(frozen=True)
class Field:
    """What there is to cluster, and what should come out."""

    name: str
    #: D×H×W float.
    embeddings: Tensor
    #: H×W int32, 0 = background; it is given to all as the foreground.
    truth: LabelImage
    #: That ours works with, as the model's configuration has them.
    radii: Radii

    @property
    def foreground(self) -> Tensor:
        """H×W bool."""
        return torch.from_numpy(self.truth > 0).to(self.embeddings.device)


@dataclass(frozen=True)
class Peer:
    """A clustering of scikit-learn with the settings to choose from."""

    make: Callable[..., Any]
    #: Values by the name of the argument.
    choices: dict[str, Sequence[Any]]
    #: Fewest and most points it is given: with fewer it is worse, with more it takes too long.
    points: tuple[int, int]
    fixed: dict[str, Any] = field(default_factory=dict)

    def settings(self, pixels: int) -> list[dict[str, Any]]:
        """
        Return all combinations, each with a ``step`` from pixel to pixel.

        :param pixels: of the foreground.
        """
        fewest, most = self.points
        steps = ([step for step in STEPS if fewest <= pixels / step ** 2 <= most]
                 or [STEPS[0] if pixels < fewest else STEPS[-1]])
        return [dict(zip((*self.choices, 'step'), values))
                for values in product(*self.choices.values(), steps)]

    def method(self, setting: dict[str, Any]) -> Method:
        """Return the clustering with one of its settings."""
        arguments = {name: value for name, value in setting.items() if name != 'step'}
        return lambda one: sampled(one, self.make(**self.fixed, **arguments), setting['step'])


def peers() -> dict[str, Peer]:
    """
    Return scikit-learn's clusterings by name.

    :raises MissingPackage: where it is not installed, or too old to have all of them.
    """
    cluster: ModuleType = needed('sklearn.cluster', 'scikit-learn')
    if not hasattr(cluster, 'HDBSCAN'):
        raise MissingPackage('scikit-learn is too old, HDBSCAN came with 1.3: '
                             'pip install --upgrade scikit-learn')
    return {
        'MeanShift': Peer(cluster.MeanShift, {'bandwidth': (0.5, 1.0, 1.5, 2.0)}, (200, 1500),
                          {'bin_seeding': True}),
        'DBSCAN': Peer(cluster.DBSCAN, {'eps': (0.2, 0.4, 0.6, 0.8), 'min_samples': (5, 10)},
                       (400, 6000)),
        'HDBSCAN': Peer(cluster.HDBSCAN, {'min_cluster_size': (5, 10, 20),
                                          'min_samples': (3, 10)}, (400, 6000),
                        {'copy': False})}


def one_pool() -> AbstractContextManager[Any]:
    """Hold scikit-learn to as many threads as torch has, while the context lasts."""
    limits: AbstractContextManager[Any] = needed(
        'threadpoolctl', 'scikit-learn').threadpool_limits(torch.get_num_threads())
    return limits


def ours(one: Field) -> LabelImage:
    """Cluster as the node does."""
    return np.asarray(mean_shift(one.embeddings, one.foreground, **one.radii).cpu().numpy())


def sampled(one: Field, clusterer: Any, step: int) -> LabelImage:
    """Cluster every n-th pixel with a clustering of scikit-learn; the others go to the nearest."""
    embeddings, foreground = one.embeddings.cpu(), one.foreground.cpu()
    flat = foreground.flatten().nonzero().squeeze(1)
    on_grid = torch.zeros_like(foreground)
    on_grid[step // 2::step, step // 2::step] = True
    points = centred(gather(embeddings, flat), 1.0)
    some = points[on_grid.flatten()[flat]]
    labels = np.zeros(foreground.numel(), dtype=np.int32)
    if len(some) > 1:
        found = torch.from_numpy(clusterer.fit_predict(some.numpy())).long()
        count = max(0, int(found.max()) + 1)
        size = found[found >= 0].bincount(minlength=count)
        means = torch.zeros(count, points.shape[1], dtype=points.dtype)
        means.index_add_(0, found[found >= 0], some[found >= 0])
        means = means[size > 0] / size[size > 0, None]
        if len(means):
            index = nearest(points, means)[1]
            kept = index.bincount(minlength=len(means)) >= MIN_PIXELS
            if bool(kept.any()):
                labels[flat.numpy()] = nearest(points, means[kept])[1].numpy() + 1
    return labels.reshape(one.truth.shape)


def best_setting(peer: Peer, fields: Sequence[Field]) -> dict[str, Any]:
    """Return the setting with the highest mean IoU over some fields; of equal ones the fastest."""
    tried = []
    for setting in peer.settings(int(np.mean([(one.truth > 0).sum() for one in fields]))):
        method = peer.method(setting)
        start = time.process_time()
        quality = float(np.mean([mean_iou(method(one), one.truth) for one in fields]))
        tried.append((quality, time.process_time() - start, setting))
    best = max(quality for quality, _, _ in tried)
    good = [one for one in tried if one[0] >= best - _AS_GOOD]
    return min(good, key=lambda one: one[1])[2]
