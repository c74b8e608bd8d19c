# SPDX-License-Identifier: Apache-2.0
"""
The node under use_sim_time: its clock is the one of /clock, which may stand still or start anew.

Not verified here: a real simulator.
"""

from discinst_ros.nodes.conversions import segment_reply_from_text, stamp_from_ns
from perception_rig import running_perception
import pytest
from rosgraph_msgs.msg import Clock

NAMESPACE = '/sim_time'
SECOND = 10 ** 9


@pytest.fixture(scope='module')
def process():
    with running_perception(NAMESPACE, {
            'device': 'cpu', 'use_sim_time': True, 'segment_timeout_s': 60.0}) as process:
        yield process


class Simulator:
    """A clock and a camera that run together."""

    def __init__(self, rig, sample):
        self.rig, self.sample, self.now_ns = rig, sample, 0
        self.clock = rig.node.create_publisher(Clock, '/clock', 10)
        self.stamps = []

    def tick(self):
        """Go on by 50 ms and take an image."""
        self.now_ns += SECOND // 20
        self.clock.publish(Clock(clock=stamp_from_ns(self.now_ns)))
        self.stamps.append(self.rig.publish(self.sample, stamp_ns=self.now_ns))


@pytest.fixture
def simulator(rig, sticks):
    return Simulator(rig, sticks)


def test_works_before_the_clock_runs(rig, sticks):
    assert rig.run(sticks, stamp_ns=5 * SECOND)


def test_request_while_the_clock_stands_still_ends(rig, sticks):
    def told():
        """Ask again, as no image may arrive in time."""
        response = rig.segment()
        assert not response.success
        return "5.000 s ahead of this node's clock" in response.message

    assert rig.set_parameter('segment_timeout_s', 4.0).successful
    rig.publish_until(lambda: rig.publish(sticks, stamp_ns=5 * SECOND), told)
    assert rig.set_parameter('segment_timeout_s', 60.0).successful


def test_diagnostics_and_replies_are_in_simulated_time(rig, simulator):
    simulator.now_ns = 1000 * SECOND
    # The node's clock has to run before the request: its time is the request's.
    rig.publish_until(simulator.tick, lambda: rig.diagnostics_stamp_ns > 1000 * SECOND)
    asked_ns = rig.diagnostics_stamp_ns
    response = rig.publish_until(simulator.tick, rig.segment)
    assert response.success, response.message
    stamp_ns, _ = segment_reply_from_text(response.message)
    assert asked_ns <= stamp_ns < 2000 * SECOND
    assert stamp_ns in simulator.stamps


def test_simulation_that_starts_anew(rig, simulator):
    simulator.now_ns = 2000 * SECOND
    rig.publish_until(simulator.tick, lambda: any(
        stamp > 2000 * SECOND for stamp in rig.received['instances']))
    simulator.now_ns = 0
    rig.publish_until(simulator.tick, lambda: any(
        0 < stamp < 1000 * SECOND for stamp in rig.received['instances'])
        and 0 < rig.diagnostics_stamp_ns < 1000 * SECOND)
    response = rig.publish_until(simulator.tick, rig.segment)
    assert response.success, response.message
