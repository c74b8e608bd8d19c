# SPDX-License-Identifier: Apache-2.0
"""
A ROS parameter file in which some values are replaced.

Giving a node a second file is not enough: ROS keeps one entry per key, in the order in which the
keys first appear, and of those that match a node the last one counts. What a second file says
under ``/**`` joins the ``/**`` of the first, and loses to what comes after that.

Imports without ROS, for the launch file's sake.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

_VALUES = 'ros__parameters'


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """
    Return a parameter file with these values in each of its entries.

    Everything else stays as it is written: YAML reads some texts otherwise than ROS does.

    :raises ValueError: where the text is no parameter file.
    """
    try:
        tree = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"it is not YAML: {' '.join(str(error).split())}") from error
    if tree is None:
        return text
    if not isinstance(tree, yaml.MappingNode):
        raise ValueError('it has no names of nodes, each with ros__parameters')
    _replace(tree, values)
    return str(yaml.serialize(tree))


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
