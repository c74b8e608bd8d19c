# SPDX-License-Identifier: Apache-2.0
"""The processes that a test speaks of."""

from __future__ import annotations

from typing import Any

from launch.actions import ExecuteProcess


class NoMatchingProcess(Exception):
    """Nothing is recorded of such a process."""


def resolve(
    recorded: Any, process: ExecuteProcess | str | None, *, strict_proc_matching: bool = True,
) -> list[ExecuteProcess]:
    """Return the recorded processes that are meant: one action, those named so, or all."""
    found = [action for action in recorded.processes()
             if process in (None, action)
             or isinstance(process, str) and process in action.process_details['name']]
    if isinstance(process, str) and strict_proc_matching and len(found) > 1:
        raise Exception(f"Found multiple processes matching name '{process}': "
                        f'{recorded.process_names()}')
    if not found:
        raise NoMatchingProcess(
            f"No data recorded for process '{process}'. Procs: {recorded.process_names()}")
    return found
