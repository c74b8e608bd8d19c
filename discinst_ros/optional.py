# SPDX-License-Identifier: Apache-2.0
"""Packages that only a part of the work needs: looked for when that part is asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class MissingPackage(ValueError):
    """A package that is not installed; the message says how to get it."""


def needed(module: str, package: str, *, options: str = '', instead: str = ''
           ) -> ModuleType:
    """
    Import a module.

    :param module: its name.
    :param package: what pip calls it.
    :param options: of pip, for this package.
    :param instead: what to do without it.
    :raises MissingPackage: where it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        command = ' '.join(filter(None, ('pip install', options, package)))
        raise MissingPackage(f"the module '{error.name}' is not installed, which {package} "
                             f'brings: {command}{instead and ", or " + instead}') from None
