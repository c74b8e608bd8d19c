# SPDX-License-Identifier: Apache-2.0
"""What must be known of a network to run its weights; a checkpoint carries it."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import get_args, Literal, TypeAlias, TypedDict

from discinst_ros.loss import DELTA_D, DELTA_V
from discinst_ros.networks import build_network
from torch import nn

#: How depth is given to a network, see :mod:`discinst_ros.inference.depth_channels`: distance,
#: points, or distance and surface normals.
DepthEncoding: TypeAlias = Literal['distance', 'points', 'normals']
#: Channels of each encoding, the one that says where there is depth included.
DEPTH_CHANNELS: dict[str, int] = {'distance': 2, 'points': 4, 'normals': 5}
#: Where a network joins depth and colours: in its input, or after a branch for each.
Fusion: TypeAlias = Literal['input', 'branch']
#: Shortest that the longer side of an image may be reduced to, pixels.
SMALLEST_PX = 32


class Radii(TypedDict):
    """Distances in the embedding, see :func:`~discinst_ros.clustering.mean_shift`."""

    bandwidth: float
    apart: float
    reach: float


@dataclass(frozen=True)
class ModelConfig:
    """
    What must be known to run a network's weights.

    :raises ValueError: for values no network can have.
    """

    #: A name that :func:`~discinst_ros.networks.build_network` knows, or 'package.module:Class'.
    network: str = 'enet'
    #: Channels of the embedding, D.
    embedding_dim: int = 8
    #: Names by class id; the first is the background, which is never an instance.
    class_names: tuple[str, ...] = ('background', 'object')
    #: Append x and y, each -1 to 1 across the image, to the input channels.
    coordinates: bool = False
    #: How depth is given to the network; None: it sees colours alone.
    depth: DepthEncoding | None = None
    #: Where colours and depth are joined.
    fusion: Fusion = 'input'
    #: Margins of the loss the weights were trained with.
    delta_v: float = DELTA_V
    delta_d: float = DELTA_D
    #: Kernel radius of the clustering; None stands for twice delta_v.
    bandwidth: float | None = None
    #: From evidence to score, see :mod:`discinst_ros.inference.scores`; None: not calibrated, the
    #: score is tightness times probability.
    score_weights: dict[str, float] | None = None
    #: Images whose longer side exceeds this are reduced to it before the network; None = never.
    long_side_px: int | None = None
    #: Mean and standard deviation of the RGB channels, of values 0 to 1.
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _check_types(self)
        if self.embedding_dim < 1:
            raise ValueError(f'embedding_dim is {self.embedding_dim}, expected 1 or more')
        if len(self.class_names) < 2:
            raise ValueError(f'class_names is {list(self.class_names)}, expected background and '
                             'at least one class')
        for name, value, known in (('depth', self.depth, (None, *get_args(DepthEncoding))),
                                   ('fusion', self.fusion, get_args(Fusion))):
            if value not in known:
                raise ValueError(f'{name} is {value!r}, expected one of '
                                 f'{", ".join(map(str, known))}')
        if not 0 < self.delta_v < self.delta_d < math.inf:
            raise ValueError(f'delta_v {self.delta_v} and delta_d {self.delta_d}: expected '
                             '0 < delta_v < delta_d, both finite')
        if self.bandwidth is not None and not 0 < self.bandwidth < math.inf:
            raise ValueError(f'bandwidth is {self.bandwidth}, expected more than 0')
        if not all(map(math.isfinite, self.mean)) or not all(0 < one < math.inf
                                                             for one in self.std):
            raise ValueError(f'mean {self.mean} and std {self.std}: expected three finite numbers '
                             'each, of std more than 0')
        if self.long_side_px is not None and self.long_side_px < SMALLEST_PX:
            raise ValueError(f'long_side_px is {self.long_side_px}, expected {SMALLEST_PX} or '
                             'more')

    @property
    def in_channels(self) -> int:
        """Channels of the network's input, those of depth included."""
        return 3 + 2 * self.coordinates + self.depth_channels

    @property
    def depth_channels(self) -> int:
        """Channels of the network's input that depth has, the last ones."""
        return 0 if self.depth is None else DEPTH_CHANNELS[self.depth]

    @property
    def clustering_bandwidth(self) -> float:
        """Kernel radius of the clustering."""
        return 2 * self.delta_v if self.bandwidth is None else self.bandwidth

    def clustering_radii(self, bandwidth: float | None = None) -> Radii:
        """
        Return the distances that :func:`~discinst_ros.clustering.mean_shift` decides by.

        Centres of one object are meant to lie 0 apart, those of two 2·delta_d: the middle
        decides. Within delta_d a pixel is nearer to its own mean than to any other; the tails of
        real clusters reach farther, and what lies 2·delta_d away may be the mean of an object
        that has no centre yet: again the middle.

        :param bandwidth: instead of the configuration's; the other two are never below it.
        """
        bandwidth = self.clustering_bandwidth if bandwidth is None else bandwidth
        return {'bandwidth': bandwidth, 'apart': max(bandwidth, self.delta_d),
                'reach': max(bandwidth, 1.5 * self.delta_d)}

    def build(self) -> nn.Module:
        """Build the network, freshly initialised."""
        return build_network(
            self.network, embedding_dim=self.embedding_dim, num_classes=len(self.class_names),
            in_channels=self.in_channels,
            branch_channels=self.depth_channels if self.fusion == 'branch' else 0)


def _check_types(config: ModelConfig) -> None:
    """Refuse values of other types, as a file that somebody edited may hold."""
    number = (int, float)
    for name, kind, optional in (
            ('network', str, False), ('embedding_dim', int, False), ('coordinates', bool, False),
            ('delta_v', number, False), ('delta_d', number, False), ('bandwidth', number, True),
            ('long_side_px', int, True)):
        value = getattr(config, name)
        if (not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))
                ) and not (optional and value is None):
            raise ValueError(f'{name} is {value!r}, expected a value of type '
                             f'{"float" if isinstance(kind, tuple) else kind.__name__}'
                             f'{" or None" if optional else ""}')
    weights = config.score_weights
    if weights is not None and not (isinstance(weights, dict) and all(
            isinstance(key, str) and isinstance(one, number) and math.isfinite(one)
            for key, one in weights.items())):
        raise ValueError(f'score_weights is {weights!r}, expected a finite number by the name of '
                         'each evidence, or None')
    for name, kind, count in (('class_names', str, None), ('mean', number, 3),
                              ('std', number, 3)):
        value = getattr(config, name)
        if (not isinstance(value, (tuple, list)) or count not in (None, len(value))
                or not all(isinstance(one, kind) for one in value)):
            expected = 'a tuple of texts' if count is None else f'{count} numbers'
            raise ValueError(f'{name} is {value!r}, expected {expected}')
