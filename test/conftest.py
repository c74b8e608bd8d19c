# SPDX-License-Identifier: Apache-2.0
"""
What holds for all tests.

They disturb nobody and nobody disturbs them: a DDS domain of their own on this machine alone, logs
of ROS in a folder that goes away, one thread for each process. Processes that a test starts
inherit all of it.
"""

from collections.abc import Generator
import faulthandler
import os
import random
import socket
import tempfile

import pytest

FIRST_GUARD_PORT = 23400
DOMAINS = range(1, 101)
"""Those whose ports keep clear of the ephemeral ones of Linux."""
HUNG_S = 60
"""So long after the time limit of a test, which a library that never returns does not feel."""


def reserve_domain() -> tuple[int, socket.socket]:
    """
    Find a DDS domain that no other run of these tests has, whatever the shell says.

    :return: the domain, and the socket that keeps it reserved while it is open
    """
    for domain in random.sample(DOMAINS, len(DOMAINS)):
        guard = socket.socket()
        try:
            guard.bind(('127.0.0.1', FIRST_GUARD_PORT + domain))
        except OSError:
            guard.close()
        else:
            return domain, guard
    raise RuntimeError(f'all {len(DOMAINS)} DDS domains are taken by other runs of the tests')


_TERMINAL = pytest.StashKey[int]()

_domain, _guard = reserve_domain()
_ros_logs = tempfile.TemporaryDirectory(prefix='discinst-ros-log-')

os.environ['ROS_DOMAIN_ID'] = str(_domain)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
os.environ['ROS_LOG_DIR'] = _ros_logs.name
os.environ['OMP_NUM_THREADS'] = '1'


@pytest.fixture(scope='session')
def graphics_library() -> None:
    """Skip what draws with MuJoCo where there is nothing to draw with."""
    pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')
    from discinst_ros.scenes.heaps.engine import check_graphics

    try:
        check_graphics()
    except ValueError as error:
        pytest.skip(str(error))


def pytest_configure(config: pytest.Config) -> None:
    """Keep the terminal, which is hidden from the tests."""
    config.stash[_TERMINAL] = os.dup(2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End the run where a test hangs inside a library, and print where; no other thread can."""
    limit_s = 0.0
    if item.config.pluginmanager.hasplugin('timeout'):
        asked = item.config.getoption('timeout')
        limit_s = float(item.config.getini('timeout') if asked is None else asked)
    if limit_s:
        faulthandler.dump_traceback_later(limit_s + HUNG_S, exit=True,
                                          file=item.config.stash[_TERMINAL])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip the tests marked `cuda` on machines without it; here and nowhere else."""
    if item.get_closest_marker('cuda'):
        torch = pytest.importorskip('torch')
        if not torch.cuda.is_available():
            pytest.skip('no CUDA device')
