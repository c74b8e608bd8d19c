# SPDX-License-Identifier: Apache-2.0
"""ROS for the tests that use it, and what several files share."""

from discinst_ros.resources import default_checkpoint
from discinst_ros.scenes import draw_scene
import pytest
import rclpy


@pytest.fixture(scope='module')
def ros():
    """Keep a context for the tests of a file; other files may start and stop nodes by `main`."""
    rclpy.init()
    yield
    rclpy.try_shutdown()


@pytest.fixture(scope='session')
def sticks():
    """Return a drawn scene with known labels and depth, held out from training."""
    return draw_scene('sticks', 3)


@pytest.fixture(scope='session')
def checkpoint():
    """Return the path of the weights that come with the package."""
    return default_checkpoint()
