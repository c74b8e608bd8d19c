# SPDX-License-Identifier: Apache-2.0
"""The files of --config: found where they are shipped, and what YAML takes in silence refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from discinst_ros.resources import find_shipped
import yaml

_OPTIONS = ('-c', '--config')
#: Settings that hold others: null takes all of them away.
_SECTIONS = ('data', 'model', 'model.config', 'trainer')


def with_recipes(arguments: Sequence[str]) -> list[str]:
    """
    Return the arguments, with the paths of the files of --config.

    A recipe of the package is found wherever the command is started.

    :raises ValueError: for a file that is no YAML, gives a setting twice or has an empty section.
    """
    found = list(arguments)
    for index, argument in enumerate(found):
        option, given, path = argument.partition('=')
        if index and found[index - 1] in _OPTIONS:
            found[index] = _looked_at(argument)
        elif given and option in _OPTIONS:
            found[index] = f'{option}={_looked_at(path)}'
    return found


def _looked_at(text: str) -> str:
    path = find_shipped(text)
    if not path.is_file():  # the parser says so
        return str(path)
    try:
        with path.open(encoding='utf-8') as file:
            tree = yaml.compose(file, yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"--config '{path}' is no YAML: {' '.join(str(error).split())}"
                         ) from error
    if isinstance(tree, yaml.MappingNode):
        _look(path, tree, '')
    elif tree is None or not tree.value:
        raise ValueError(f"--config '{path}' has no settings; leave it out, or give some")
    return str(path)


def _look(path: Path, section: yaml.MappingNode, prefix: str) -> None:
    """
    Look at the settings of a section, and of those within.

    :param prefix: of their names.
    """
    lines: dict[str, int] = {}
    for key, value in section.value:
        name, line = f'{prefix}{key.value}', int(key.start_mark.line) + 1
        if name in lines:
            raise ValueError(f"--config '{path}' gives {name} twice, in line {lines[name]} and in "
                             f'line {line}; keep one')
        lines[name] = line
        if isinstance(value, yaml.MappingNode):
            _look(path, value, f'{name}.')
        elif name in _SECTIONS and value.tag.endswith(':null'):
            raise ValueError(f"--config '{path}' has no setting in {name}, line {line}; leave the "
                             'section out, or give some')
