# SPDX-License-Identifier: Apache-2.0
"""
Find the processes that a test speaks of.
"""

from __future__ import annotations

from typing import Any

from launch._refusal import refuse_the_rest
from launch.actions import ExecuteProcess

__getattr__ = refuse_the_rest(__name__)


class NoMatchingProcessException(Exception):
    """
    Nothing is recorded of such a process.
    """


def resolveProcesses(
    info_obj: Any, *, process: ExecuteProcess | str | None = None,
    cmd_args: str | list[str] | None = None, strict_proc_matching: bool = True,
) -> list[ExecuteProcess]:
    """
    Return the recorded processes that are meant: one action, those named so, or all.
    """
    recorded = list(info_obj.processes())
    arguments = [cmd_args] if isinstance(cmd_args, str) else cmd_args or []
    if process is None:
        found = recorded
    elif isinstance(process, ExecuteProcess):
        found = [one for one in recorded if one is process]
    else:
        found = [one for one in recorded if process in one.process_details['name']
                 and all(word in one.process_details['cmd'][1:] for word in arguments)]
        if strict_proc_matching and len(found) > 1:
            raise Exception(f"Found multiple processes matching name '{process}' and cmd_args "
                            f"'{cmd_args}'. Procs: {info_obj.process_names()}")
    if not found:
        raise NoMatchingProcessException(
            f"No data recorded for process '{process}'. Procs: {info_obj.process_names()}")
    return found
