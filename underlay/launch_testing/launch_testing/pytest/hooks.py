# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: a module whose generate_test_description is marked launch_test is a test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .._runner import run_launch_test


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line('markers', 'launch_test: marks a generate_test_description')


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
        if not any(mark.name == 'launch_test' for mark in marks):
            yield from super().collect()
            return
        for mark in marks:
            self.add_marker(getattr(pytest.mark, mark.name)(*mark.args, **mark.kwargs))
        yield LaunchTestItem.from_parent(self, name=self.obj.__name__)


class LaunchTestItem(pytest.Item):
    """The launch and all its tests."""

    def runtest(self) -> None:
        if failures := run_launch_test(self.parent.obj):
            pytest.fail(failures, pytrace=False)
