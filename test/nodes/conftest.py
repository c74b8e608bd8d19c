# SPDX-License-Identifier: Apache-2.0
"""ROS for the tests that use it, and what several files share."""

from discinst_ros.data.sources import open_source
from discinst_ros.resources import drawn_checkpoint
import numpy as np
from perception_rig import Rig, running_perception
from pick_rig import Cell, Perception, Run
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node


@pytest.fixture(scope='module')
def ros():
    """
    Keep a context for the tests of a file; other files may start and stop nodes by `main`.

    Its DDS participant comes with the first node and goes with the last one. A node of its own
    keeps it: made anew for every node of a test, hundreds of times in one process, it has been
    seen to hang.
    """
    rclpy.init()
    keeper = Node('keeper', enable_rosout=False, start_parameter_services=False)
    yield
    keeper.destroy_node()
    rclpy.try_shutdown()


@pytest.fixture
def executor(ros):
    """Give an executor; the nodes that a test adds to it are destroyed with it."""
    executor = SingleThreadedExecutor()
    yield executor
    for node in executor.get_nodes():
        node.destroy_node()
    executor.shutdown()


@pytest.fixture(scope='session')
def sticks():
    """Return the demo's most crowded drawn scene: known labels, depth, held out from training."""
    scenes = open_source('sticks')
    return max((scenes[index] for index in range(len(scenes))),
               key=lambda scene: len(np.unique(scene.labels)))


@pytest.fixture(scope='session')
def checkpoint():
    """Return the path of the weights of drawn scenes, for which depth makes no difference."""
    return drawn_checkpoint()


@pytest.fixture(scope='module')
def process(request, checkpoint):
    """Run a perception_node in the NAMESPACE of a file, for all of its tests."""
    with running_perception(request.module.NAMESPACE, {
            'device': 'cpu', 'checkpoint': checkpoint}) as process:
        yield process


@pytest.fixture
def rig(request, ros, process):
    """Give a camera, a listener and an operator of that node, which is at work."""
    rig = Rig(request.module.NAMESPACE)
    rig.wait_until_active()
    yield rig
    rig.destroy()


@pytest.fixture
def perception(executor):
    """Give a made-up perception, for a planner."""
    node = Perception()
    executor.add_node(node)
    return node


@pytest.fixture
def cell(executor):
    """Give a made-up cell, for a planner."""
    node = Cell()
    executor.add_node(node)
    return node


@pytest.fixture
def start(executor):
    """Return what starts a planner, given its parameters."""
    return lambda **parameters: Run(executor, **parameters)
