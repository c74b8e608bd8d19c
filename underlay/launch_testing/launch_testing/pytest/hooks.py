# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: a module whose generate_test_description is marked launch_test is a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from launch._refusal import refusal
import pytest

from ..test_runner import LaunchTestFailure, run_launch_test


def pytest_configure(config: pytest.Config) -> None:
    for marker in ('launch_test: marks a generate_test_description', 'rostest: refused by name'):
        config.addinivalue_line('markers', marker)


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector,
) -> pytest.Module | None:
    if b'\ndef generate_test_description' not in module_path.read_bytes():
        return None
    return LaunchTestModule.from_parent(parent, path=module_path)


class LaunchTestModule(pytest.Module):
    """A module with a generate_test_description."""

    def collect(self) -> Iterator[Any]:
        entry_point = getattr(self.obj, 'generate_test_description', None)
        marks = getattr(entry_point, 'pytestmark', [])
        if any(mark.name == 'rostest' for mark in marks):
            raise self.CollectError(refusal('launch_testing_ros.rostest'))
        if not any(mark.name == 'launch_test' for mark in marks):
            yield from super().collect()
            return
        for mark in marks:
            self.add_marker(getattr(pytest.mark, mark.name)(*mark.args, **mark.kwargs))
        yield LaunchTestItem.from_parent(self, name=self.obj.__name__)


class LaunchTestItem(pytest.Item):
    """The launch and all its tests."""

    def runtest(self) -> None:
        results = run_launch_test(self.parent.obj)
        if not all(result.wasSuccessful() for result in results):
            raise LaunchTestFailure('\n'.join(
                f'FAIL: {case}\n{trace}' for result in results
                for case, trace in (*result.errors, *result.failures)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        if isinstance(excinfo.value, LaunchTestFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f'launch tests: {self.name}'
