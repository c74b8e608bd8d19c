# SPDX-License-Identifier: Apache-2.0
"""
A ROS parameter file in which some values are replaced, and entries of it that reach no node.

Giving a node a second file is not enough: ROS keeps one entry per key, in the order in which the
keys first appear, and of those that match a node the last one counts. What a second file says
under ``/**`` joins the ``/**`` of the first, and loses to what comes after that.

Imports without ROS, for the launch file's sake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
import difflib
import re
from typing import Any

import yaml

_VALUES = 'ros__parameters'
#: An entry of a name that is so similar to a node's is meant for it.
_NEAR = 0.8
#: What stands for other names in that of an entry.
_WILD = {'*': '/[^/]+', '**': '(?:/[^/]+)*'}


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """
    Return a parameter file with these values in each of its entries.

    Everything else stays as it is written: YAML reads some texts otherwise than ROS does.

    :raises ValueError: where the text is no parameter file.
    """
    tree = _tree(text)
    if tree is None:
        return text
    _replace(tree, values)
    return str(yaml.serialize(tree))


def missed(text: str, nodes: Iterable[str]) -> list[str]:
    """
    Return a sentence for each node that entries are meant for, by their name, and do not reach.

    ROS says nothing of an entry that no node matches, as it may be another's.

    :param nodes: full names of those that are started.
    :raises ValueError: where the text is no parameter file.
    """
    tree = _tree(text)
    keys = [] if tree is None else list(_keys(tree, ''))
    sentences = []
    for node in nodes:
        name = node.rpartition('/')[2]
        meant = [key for key in keys
                 if difflib.get_close_matches(key.rpartition('/')[2], [name], cutoff=_NEAR)]
        if meant and not any(matches(key, node) for key in meant):
            sentences.append(f"its entry '{meant[0]}' does not match {node} and is ignored; write "
                             f"'/**/{name}'")
    return sentences


def matches(key: str, node: str) -> bool:
    """
    Tell whether an entry is of a node.

    :param key: of the entry; * stands for one part of a name, ** for any number of them.
    :param node: full name.
    """
    return re.fullmatch(''.join(
        _WILD.get(part, f'/{re.escape(part)}') for part in key.strip('/').split('/')),
        node) is not None


def _tree(text: str) -> yaml.MappingNode | None:
    """
    Return what a file says; None where it says nothing.

    :raises ValueError: where it is no parameter file.
    """
    try:
        tree = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"it is not YAML: {' '.join(str(error).split())}") from error
    if tree is not None and not isinstance(tree, yaml.MappingNode):
        raise ValueError('it has no names of nodes, each with ros__parameters')
    return tree


def _keys(node: yaml.MappingNode, above: str) -> Iterator[str]:
    """Yield the names of the entries, those that are nested in namespaces as one."""
    for key, value in node.value:
        if key.value == _VALUES:
            yield above
        elif isinstance(value, yaml.MappingNode):
            yield from _keys(value, f'{above}/{key.value}' if above else str(key.value))


def _replace(node: yaml.MappingNode, values: Mapping[str, Any]) -> None:
    for key, value in node.value:
        if not isinstance(value, yaml.MappingNode):
            continue
        if key.value == _VALUES:
            value.value = [pair for pair in value.value if pair[0].value not in values]
            value.value += _pairs(values)
            value.flow_style = False
        else:
            _replace(value, values)


def _pairs(values: Mapping[str, Any]) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return keys and values as YAML has them."""
    pairs: list[tuple[yaml.Node, yaml.Node]] = yaml.compose(yaml.safe_dump(dict(values))).value
    for _, value in pairs:
        if value.tag.endswith(':str'):
            # 1e3 is a text to this YAML, and a number to that of ROS.
            value.style = "'"
    return pairs
