# SPDX-License-Identifier: Apache-2.0
"""A network in the benchmark: how it is made, and how one image goes through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from discinst_ros.benchmark.embedding_fields import realistic_field
from discinst_ros.benchmark.flops import forward_flops
from discinst_ros.benchmark.options import Size
from discinst_ros.benchmark.timing import Clock, seconds_of
from discinst_ros.checkpoint import CheckpointError
from discinst_ros.data.sample import Sample
from discinst_ros.inference.fields import Fields
from discinst_ros.inference.model import Model
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.model_config import ModelConfig
from discinst_ros.writable import path_of
import numpy as np
import torch
from torch import nn, Tensor

#: What is timed of each image.
FORWARD, WHOLE = 'forward', 'end to end'
#: Class score of what is there over what is not, in a stand-in for a trained network's output.
_CERTAINTY = 4.0


@dataclass(frozen=True)
class Contender:
    """A network that takes part."""

    name: str
    model: Model
    #: None for one that is freshly initialised.
    checkpoint: Path | None

    @property
    def parameters(self) -> int:
        """How many the network has, both heads included."""
        return sum(one.numel() for one in self.model.network.parameters())

    @property
    def finds_objects(self) -> bool:
        """Whether objects come out of the network: it has learned both of its outputs."""
        return self.checkpoint is not None and self.model.trained == 'all'

    def segmenter(self, device: torch.device, long_side_px: int | None) -> InstanceSegmenter:
        """Return the pipeline with this network."""
        config = replace(self.model.config, long_side_px=long_side_px)
        return InstanceSegmenter(self.model.network, config, str(device))


def contenders(names: Sequence[str], checkpoints: Mapping[str, Path]) -> list[Contender]:
    """
    Build all networks that take part.

    :param names: of the networks.
    :param checkpoints: by name; a network without one is freshly initialised.
    :raises ValueError: for an unknown name, with the nearest known one, for one given twice, and
        where a checkpoint cannot be used.
    """
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"--networks: '{name}' is given twice; name each once")
    for name in checkpoints:
        if name not in names:
            raise ValueError(f"--checkpoint {name}=...: the network '{name}' does not take part; "
                             f'those are {", ".join(names)} (--networks)')
    return [_contender(name, checkpoints.get(name)) for name in names]


def parse_checkpoints(texts: Sequence[str]) -> dict[str, Path]:
    """
    Read NAME=path, as often as it is given.

    :raises ValueError: for anything else, and for a second one of a network.
    """
    found: dict[str, Path] = {}
    for text in texts:
        name, _, path = text.partition('=')
        if not (name and path):
            raise ValueError(f"--checkpoint '{text}': expected NETWORK=FILE, such as "
                             'enet=runs/enet/best.safetensors')
        if name in found:
            raise ValueError(f"--checkpoint '{text}': '{name}' has '{found[name]}' already; give "
                             'one for each network')
        found[name] = path_of(path)
    return found


class Contest:
    """A contender at one size: each call takes the image through it and tells the times."""

    def __init__(self, contender: Contender, scene: Sample, device: torch.device,
                 stand_in: Fields | None, clock: Clock) -> None:
        """
        Take the network to the device.

        :param scene: with depth and camera, at the size that the network is to see.
        :param stand_in: what clustering and poses work on in place of the network's output; for a
            network that has learned nothing, whose output has no objects in it.
        :param clock: to time it by.
        """
        self.contender = contender
        height, width = scene.image.shape[:2]
        #: Floating-point operations of a forward pass.
        self.flops = forward_flops(contender.model.network,
                                   (1, contender.model.config.in_channels, height, width))
        self._scene, self._stand_in, self._clock = scene, stand_in, clock
        self._segmenter = contender.segmenter(device, None)
        self._times = _ForwardTimes(contender.model.network, self._clock)

    def __call__(self) -> dict[str, float]:
        """Run once and return the seconds of :data:`FORWARD` and :data:`WHOLE`."""
        with self._times:
            whole = seconds_of(self._image_to_instances, self._clock)
        return {FORWARD: self._times.seconds, WHOLE: whole}

    def _image_to_instances(self) -> None:
        seen = (self._scene.image, self._scene.depth, self._scene.intrinsics)
        fields = self._segmenter.look(*seen)
        self._segmenter.group(self._stand_in or fields, self._scene.depth, self._scene.intrinsics)


def stand_in_for(scene: Sample, config: ModelConfig, seed: int, device: torch.device) -> Fields:
    """Return what a trained network might say of a drawn scene, from its true labels."""
    assert scene.labels is not None
    height, width = scene.labels.shape
    field = realistic_field(scene.labels, config.embedding_dim, np.random.default_rng(seed))
    classes = torch.from_numpy(scene.labels > 0).long()
    scores = torch.zeros(len(config.class_names), height, width)
    scores[1] = torch.where(classes > 0, _CERTAINTY, -_CERTAINTY)
    return Fields(_as_networks_do(field, device), classes.to(device),
                  _as_networks_do(scores, device), (height, width))


def prepared_forward(config: ModelConfig, size: Size, device: str) -> Callable[[], object]:
    """Build a network and return a forward pass of it, for the measurement of memory."""
    network = config.build().eval().to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    image = torch.zeros(1, config.in_channels, size.height, size.width, device=device)
    return partial(_forward, network, image.contiguous(memory_format=torch.channels_last))


class _ForwardTimes:
    """While it lasts, notes when the network begins and when it ends."""

    def __init__(self, network: nn.Module, clock: Clock) -> None:
        self._network, self._clock = network, clock
        self._hooks: list[Any] = []
        self._marks: list[Any] = []

    def __enter__(self) -> None:
        self._marks.clear()
        self._hooks = [
            self._network.register_forward_pre_hook(self._mark),
            self._network.register_forward_hook(self._mark)]

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    @property
    def seconds(self) -> float:
        """The time between."""
        start, end = self._marks
        return self._clock.between(start, end)

    def _mark(self, *_: object) -> None:
        self._marks.append(self._clock.mark())


@torch.inference_mode()
def _forward(network: nn.Module, image: Tensor) -> object:
    return network(image)


def _contender(name: str, path: Path | None) -> Contender:
    if path is None:
        config = ModelConfig(network=name)
        return Contender(name, Model(config.build().eval(), config), None)
    model = Model.from_checkpoint(path)
    if model.config.network != name:
        raise CheckpointError(f"checkpoint '{path}' is of the network '{model.config.network}', "
                              f"not '{name}'; give it as {model.config.network}={path}")
    model.refuse_untrained(path, 'embedding', 'give one that was trained to embed')
    return Contender(name, model, path)


def _as_networks_do(values: Tensor, device: torch.device) -> Tensor:
    """Lay C×H×W out in memory as a network's output is."""
    return values[None].to(device).contiguous(memory_format=torch.channels_last)[0]
