# SPDX-License-Identifier: Apache-2.0
"""Weights of a VGG-16 that was trained on ImageNet, for the networks that stand on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import re
import warnings

from discinst_ros.networks.own import NetworkError
from discinst_ros.networks.vgg import VggStages
from discinst_ros.writable import path_of
from safetensors.torch import load_file
import torch
from torch import nn, Tensor

#: Convolutions of VGG-16, and the fully connected layers that a network may have as its own.
CONVOLUTIONS = 13
_CONNECTED = {'fc6': 'classifier.0', 'fc7': 'classifier.3'}
_FEATURE = re.compile(r'features\.(\d+)\.weight')


@torch.no_grad()
def load_vgg16(network: nn.Module, path: str | Path) -> tuple[list[str], list[str]]:
    """
    Copy the weights of a VGG-16 into a network.

    Where one of the two has batch norm and the other has not, the network still computes what
    VGG-16 does until it is trained: batch norm of the file is folded into the convolutions, and
    a bias of the file becomes a mean of the network's batch norm.

    :param network: with a :class:`~discinst_ros.networks.vgg.VggStages`; changed in place.
    :param path: of a state dictionary with the names of torchvision's vgg16 or vgg16_bn, .pth or
        .safetensors.
    :return: what was taken, and what of the network is freshly initialised, for people to read.
    :raises NetworkError: for a network without VGG-16, or a file that holds none.
    """
    path = path_of(path)
    trunk = next((one for one in network.modules() if isinstance(one, VggStages)), None)
    if trunk is None:
        raise NetworkError(f'{type(network).__name__} has no VGG-16 in it for trunk weights; '
                           'segnet and dilation have')
    state = _read(path)
    numbers = sorted(int(found[1]) for name, tensor in state.items()
                     if (found := _FEATURE.fullmatch(name)) and tensor.ndim == 4)
    if len(numbers) != CONVOLUTIONS:
        raise NetworkError(f"'{path}' has {len(numbers)} convolutions by the name "
                           f"'features.NUMBER.weight', VGG-16 has {CONVOLUTIONS}; give a state "
                           "dictionary of torchvision's vgg16 or vgg16_bn")
    layers = [one for stage in trunk for one in stage.children()]
    fresh = []
    for index, number in enumerate(numbers):
        convolution = [one for one in layers if isinstance(one, nn.Conv2d)][index]
        norms = [one for one in layers if isinstance(one, nn.BatchNorm2d)]
        weight, bias, statistics = _layer(state, number, path)
        if index == 0:
            weight, said = _for_channels(weight, convolution.in_channels, path)
            fresh += said
        if norms:
            _into_batch_norm(convolution, norms[index], weight, bias, statistics, path, number)
        else:
            _into_convolution(convolution, weight, bias, statistics, path, number)
    taken = [f'{CONVOLUTIONS} convolutions']
    for own, theirs in _CONNECTED.items():
        if hasattr(network, own):
            (taken if _connected(getattr(network, own), state, theirs, path) else fresh
             ).append(own)
    return taken, fresh + _others(network, trunk)


def _read(path: Path) -> Mapping[str, Tensor]:
    if not path.is_file():
        raise NetworkError(f"'{path}' does not exist; give a file with weights of VGG-16")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # of the pickle's version
            state = (load_file(path) if path.suffix == '.safetensors'
                     else torch.load(path, map_location='cpu', weights_only=True))
    except OSError as error:
        raise NetworkError(f"'{path}' cannot be read: {error.strerror or error}") from error
    except Exception as error:  # torch raises what the first bytes of a file happen to cause
        if 'Unsupported global' in str(error):
            raise NetworkError(f"'{path}' holds more than weights, such as a whole model; save "
                               "the model's state_dict()") from error
        raise NetworkError(f"'{path}' cannot be read as weights: it is damaged or of another kind;"
                           ' give a state dictionary, .pth or .safetensors') from error
    if not isinstance(state, Mapping) or not all(
            isinstance(name, str) and isinstance(one, Tensor) for name, one in state.items()):
        raise NetworkError(f"'{path}' holds no state dictionary, names and tensors; save the "
                           "model's state_dict()")
    return state


def _layer(state: Mapping[str, Tensor], number: int, path: Path
           ) -> tuple[Tensor, Tensor, dict[str, Tensor] | None]:
    """Return weight and bias of a convolution, and the batch norm behind it if there is one."""
    weight = _get(state, f'features.{number}.weight', path)
    bias = _get(state, f'features.{number}.bias', path, weight.shape[:1])
    if f'features.{number + 1}.running_mean' not in state:
        return weight, bias, None
    return weight, bias, {
        name: _get(state, f'features.{number + 1}.{name}', path, weight.shape[:1])
        for name in ('weight', 'bias', 'running_mean', 'running_var')}


def _get(state: Mapping[str, Tensor], name: str, path: Path,
         shape: torch.Size | None = None) -> Tensor:
    if name not in state:
        raise NetworkError(f"'{path}' has no '{name}'; give a state dictionary of torchvision's "
                           'vgg16 or vgg16_bn')
    if shape is not None and state[name].shape != shape:
        raise NetworkError(f"'{path}' has {_size(state[name])} as '{name}', and its convolution "
                           f'{shape[0]} channels; give a file that is whole')
    return state[name].float()


def _size(tensor: Tensor) -> str:
    return 'x'.join(map(str, tensor.shape)) or 'a number'


def _for_channels(weight: Tensor, channels: int, path: Path) -> tuple[Tensor, list[str]]:
    """
    Return the first convolution's weights for another number of input channels.

    One channel is grey, which is red, green and blue alike; what follows colour starts small.
    """
    if weight.shape[1] != 3:
        raise NetworkError(f"'{path}' is of a network for {weight.shape[1]} channels, expected 3: "
                           'red, green, blue')
    if channels == 1:
        return weight.sum(dim=1, keepdim=True), []
    if channels == 2:
        raise NetworkError('trunk weights are for red, green and blue; the network has 2 input '
                           'channels, expected 1, 3 or more')
    more = torch.randn(len(weight), channels - 3, *weight.shape[2:]) * 0.1 * weight.std()
    said = [f'input channels 4 to {channels} (small)'] if channels > 3 else []
    return torch.cat((weight, more), dim=1), said


def _into_batch_norm(convolution: nn.Conv2d, norm: nn.BatchNorm2d, weight: Tensor, bias: Tensor,
                     statistics: dict[str, Tensor] | None, path: Path, number: int) -> None:
    """Copy a layer; a bias in front of batch norm becomes a mean that it takes off."""
    _copy(convolution.weight, weight, path, number)
    if statistics is None:
        assert norm.running_mean is not None
        norm.running_mean.copy_(-bias)
        return
    for name, value in statistics.items():
        _copy(getattr(norm, name), value - bias if name == 'running_mean' else value, path,
              number + 1)


def _into_convolution(convolution: nn.Conv2d, weight: Tensor, bias: Tensor,
                      statistics: dict[str, Tensor] | None, path: Path, number: int) -> None:
    """Fold batch norm, where there is one, into the convolution."""
    if statistics is not None:
        scale = statistics['weight'] / (statistics['running_var'] + 1e-5).sqrt()
        weight = weight * scale[:, None, None, None]
        bias = (bias - statistics['running_mean']) * scale + statistics['bias']
    _copy(convolution.weight, weight, path, number)
    assert convolution.bias is not None
    _copy(convolution.bias, bias, path, number)


def _copy(own: Tensor, given: Tensor, path: Path, number: int) -> None:
    if own.shape != given.shape:
        raise NetworkError(f"'{path}' has {_size(given)} as 'features.{number}'"
                           f', VGG-16 {_size(own)}; is it another VGG?')
    own.copy_(given)


def _connected(layer: nn.Sequential, state: Mapping[str, Tensor], name: str, path: Path) -> bool:
    """Copy a fully connected layer into the convolution it is; tell whether the file has it."""
    if f'{name}.weight' not in state:
        return False
    convolution = layer[0]
    assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None
    weight, bias = _get(state, f'{name}.weight', path), _get(state, f'{name}.bias', path)
    if weight.numel() != convolution.weight.numel() or bias.shape != convolution.bias.shape:
        raise NetworkError(f"'{path}' has {_size(weight)} as '{name}.weight', "
                           f'VGG-16 {convolution.out_channels}x'
                           f'{convolution.weight[0].numel()}; is it another VGG?')
    convolution.weight.copy_(weight.view_as(convolution.weight))
    convolution.bias.copy_(bias)
    return True


def _others(network: nn.Module, trunk: VggStages) -> list[str]:
    return [name for name, child in network.named_children()
            if child is not trunk and name not in _CONNECTED]
