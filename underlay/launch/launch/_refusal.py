# SPDX-License-Identifier: Apache-2.0
"""Refuse by name what a stand-in lacks, and say which real package has it."""

from collections.abc import Callable
import sys
from typing import Any

PACKAGES = ('launch', 'launch_ros', 'launch_testing')


def refusal(name: str) -> str:
    """Return the sentence that refuses a dotted name of one of the stand-ins."""
    return (f'{name} is not in this stand-in for machines without ROS; '
            f"install ROS 2's {name.partition('.')[0]} package to use it.")


def refuse_the_rest(module: str) -> Callable[[str], Any]:
    """Return a module's ``__getattr__``: it refuses every name the module does not define."""
    def __getattr__(name: str) -> Any:
        if name.startswith('_'):  # Python's own probing, for __wrapped__ and the like
            raise AttributeError(f'module {module!r} has no attribute {name!r}')
        raise ImportError(refusal(f'{module}.{name}'))
    return __getattr__


def refuse_keywords(name: str, unknown: dict[str, Any]) -> None:
    """Refuse keywords that upstream may know and the stand-in does not."""
    for keyword in unknown:
        raise TypeError(refusal(f'{name}({keyword}=...)'))


class _MissingModules:
    """The last finder of modules: it is asked only for those that nobody has."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        if '.' in name and name.partition('.')[0] in PACKAGES:
            raise ModuleNotFoundError(refusal(name), name=name)


sys.meta_path.append(_MissingModules)  # type: ignore[arg-type]
