# SPDX-License-Identifier: Apache-2.0
"""Refuse by name what a stand-in lacks, and say which real package has it."""

from collections.abc import Iterable
from functools import partial
from inspect import signature
import sys
from typing import Any

PACKAGES = ('launch', 'launch_ros', 'launch_testing')


def refusal(name: str) -> str:
    """Return the sentence that refuses a dotted name of one of the stand-ins."""
    return (f'{name} is not in this stand-in for machines without ROS; '
            f"install ROS 2's {name.partition('.')[0]} package to use it.")


def refuse_the_rest(package: str) -> None:
    """Make the modules of a package refuse every name that they do not define."""
    for name, module in list(sys.modules.items()):
        if f'{name}.'.startswith(f'{package}.'):
            vars(module)['__getattr__'] = partial(_refuse_name, name)


def _refuse_name(module: str, name: str) -> None:
    if name.startswith('_'):  # Python's own probing, for __wrapped__ and the like
        raise AttributeError(f'module {module!r} has no attribute {name!r}')
    raise ImportError(refusal(f'{module}.{name}'))


def refuse_keywords(name: str, unknown: Iterable[str]) -> None:
    """Refuse keywords that a callable does not take, though upstream's may."""
    for keyword in unknown:
        raise TypeError(refusal(f'{name}({keyword}=...)'))


class StandIn:
    """The base of the public classes: refuses keywords and attributes that they do not define."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        refuse_keywords(f'{cls.__module__}.{cls.__name__}',
                        kwargs.keys() - signature(cls.__init__).parameters.keys())
        return super().__new__(cls)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(refusal(f'{type(self).__module__}.{type(self).__name__}.{name}'))


class _MissingModules:
    """The last finder of modules: it is asked only for those that nobody has."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        if '.' in name and name.partition('.')[0] in PACKAGES:
            raise ModuleNotFoundError(refusal(name), name=name)


sys.meta_path.append(_MissingModules)  # type: ignore[arg-type]
