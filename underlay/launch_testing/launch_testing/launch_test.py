# SPDX-License-Identifier: Apache-2.0
"""
The command ``launch_test FILE [NAME:=VALUE ...]``.
"""

from __future__ import annotations

import argparse
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

from .test_runner import LaunchTestFailure, run_launch_test


def main(argv: list[str] | None = None) -> int:
    """
    Run the launch test in a file; return 1 if it fails.
    """
    parser = argparse.ArgumentParser(prog='launch_test', description='Run a launch test.')
    parser.add_argument('launch_test_file', type=Path)
    parser.add_argument('launch_arguments', nargs='*', help='<name>:=<value>')
    args = parser.parse_args(argv)
    if not args.launch_test_file.is_file():
        parser.error(f"Test file '{args.launch_test_file}' does not exist")
    loader = SourceFileLoader(args.launch_test_file.stem, str(args.launch_test_file.resolve()))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    try:
        results = run_launch_test(module, parse_launch_arguments(args.launch_arguments))
    except LaunchTestFailure as failure:
        print(failure)
        return 1
    return 0 if all(result.wasSuccessful() for result in results) else 1


def parse_launch_arguments(words: list[str]) -> dict[str, str]:
    """
    Return names and values of NAME:=VALUE words; the last of a name wins.
    """
    parsed = {}
    for word in words:
        name, sign, value = word.partition(':=')
        if not (name and sign and value):
            raise RuntimeError(
                f"malformed launch argument '{word}', expected format '<name>:=<value>'")
        parsed[name] = value
    return parsed
