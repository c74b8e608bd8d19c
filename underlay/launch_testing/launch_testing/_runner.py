# SPDX-License-Identifier: Apache-2.0
"""Launch the processes under test and run a module's tests while and after they run."""

from functools import partial, update_wrapper
import inspect
import threading
from types import ModuleType
import unittest

from launch import LaunchService
from launch._refusal import refusal

from ._records import ProcInfo, ProcOutput
from .actions import ReadyToTest


def run_launch_test(module: ModuleType) -> str:
    """Run the tests before and after shutdown; return what failed, an empty text if all passed."""
    description = module.generate_test_description()
    ready = [entity for entity in description.entities if isinstance(entity, ReadyToTest)]
    if not ready:
        raise Exception('generate_test_description functions must return a LaunchDescription '
                        'containing a ReadyToTest action')
    service, info, output = LaunchService(), ProcInfo(), ProcOutput()
    service.include_launch_description(description)
    service.context.on_output, service.context.on_exit = output.append, info.exits.append
    before = _suite(module, post_shutdown=False, proc_output=output)
    after = _suite(module, post_shutdown=True, proc_info=info)
    results = []

    def run_tests() -> None:
        try:
            results.append(unittest.TextTestRunner(verbosity=2).run(before))
        finally:
            service.shutdown()

    ready[0].begin = threading.Thread(target=run_tests, daemon=True).start
    service.run()  # in the main thread, which alone may handle signals
    if not results:
        return 'Processes under test stopped before tests completed'
    results.append(unittest.TextTestRunner(verbosity=2).run(after))
    return '\n'.join(f'FAIL: {case}\n{trace}' for result in results
                     for case, trace in (*result.errors, *result.failures))


def _suite(module: ModuleType, *, post_shutdown: bool, **values: object) -> unittest.TestSuite:
    """Return the tests before or after shutdown; each gets the values that its arguments name."""
    suite = unittest.TestSuite()
    for case in vars(module).values():
        if isinstance(case, type) and issubclass(case, unittest.TestCase) and (
                getattr(case, '__post_shutdown_test__', False) == post_shutdown):
            for test in unittest.defaultTestLoader.loadTestsFromTestCase(case):
                _give_values(test, values)
                suite.addTest(test)
    return suite


def _give_values(test: unittest.TestCase, values: dict[str, object]) -> None:
    """Bind the arguments of a test's method."""
    method = getattr(test, test._testMethodName)
    wanted = list(inspect.signature(method).parameters)
    for name in wanted:
        if name not in values:
            raise TypeError(refusal(f'launch_testing.{name} as an argument of {test}'))
    bound = partial(method, **{name: values[name] for name in wanted})
    setattr(test, test._testMethodName, update_wrapper(bound, method))
