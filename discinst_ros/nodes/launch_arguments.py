# SPDX-License-Identifier: Apache-2.0
"""The arguments of a launch file: texts made values, and names that are likely mistyped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import difflib
from typing import Any

from launch.actions import LogInfo
from launch_ros.parameter_descriptions import ParameterValue
import yaml


def typed(name: str, text: str, type_: type) -> Any:
    """
    Return the value of a launch argument.

    :param name: of the argument, for the message.
    :param text: what was given.
    :param type_: str, bool, int, float, or list for a list of numbers.
    :raises RuntimeError: if the text is no such value.
    """
    if type_ is str:
        return text
    if type_ is bool:
        return text == 'true'
    if type_ is list:
        return numbers(name, text)
    try:
        return type_(text)
    except ValueError:
        kind = 'a whole number' if type_ is int else 'a number'
        raise RuntimeError(f"{name} is '{text}', expected {kind}") from None


def numbers(name: str, text: str) -> list[float]:
    """
    Return a list of numbers as YAML writes it, where .inf is one; the brackets may be left out.

    :raises RuntimeError: if it is none.
    """
    try:
        values = yaml.safe_load(f"[{text.strip().removeprefix('[').removesuffix(']')}]")
        if any(isinstance(one, bool) for one in values):
            raise ValueError
        return [float(one) for one in values]
    except (ValueError, TypeError, yaml.YAMLError):
        raise RuntimeError(f"{name} is '{text}', expected numbers, as in [-.inf, 0.2]") from None


def as_texts(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters for a node, of which a text stays one even if it looks like a number."""
    return {name: ParameterValue(value, value_type=str) if isinstance(value, str) else value
            for name, value in parameters.items()}


def mistyped(given: Iterable[str], known: Iterable[str], file: str,
             parameters: Iterable[str] = (),
             instead: str = 'give the parameter of that name in a file, config:=FILE'
             ) -> list[Any]:
    """
    Warn of arguments that the launch file does not have and that look like one it has.

    ``launch`` ignores what no file declares. Others may be meant for a file that includes this
    one, which sees them, too, so they are no error, and those that look like none are not named.
    A parameter of a node is, as it can be given otherwise.

    :param given: names of all launch configurations.
    :param known: names of the arguments of this file.
    :param file: its name.
    :param parameters: names of those of its nodes that are given otherwise.
    :param instead: how.
    :return: launch actions.
    """
    known, hints = sorted(known), {}
    for name in sorted(set(given) - set(known)):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if name in parameters:
            hints[name] = instead
        elif near:
            hints[name] = f'do you mean {near[0]}?'
    return [LogInfo(msg=f'{file} has no argument {name}, so it is ignored here; {hint}')
            for name, hint in hints.items()]
