# SPDX-License-Identifier: Apache-2.0
"""Assertions on processes under test."""

from collections.abc import Iterable
from typing import Any

from launch._refusal import refuse_keywords

from ._records import ProcInfo


def assertExitCodes(
    proc_info: ProcInfo, allowable_exit_codes: Iterable[int] = (0,), **unknown: Any,
) -> None:
    """Assert that all processes ended with one of these exit codes, and that there were some."""
    refuse_keywords('launch_testing.asserts.assertExitCodes', unknown)
    assert proc_info.exits, 'No process has been recorded'
    for event in proc_info.exits:
        assert event.returncode in allowable_exit_codes, (
            f'Proc {event.process_name} exited with code {event.returncode}')
