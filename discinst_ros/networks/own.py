# SPDX-License-Identifier: Apache-2.0
"""Networks of one's own, by import path: any module of torch that answers as ours do."""

from __future__ import annotations

from collections.abc import Callable
import difflib
import importlib
import inspect
import logging
from typing import Any, cast, SupportsIndex

from discinst_ros.describe import described, size
from discinst_ros.networks.padding import pad_to_stride
from discinst_ros.out_of_memory import explained, full_memory
import torch
from torch import nn, Tensor
from torch.func import functional_call

_log = logging.getLogger(__name__)
#: Heights and widths of the images that a network is tried on: the smallest, and an odd one.
PROBES = ((1, 1), (37, 51))


class NetworkError(ValueError):
    """A network that cannot be had; the message says why and what to do."""


def build_own(path: str, *, embedding_dim: int, num_classes: int, in_channels: int) -> nn.Module:
    """
    Import a class, build the network and try it.

    A network with an attribute ``stride`` gets its input padded to a multiple of it, and its
    output cropped, as those of this package do themselves. What its ``forward`` raises later, at
    a size that it was not tried on, is a :class:`NetworkError` too, unless memory is full.

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
    if not hasattr(network, '_modules'):
        raise NetworkError(f"the __init__ of network '{path}' has to call super().__init__()")
    stride = getattr(network, 'stride', 1)
    if not isinstance(stride, int) or stride < 1:
        raise NetworkError(f"network '{path}' has the stride {_line(repr(stride))}, expected "
                           'pixels, an int of 1 or more')
    # Not a wrapper, so that names of weights stay as they are.
    network.__class__ = _behind_ours(type(network))
    network._discinst_ros = (path, (embedding_dim, num_classes))  # type: ignore[assignment]
    with explained(NetworkError, f"trying network '{path}'", 'take a smaller network'):
        _try(network, path, in_channels)
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
            near = difflib.get_close_matches(part, getattr(holder, '__dict__', ()), n=1)
            raise NetworkError(f"the module '{module_name}' has no class '{name}'"
                               f'{near and f"; did you mean {near[0]!r}?" or ""}')
    # Nothing else that a file names is ever called.
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise NetworkError(f"'{path}' is {_line(repr(found))}, expected a class derived from "
                           'torch.nn.Module')
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


def _line(text: str) -> str:
    return ' '.join(text.split())[:200]


def _told(error: BaseException) -> str:
    return f'{type(error).__name__}: {_line(str(error))}'.removesuffix(': ')


class _Ours:
    """Goes before a class of networks: pads what they take, checks and crops what they give."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        height, width = x.shape[-2:]
        padded = pad_to_stride(x, getattr(self, 'stride', 1))
        run = super().forward  # type: ignore[misc]
        if torch.compiler.is_compiling():  # to which sizes are no text
            embeddings, logits = run(padded)
        else:
            embeddings, logits = _answer(self, run, padded)  # type: ignore[arg-type]
        return embeddings[..., :height, :width], logits[..., :height, :width]

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        """Pickle by the class of the user, since nobody can import this one."""
        make, arguments, *state = cast(tuple[Any, ...], super().__reduce_ex__(2))
        if arguments == (type(self),):  # no way of the user's own
            make, arguments = _blank, type(self).__bases__[1:]
        return (make, arguments, *state)


def _behind_ours(kind: type[nn.Module]) -> type[nn.Module]:
    return type(kind.__name__, (_Ours, kind), {'__module__': kind.__module__})


def _blank(kind: type[nn.Module]) -> nn.Module:
    return object.__new__(_behind_ours(kind))


@torch.no_grad()
def _try(network: nn.Module, path: str, in_channels: int) -> None:
    """Make sure that outputs are as the rest of the package expects them; leave no trace of it."""
    modes = [(module, module.training) for module in network.modules()]
    device = next(network.parameters(), torch.empty(0)).device
    try:
        with torch.random.fork_rng([device] if device.type == 'cuda' else []):
            network.eval()
            for height, width in PROBES:
                image = torch.zeros(1, in_channels, height, width, device=device)
                outputs = _answer(network, network, image)
                for name, one in zip(('embeddings', 'class logits'), outputs):
                    if not one.isfinite().all():
                        raise NetworkError(f"network '{path}', given a {size(image)} image, all 0,"
                                           f' returns {name} that are not finite; look for a '
                                           'division by 0, or a logarithm of it')
            if torch.distributed.is_available() and torch.distributed.is_initialized():
                return  # in training it may wait for other processes, which build nothing now
            network.train()
            copies = {name: one.clone() for name, one in network.named_buffers()}
            _answer(network, lambda x: functional_call(network, copies, x), torch.cat([image] * 2))
    finally:
        for module, training in modes:
            module.training = training


def _answer(network: nn.Module, run: Callable[[Tensor], Any], image: Tensor
            ) -> tuple[Tensor, Tensor]:
    """Run code that is not ours; refuse what it raises, and outputs that are not as expected."""
    path, channels = network._discinst_ros  # type: ignore[misc]
    given = f"network '{path}', given a {size(image)} image{' in training' * network.training},"
    advice = ('' if getattr(network, 'stride', 1) != 1 else '; where sizes have to be multiples '
              "of some number, give the class an attribute 'stride' with it")
    try:
        outputs = run(image)
    except (Exception, SystemExit) as error:
        known = isinstance(error, NetworkError) or full_memory(error)
        if known or type(error).__module__ == 'torch.utils.checkpoint':  # which ends early by one
            raise
        raise NetworkError(f'{given} fails: {_told(error)}{advice}') from error
    expected = [(image.shape[0], count, *image.shape[2:]) for count in channels]
    several = outputs if isinstance(outputs, tuple | list) else [outputs]
    tensors = [one for one in several if isinstance(one, Tensor)]
    if (len(several) == len(tensors) and all(one.is_floating_point() for one in tensors)
            and [tuple(one.shape) for one in tensors] == expected):
        return tensors[0], tensors[1]
    seen = ' and '.join(described(one) if isinstance(one, Tensor) else type(one).__name__
                        for one in several)
    wanted = ' and '.join('x'.join(map(str, one)) for one in expected)
    if all(one.shape[2:] == image.shape[2:] for one in tensors):
        advice = ''
    raise NetworkError(f'{given} returns {seen or "nothing"}, expected embeddings and class '
                       f'logits, {wanted} float{advice}')
