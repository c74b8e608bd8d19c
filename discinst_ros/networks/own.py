# SPDX-License-Identifier: Apache-2.0
"""Networks of one's own, by import path: any module of torch that answers as ours do."""

from __future__ import annotations

import difflib
import importlib
import inspect
import logging

from discinst_ros.describe import described, size
from discinst_ros.networks.padding import pad_to_stride
import torch
from torch import nn, Tensor

_log = logging.getLogger(__name__)
#: Heights and widths of the images that a network is tried on: the smallest, and an odd one.
PROBES = ((1, 1), (37, 51))


class NetworkError(ValueError):
    """A network that cannot be had; the message says why and what to do."""


def build_own(path: str, *, embedding_dim: int, num_classes: int, in_channels: int) -> nn.Module:
    """
    Import a class, build the network and try it.

    A network with an attribute ``stride`` gets its input padded to a multiple of it, and its
    output cropped, as those of this package do themselves.

    :param path: 'package.module:Class'.
    :param embedding_dim: D.
    :param num_classes: K, background included.
    :param in_channels: C.
    :raises NetworkError: where one of this does not work.
    """
    found = _imported(path)
    arguments = {'embedding_dim': embedding_dim, 'num_classes': num_classes,
                 'in_channels': in_channels}
    _check_arguments(found, path, arguments)
    try:
        network = found(**arguments)
    except (Exception, SystemExit) as error:  # code that is not ours
        raise NetworkError(f"network '{path}' cannot be built: it raises {_told(error)}"
                           ) from error
    if getattr(network, 'stride', 1) != 1:
        _pad_input_of(network, path)
    _try(network, path, in_channels, (embedding_dim, num_classes))
    return network


def _imported(path: str) -> type[nn.Module]:
    module_name, _, name = path.partition(':')
    if not module_name or module_name.startswith('.'):
        raise NetworkError(f"'{path}' names no network; expected 'package.module:Class'")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise NetworkError(f"the module '{module_name}' of the network '{path}' cannot be "
                           f'imported ({error}); install it, or add its folder to PYTHONPATH'
                           ) from error
    except (Exception, SystemExit) as error:  # code that is not ours
        raise NetworkError(f"the module '{module_name}' of the network '{path}' cannot be "
                           f'imported: it raises {_told(error)}') from error
    found: object = module
    for part in name.split('.'):
        holder, found = found, getattr(found, part, None)
        if found is None:
            near = difflib.get_close_matches(part, vars(holder), n=1)
            raise NetworkError(f"the module '{module_name}' has no class '{name}'"
                               f'{near and f"; did you mean {near[0]!r}?" or ""}')
    # Nothing else that a file names is ever called.
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise NetworkError(f"'{path}' is {found!r}, expected a class derived from torch.nn.Module")
    _log.info("network '%s' from %s", path, getattr(module, '__file__', module_name))
    return found


def _check_arguments(kind: type[nn.Module], path: str, arguments: dict[str, int]) -> None:
    """Tell arguments that do not fit from whatever a constructor may raise."""
    try:
        signature = inspect.signature(kind)
    except (TypeError, ValueError):
        return  # not written in Python
    if kind.__init__ is nn.Module.__init__:
        signature = inspect.Signature()  # it takes all arguments, to refuse them
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise NetworkError(f"network '{path}' cannot be built: {error}; its arguments have to be "
                           'embedding_dim, num_classes and in_channels, by name') from error


def _told(error: BaseException) -> str:
    """Return type and message of an error on one line."""
    return f'{type(error).__name__}: {" ".join(str(error).split())[:200]}'.removesuffix(': ')


class _AnySize:
    """Goes in front of a class of networks: pads what they take, crops what they give."""

    stride: int

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        height, width = x.shape[-2:]
        padded = super().forward(pad_to_stride(x, self.stride))  # type: ignore[misc]
        embeddings, logits = padded
        return embeddings[..., :height, :width], logits[..., :height, :width]


def _pad_input_of(network: nn.Module, path: str) -> None:
    """Change the class, so that names of weights stay as they are, as a wrapper's would not."""
    stride = network.stride
    if not isinstance(stride, int) or stride < 1:
        raise NetworkError(f"network '{path}' has the stride {stride!r}, expected pixels, 1 or "
                           'more')
    kind = type(network)
    network.__class__ = type(kind.__name__, (_AnySize, kind), {'__module__': kind.__module__})


def _try(network: nn.Module, path: str, in_channels: int, channels: tuple[int, int]) -> None:
    """Make sure that the outputs are as the rest of the package expects them."""
    training = network.training
    try:
        for height, width in PROBES:
            _try_size(network.eval(), path, (1, in_channels, height, width), channels)
    finally:
        network.train(training)


@torch.no_grad()
def _try_size(network: nn.Module, path: str, shape: tuple[int, int, int, int],
              channels: tuple[int, int]) -> None:
    image = torch.zeros(shape, device=next(network.parameters(), torch.empty(0)).device)
    advice = ('' if getattr(network, 'stride', 1) != 1 else '; where sizes have to be multiples '
              "of some number, give the class an attribute 'stride' with it")
    given = f"network '{path}', given a {size(image)} image,"
    try:
        outputs = network(image)
    except Exception as error:  # code that is not ours
        raise NetworkError(f'{given} fails: {_told(error)}{advice}') from error
    expected = [(1, count, *shape[2:]) for count in channels]
    if (isinstance(outputs, tuple | list) and len(outputs) == 2
            and all(isinstance(one, Tensor) and one.is_floating_point() for one in outputs)
            and [tuple(one.shape) for one in outputs] == expected):
        for name, one in zip(('embeddings', 'class logits'), outputs):
            if not one.isfinite().all():
                raise NetworkError(f'{given} all 0, returns {name} that are not finite; look for '
                                   'a division by 0, or a logarithm of it')
        return
    several = outputs if isinstance(outputs, tuple | list) else [outputs]
    seen = ' and '.join(described(one) if isinstance(one, Tensor) else type(one).__name__
                        for one in several)
    wanted = ' and '.join('x'.join(map(str, one)) for one in expected)
    raise NetworkError(f'{given} returns {seen or "nothing"}, expected embeddings and class '
                       f'logits, {wanted} float{advice}')
