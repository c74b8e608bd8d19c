# SPDX-License-Identifier: Apache-2.0
"""Messages as YAML text."""

from __future__ import annotations

import sys
from typing import Any

import yaml


def to_yaml(message: Any, limit: int | None, no_arrays: bool) -> str:
    """
    Return a message as YAML.

    :param limit: elements shown of an array or text, None for all
    :param no_arrays: show of an array its type and length alone
    """
    return yaml.safe_dump(_plain(message, None, limit, no_arrays), allow_unicode=True,
                          width=sys.maxsize, default_flow_style=False, sort_keys=False)


def _plain(value: Any, kind: Any, limit: int | None, no_arrays: bool) -> Any:
    """Return a field's value as dictionaries, lists and scalars."""
    if hasattr(value, 'get_fields_and_field_types'):
        return {name: _plain(getattr(value, name), kind, limit, no_arrays)
                for name, kind in zip(value.get_fields_and_field_types(), value.SLOT_TYPES)}
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, bytes):
        value = value.decode('latin-1')
    if isinstance(value, str):
        return value if limit is None or len(value) <= limit else value[:limit] + '...'
    if no_arrays:
        return _array_type(value, kind)
    values = value.tolist() if hasattr(value, 'tolist') else value
    items = [_plain(one, None, limit, no_arrays) for one in values[:limit]]
    return items if len(items) == len(value) else [*items, '...']


def _array_type(value: Any, kind: Any) -> str:
    """Return '<sequence type: uint8, length: 3>' or '<array type: double[36]>'."""
    of = kind.value_type
    name = getattr(of, 'typename', None) or (
        '/'.join(of.namespaced_name()) if hasattr(of, 'namespaced_name') else 'string')
    if hasattr(kind, 'size'):
        return f'<array type: {name}[{kind.size}]>'
    bound = f'[{kind.maximum_size}]' if hasattr(kind, 'maximum_size') else ''
    return f'<sequence type: {name}{bound}, length: {len(value)}>'
