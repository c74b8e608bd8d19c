# SPDX-License-Identifier: Apache-2.0
"""
Weights together with everything that shaped them, in one safetensors file.

The configuration travels as JSON in the file's metadata, so that a checkpoint can never be run
with another network, other margins, another normalisation or another bandwidth than its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
import json
from pathlib import Path

from discinst_ros.model_config import ModelConfig
from discinst_ros.networks import NetworkError
from discinst_ros.whole_file import write_whole
from discinst_ros.writable import path_of
from safetensors import safe_open, SafetensorError
from safetensors.torch import save
import torch
from torch import nn, Tensor

#: Metadata key of the configuration, and the version of its layout.
_KEY = 'discinst_ros'
_FORMAT = 1
#: Metadata key of how the weights were trained, for people to read.
_TRAINING_KEY = 'discinst_ros.training'


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds."""

    path: Path
    config: ModelConfig
    state_dict: dict[str, Tensor]
    #: Settings of the training, by name.
    training: dict[str, object] = field(default_factory=dict)


def save_checkpoint(path: str | Path, network: nn.Module, config: ModelConfig, *,
                    training: Mapping[str, object] | None = None) -> None:
    """
    Write a network's weights and configuration; a reader never sees a half-written file.

    :param path: of the file, by convention ``*.safetensors``; its folder is made where missing.
    :param network: whose ``state_dict`` is written.
    :param config: that built it.
    :param training: settings of the training, as JSON can hold them.
    :raises OSError: where the file cannot be written.
    """
    metadata = {_KEY: json.dumps({'format': _FORMAT, **asdict(config)})}
    if training:
        metadata[_TRAINING_KEY] = json.dumps(training)
    # Copies, since safetensors takes no weight that two names share.
    state = {name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
             for name, tensor in network.state_dict().items()}
    # Not save_file, which hides that a disk is full in an error of its own.
    write_whole(Path(path), save(state, metadata))


def load_checkpoint(path: str | Path) -> Checkpoint:
    """
    Read and check a checkpoint.

    :raises CheckpointError: where the file is missing, damaged, of another program or of a newer
        version of this one, or holds what no training meant to leave.
    """
    try:
        path = path_of(path)
    except ValueError as error:
        raise CheckpointError(f'checkpoint {error}') from None
    if path.is_dir():
        raise CheckpointError(f"checkpoint '{path}' is a folder; give the path of a .safetensors "
                              'file in it')
    if not path.is_file():
        raise CheckpointError(f"checkpoint '{path}' does not exist; give the path of a "
                              '.safetensors file that training wrote')
    try:
        with safe_open(path, framework='pt') as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        fix = ('copy or train it again' if path.suffix != '.ckpt' else
               'it is for --resume; give the .safetensors file beside it')
        raise CheckpointError(f"checkpoint '{path}' is damaged or no safetensors file ({error}); "
                              f'{fix}') from error
    if _KEY not in metadata:
        raise CheckpointError(f"checkpoint '{path}' was not written by discinst_ros: it has no "
                              'configuration; train one with the train command')
    broken = [name for name, tensor in state.items() if bool(tensor.isnan().any())]
    if broken:
        raise CheckpointError(f"checkpoint '{path}' has weights that are NaN ({len(broken)} of "
                              f"{len(state)} tensors, '{broken[0]}' for one): its training came "
                              'apart; train again, with a lower learning rate')
    return Checkpoint(path, _read_config(path, metadata[_KEY]), state,
                      _read_json(path, metadata.get(_TRAINING_KEY, '{}')))


def build_from_checkpoint(checkpoint: Checkpoint) -> nn.Module:
    """
    Build the network of a checkpoint with its weights, in evaluation mode.

    A network by import path is imported: its module runs, if it is installed here.

    :raises CheckpointError: where there is no such network, or the weights do not fit it.
    """
    try:
        network = checkpoint.config.build()
        network.load_state_dict(checkpoint.state_dict)
    except NetworkError as error:
        raise CheckpointError(f"checkpoint '{checkpoint.path}' cannot be used here: {error}"
                              ) from error
    except Exception as error:  # code that is not ours may load the weights
        reason = ' '.join(str(error).split())[:300]
        raise CheckpointError(f"checkpoint '{checkpoint.path}' does not fit the network "
                              f"'{checkpoint.config.network}' it names: {reason}") from error
    return network.eval()


def _read_json(path: Path, text: str) -> dict[str, object]:
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"checkpoint '{path}' has an unreadable configuration: {error}"
                              ) from error


def _read_config(path: Path, text: str) -> ModelConfig:
    values = _read_json(path, text)
    version = values.get('format')
    if version != _FORMAT:
        raise CheckpointError(f"checkpoint '{path}' has format {version}, this version of "
                              f'discinst_ros reads format {_FORMAT}; update the package')
    known = {field.name for field in fields(ModelConfig)}
    unknown = sorted(set(values) - known - {'format'})
    if unknown:
        raise CheckpointError(f"checkpoint '{path}' has unknown settings {unknown}; update the "
                              'package')
    try:
        settings = {name: tuple(value) if isinstance(value, list) else value
                    for name, value in values.items() if name != 'format'}
        return ModelConfig(**settings)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"checkpoint '{path}' has an invalid configuration: {error}"
                              ) from error
