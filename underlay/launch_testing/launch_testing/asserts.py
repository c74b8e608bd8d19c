# SPDX-License-Identifier: Apache-2.0
"""Assertions on processes under test."""

from __future__ import annotations

from collections.abc import Iterable
import re
from typing import Any

from launch._refusal import refuse_keywords, refuse_the_rest

from ._processes import resolve

__getattr__ = refuse_the_rest(__name__)

EXIT_OK = 0
EXIT_SIGINT = 130
EXIT_SIGQUIT = 131
EXIT_SIGKILL = 137
EXIT_SIGSEGV = 139

#: A text, a pattern, or several that follow one another.
Expected = str | re.Pattern[str] | Iterable[str | re.Pattern[str]]

_ANSI_ESCAPE = re.compile(r'\x1b\[[0-9;?]*[ -/]*[@-~]')


def assertExitCodes(
    proc_info: Any, allowable_exit_codes: Iterable[int] = (EXIT_OK,), process: Any = None, *,
    strict_proc_matching: bool = True, **unknown: Any,
) -> None:
    """Assert that processes ended with one of these exit codes."""
    refuse_keywords('launch_testing.asserts.assertExitCodes', unknown)
    for action in resolve(proc_info, process, strict_proc_matching=strict_proc_matching):
        info = proc_info[action]
        assert info.returncode in allowable_exit_codes, (
            f'Proc {info.process_name} exited with code {info.returncode}')


def assertInStdout(proc_output: Any, expected_output: Expected, process: Any, **kw: Any) -> None:
    """Assert that a process wrote something on stdout."""
    _assert_in('from_stdout', proc_output, expected_output, process, **kw)


def assertInStderr(proc_output: Any, expected_output: Expected, process: Any, **kw: Any) -> None:
    """Assert that a process wrote something on stderr."""
    _assert_in('from_stderr', proc_output, expected_output, process, **kw)


def _assert_in(
    stream: str, proc_output: Any, expected: Expected, process: Any, *,
    strict_proc_matching: bool = True, **unknown: Any,
) -> None:
    refuse_keywords('launch_testing.asserts.assertInStdout', unknown)
    actions = resolve(proc_output, process, strict_proc_matching=strict_proc_matching)
    texts = [b''.join(io.text for io in proc_output[action] if getattr(io, stream))
             for action in actions]
    assert any(_found(expected, text.decode(errors='replace')) for text in texts), (
        f"Did not find '{expected}' in output for any of the matching processes: "
        f"{', '.join(action.process_details['name'] for action in actions)}")


def _found(expected: Expected, text: str) -> bool:
    """Say whether the expected parts occur in the text, one after another."""
    text, end = _ANSI_ESCAPE.sub('', text), 0
    for part in [expected] if isinstance(expected, (str, re.Pattern)) else expected:
        match = re.compile(re.escape(part) if isinstance(part, str) else part).search(text, end)
        if match is None:
            return False
        end = match.end()
    return True
