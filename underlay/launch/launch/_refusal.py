# SPDX-License-Identifier: Apache-2.0
"""
Refuse by name what a stand-in lacks, and say which real package has it.
"""

from importlib.machinery import ModuleSpec
import sys
from typing import Any, Callable

PACKAGES = ('launch', 'launch_ros', 'launch_testing')


def refusal(name: str) -> str:
    """
    Return the sentence that refuses a dotted name of one of the stand-ins.
    """
    package = name.partition('.')[0]
    return (f'{name} is not in this stand-in for machines without ROS; '
            f"install ROS 2's {package} package to use it.")


def refuse_the_rest(module: str) -> Callable[[str], Any]:
    """
    Return a module's ``__getattr__`` that refuses every name the module does not define.
    """
    def __getattr__(name: str) -> Any:
        if name.startswith('_'):  # Python's own probing, for __wrapped__ and the like
            raise AttributeError(f'module {module!r} has no attribute {name!r}')
        raise ImportError(refusal(f'{module}.{name}'))
    return __getattr__


def refuse_keywords(name: str, unknown: dict[str, Any]) -> None:
    """
    Refuse keywords that upstream may know and the stand-in does not.
    """
    for keyword in unknown:
        raise TypeError(refusal(f'{name}({keyword}=...)'))


class _MissingModules:
    """
    The last finder on sys.meta_path: it is asked only for modules that nobody has.
    """

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name.partition('.')[0] in PACKAGES and '.' in name:
            raise ModuleNotFoundError(refusal(name), name=name)
        return None


sys.meta_path.append(_MissingModules)
