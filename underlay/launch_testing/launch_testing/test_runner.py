# SPDX-License-Identifier: Apache-2.0
"""
Launch the processes under test and run the tests of a module while and after they run.
"""

from __future__ import annotations

from functools import wraps
import inspect
import threading
from types import ModuleType
from typing import Any, Callable
import unittest

from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription, RegisterEventHandler
from launch.event_handlers import OnProcessExit, OnProcessIO, OnProcessStart
from launch.launch_description import walk

from .actions import ReadyToTest
from .handlers import ActiveIoHandler, ActiveProcInfoHandler, IoHandler, ProcInfoHandler

READY_TIMEOUT_S = 15


class LaunchTestFailure(Exception):
    """
    The launch died before its tests completed.
    """


class _Inline:
    """
    A launch description source that has its description already.
    """

    def __init__(self, description: LaunchDescription) -> None:
        self._description = description

    def get_launch_description(self, context: Any) -> LaunchDescription:
        return self._description


def run_launch_test(
    module: ModuleType, launch_arguments: dict[str, str],
) -> list[unittest.TestResult]:
    """
    Return the results of the tests before and after shutdown.

    :raises LaunchTestFailure: the processes ended, or never got ready, before the tests did
    """
    generate = module.generate_test_description
    described = generate()
    description, context = described if isinstance(described, tuple) else (described, {})
    info, output = ProcInfoHandler(), IoHandler()
    active_info, active_output = ActiveProcInfoHandler(info), ActiveIoHandler(output)
    ready, completed = threading.Event(), threading.Event()
    for entity in walk(description):
        if isinstance(entity, ReadyToTest):
            entity._add_callback(ready.set)
            break
    else:
        raise Exception('generate_test_description functions must return a LaunchDescription '
                        'containing a ReadyToTest action')

    service = LaunchService()
    service.include_launch_description(LaunchDescription([
        RegisterEventHandler(OnProcessStart(on_start=lambda event, _: active_info.append(event))),
        RegisterEventHandler(OnProcessExit(on_exit=lambda event, _: active_info.append(event))),
        RegisterEventHandler(OnProcessIO(
            on_stdout=active_output.append, on_stderr=active_output.append)),
        IncludeLaunchDescription(
            _Inline(description), launch_arguments=launch_arguments.items()),
    ]))
    shared = {'launch_service': service, 'test_args': launch_arguments}
    before = _suite(module, False, {
        **context, **shared, 'proc_info': active_info, 'proc_output': active_output})
    after = _suite(module, True, {**context, **shared, 'proc_info': info, 'proc_output': output})
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


def _suite(module: ModuleType, post_shutdown: bool, values: dict[str, Any]) -> unittest.TestSuite:
    """
    Return the module's tests before or after shutdown, with the values at hand.
    """
    loader, suite = unittest.TestLoader(), unittest.TestSuite()
    for case in vars(module).values():
        if isinstance(case, type) and issubclass(case, unittest.TestCase) and (
                getattr(case, '__post_shutdown_test__', False) == post_shutdown):
            suite.addTests(loader.loadTestsFromTestCase(_with_values(case, loader, values)))
    return suite


def _with_values(
    case: type[unittest.TestCase], loader: unittest.TestLoader, values: dict[str, Any],
) -> type[unittest.TestCase]:
    """
    Derive a TestCase whose methods get the values that their arguments name.
    """
    names = ('proc_info', 'proc_output', 'test_args')
    attributes = {'__module__': case.__module__, '__qualname__': case.__qualname__,
                  **{name: values[name] for name in names}}
    for name in ('setUp', 'tearDown', *loader.getTestCaseNames(case)):
        attributes[name] = _with_arguments(getattr(case, name), values)
    for name in ('setUpClass', 'tearDownClass'):
        attributes[name] = classmethod(_with_arguments(getattr(case, name).__func__, values))
    return type(case.__name__, (case,), attributes)


def _with_arguments(function: Callable[..., Any], values: dict[str, Any]) -> Callable[..., Any]:
    wanted = {name: values[name] for name in inspect.signature(function).parameters
              if name in values}

    @wraps(function)
    def call(self: Any) -> Any:
        return function(self, **wanted)
    return call
