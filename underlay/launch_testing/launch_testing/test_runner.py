# SPDX-License-Identifier: Apache-2.0
"""Launch the processes under test and run a module's tests while and after they run."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
import inspect
import threading
from types import ModuleType
from typing import Any
import unittest

from launch import LaunchDescription, LaunchService
from launch.actions import RegisterEventHandler
from launch.event_handlers import OnProcessExit, OnProcessIO, OnProcessStart
from launch.launch_description import walk

from ._records import ActiveOutput, ActiveProcInfo, ProcInfo, Record
from .actions import ReadyToTest

READY_TIMEOUT_S = 15


class LaunchTestFailure(Exception):
    """The launch died before its tests completed, or a test failed."""


def run_launch_test(module: ModuleType) -> list[unittest.TestResult]:
    """
    Return the results of the tests before and after shutdown.

    :raises LaunchTestFailure: the processes ended, or never got ready, before the tests did
    """
    generate = module.generate_test_description
    described = generate()
    description, context = described if isinstance(described, tuple) else (described, {})
    info, output = ProcInfo(), Record()
    ready, completed = threading.Event(), threading.Event()
    _ready_action(description)._callback = ready.set
    service = LaunchService()
    service.include_launch_description(LaunchDescription([
        RegisterEventHandler(OnProcessStart(on_start=lambda event, _: info.append(event))),
        RegisterEventHandler(OnProcessExit(on_exit=lambda event, _: info.append(event))),
        RegisterEventHandler(OnProcessIO(on_stdout=output.append, on_stderr=output.append)),
        description,
    ]))
    context = {**context, 'launch_service': service, 'test_args': {}}
    before = _suite(module, False, {
        **context, 'proc_info': ActiveProcInfo(info), 'proc_output': ActiveOutput(output)})
    after = _suite(module, True, {**context, 'proc_info': info, 'proc_output': output})
    results = []

    def run_tests() -> None:
        timeout_s = getattr(generate, '__ready_to_test_action_timeout__', READY_TIMEOUT_S)
        try:
            if ready.wait(timeout_s):
                results.append(unittest.TextTestRunner(verbosity=2).run(before))
                completed.set()
            else:
                print('Timed out waiting for processes to start up')
        finally:
            service.shutdown()

    threading.Thread(target=run_tests, name='test_runner_thread', daemon=True).start()
    service.run()  # in the main thread, which alone may handle signals
    if not completed.is_set():
        raise LaunchTestFailure('Processes under test stopped before tests completed')
    results.append(unittest.TextTestRunner(verbosity=2).run(after))
    return results


def _ready_action(description: LaunchDescription) -> ReadyToTest:
    for entity in walk(description):
        if isinstance(entity, ReadyToTest):
            return entity
    raise Exception('generate_test_description functions must return a LaunchDescription '
                    'containing a ReadyToTest action')


def _suite(module: ModuleType, post_shutdown: bool, values: dict[str, Any]) -> unittest.TestSuite:
    """Return the module's tests before or after shutdown, with the values at hand."""
    loader, suite = unittest.TestLoader(), unittest.TestSuite()
    for case in vars(module).values():
        if isinstance(case, type) and issubclass(case, unittest.TestCase) and (
                getattr(case, '__post_shutdown_test__', False) == post_shutdown):
            suite.addTests(loader.loadTestsFromTestCase(_with_values(case, loader, values)))
    return suite


def _with_values(
    case: type[unittest.TestCase], loader: unittest.TestLoader, values: dict[str, Any],
) -> type[unittest.TestCase]:
    """Derive a TestCase whose methods get the values that their arguments name."""
    attributes: dict[str, Any] = {
        name: values[name] for name in ('proc_info', 'proc_output', 'test_args')}
    for name in ('setUp', 'tearDown', *loader.getTestCaseNames(case)):
        attributes[name] = _with_arguments(getattr(case, name), values)
    for name in ('setUpClass', 'tearDownClass'):
        attributes[name] = classmethod(_with_arguments(getattr(case, name).__func__, values))
    return type(case.__name__, (case,), {
        '__module__': case.__module__, '__qualname__': case.__qualname__, **attributes})


def _with_arguments(function: Callable[..., Any], values: dict[str, Any]) -> Callable[..., Any]:
    wanted = {name: values[name] for name in inspect.signature(function).parameters
              if name in values}

    @wraps(function)
    def call(self: Any) -> Any:
        return function(self, **wanted)
    return call
