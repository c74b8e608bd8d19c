#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The node: images in, instances out.

Configuring loads the weights and makes the publishers; activating starts the pipeline, which
subscribes and works; deactivating and cleaning up undo that.
"""

from __future__ import annotations

from collections.abc import Sequence
import logging
import sys
import threading
import traceback
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from discinst_ros.nodes.conversions import segment_reply_to_text
from discinst_ros.nodes.diagnostics import diagnostics_to_msg, FrameStatistics, status
from discinst_ros.nodes.log_bridge import RosLogHandler
from discinst_ros.nodes.model import Model
from discinst_ros.nodes.node_arguments import node_arguments
from discinst_ros.nodes.parameters import Parameters
from discinst_ros.nodes.perception_parameters import SPECS
from discinst_ros.nodes.pipeline import Pipeline
from discinst_ros.nodes.problems import Problems, sentence
from discinst_ros.nodes.process import run
from discinst_ros.nodes.publishers import InstancePublishers
from discinst_ros.nodes.states import nothing_wrong, why_no_frame
from discinst_ros.nodes.transitions import refuse_impossible_transitions
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

NODE_NAME = 'perception_node'
DIAGNOSTICS_PERIOD_S = 1.0
#: One each for what may wait: the camera with the lifecycle, ``~/segment``, diagnostics.
THREADS = 3

#: Kind of the problem that keeps the node from its work.
NOT_STARTED = 'not started'

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class PerceptionNode(LifecycleNode):
    """The managed node ``perception_node``."""

    def __init__(self, **kwargs: Any) -> None:
        """
        Declare parameters; with ``autostart`` configure and activate as soon as somebody spins.

        :param kwargs: those of :class:`rclpy.node.Node`.
        """
        super().__init__(NODE_NAME, **kwargs)
        refuse_impossible_transitions(self)
        logger = self.get_logger()
        self._problems = Problems(logger.warning, logger.error)
        self._node_parameters = Parameters(self, self._problems)
        self.add_post_set_parameters_callback(self._on_parameters_changed)
        self._statistics = FrameStatistics()
        self._state = 'unconfigured'
        self._model: Model | None = None
        self._outputs: InstancePublishers | None = None
        self._pipeline: Pipeline | None = None
        self._released = threading.Event()
        #: Set while no autostart is pending.
        self._settled = threading.Event()
        self._release = self.create_guard_condition(self._on_release)
        # Timers on the steady clock: a simulated one may stand still.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self.create_timer(DIAGNOSTICS_PERIOD_S, self._publish_diagnostics,
                          MutuallyExclusiveCallbackGroup(), steady)
        self.create_service(Trigger, '~/segment', self._on_segment,
                            callback_group=MutuallyExclusiveCallbackGroup())
        if self._node_parameters['autostart']:
            self._autostart = self.create_timer(0.0, self._on_autostart, clock=steady)
        else:
            self._settled.set()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the weights and make the publishers."""
        self._state = 'configuring'
        try:
            self._model = Model(self._node_parameters, self.get_logger().info)
            self._outputs = InstancePublishers(self, self._problems)
        except Exception as error:  # whatever it is, the node must live to be told better
            self._clean_up()
            return self._failed('configure', error)
        self._problems.clear(NOT_STARTED)
        self._publish_label_info()
        self._node_parameters.locked = True
        self._state = 'inactive'
        self.get_logger().info(f'configured: {self._model.name} on {self._model.device}')
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe and work."""
        assert self._model is not None and self._outputs is not None
        try:
            self._pipeline = Pipeline(self, self._model, self._outputs, self._node_parameters,
                                      self._problems, self._statistics)
        except Exception as error:  # rclpy would take it for one of its own and say nothing
            return self._failed('activate', error)
        self._problems.clear(NOT_STARTED)
        self._state = 'active'
        self.get_logger().info(f'active: waiting for images on {self._pipeline.image_topic}')
        return SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and finish the image in work."""
        self._deactivate()
        return SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give up the publishers and the weights."""
        self._clean_up()
        self._problems.clear(NOT_STARTED)
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give up everything."""
        self._deactivate()
        self._clean_up()
        self._state = 'finalized'
        return SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start over after a transition that failed unexpectedly."""
        self._problems.report('transition failed', f"the transition from '{state.label}' failed; "
                              'the node is unconfigured, configure it again', fatal=True)
        self._deactivate()
        self._clean_up()
        return SUCCESS

    def begin_release(self) -> threading.Event:
        """Shut down in the executor, after the transition that is under way."""
        pipeline = self._pipeline
        if pipeline is not None:
            pipeline.end_requests()
        self._settled.set()
        self._release.trigger()
        return self._released

    def _failed(self, what: str, error: Exception) -> TransitionCallbackReturn:
        """Say why a transition has failed; the node stays in the state that it was in."""
        self._problems.report(NOT_STARTED, f'cannot {what}: {sentence(error)}', lasting=True,
                              fatal=True)
        self.get_logger().debug(traceback.format_exc())
        return FAILURE

    def _publish_label_info(self) -> None:
        """Say what the class ids mean, and from which score on objects come out."""
        model, outputs = self._model, self._outputs
        if model is not None and outputs is not None:
            outputs.publish_label_info(model.class_names, self._node_parameters['min_score'])

    def _on_parameters_changed(self, parameters: list[Parameter]) -> None:
        if any(parameter.name == 'min_score' for parameter in parameters):
            self._publish_label_info()

    def _on_release(self) -> None:
        if self._state != 'finalized':
            self.trigger_shutdown()
        self._released.set()

    def _on_autostart(self) -> None:
        self._autostart.cancel()
        try:
            if self._state == 'unconfigured' and self.trigger_configure() == SUCCESS:
                self.trigger_activate()
        finally:
            self._settled.set()

    def _deactivate(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        self._state = 'inactive'
        if pipeline is not None:
            pipeline.stop()

    def _clean_up(self) -> None:
        self._state = 'unconfigured'
        outputs, self._outputs = self._outputs, None
        model, self._model = self._model, None
        if outputs is not None:
            outputs.destroy()
        if model is not None:
            model.release()
        self._node_parameters.locked = False

    def _on_segment(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Answer with one image taken after the request."""
        requested_ns = self.get_clock().now().nanoseconds
        # A planner that starts with the node may ask while the weights are still being loaded.
        self._settled.wait(self._node_parameters['segment_timeout_s'])
        pipeline = self._pipeline
        if pipeline is None:
            response.message = why_no_frame(self._state, starting=not self._settled.is_set(),
                                            failure=self._problems.sentence_of(NOT_STARTED))
            return response
        try:
            response.message = segment_reply_to_text(*pipeline.segment(requested_ns))
            response.success = True
        except TimeoutError as error:
            response.message = str(error)
            self._problems.report('segment', f'~/segment: {error}')
        return response

    def _publish_diagnostics(self) -> None:
        pipeline, model, outputs = self._pipeline, self._model, self._outputs
        parameters = self._node_parameters
        silence = None if pipeline is None else pipeline.silence()
        others = None if pipeline is None or outputs is None else outputs.why_not_alone()
        for kind, text in (('silence', silence), ('not alone', others)):
            if text is None:
                self._problems.clear(kind)
            else:
                self._problems.report(kind, text)
        fine = nothing_wrong(self._state, starting=not self._settled.is_set(),
                             continuous=parameters['continuous'])
        level, message = status(self._problems.active(), stale=silence is not None, fine=fine)
        device = parameters['device'] if model is None else model.device
        values = {'state': self._state, 'device': device,
                  'checkpoint': parameters['checkpoint'] if model is None else model.name,
                  **self._statistics.values(), 'last_error': self._problems.last}
        self._diagnostics.publish(diagnostics_to_msg(
            f'{self.get_fully_qualified_name()[1:]}: instances', device, level, message, values,
            self.get_clock().now().to_msg()))


def make_node() -> PerceptionNode:
    """Make the node of a process, which the core logs through."""
    node = PerceptionNode()
    core = logging.getLogger('discinst_ros')
    core.addHandler(RosLogHandler(node.get_logger()))
    core.setLevel(logging.INFO)
    return node


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until Ctrl-C."""
    arguments = node_arguments(
        NODE_NAME, 'Find every single object in the images of a camera.', SPECS.values(), argv)
    return run(make_node, arguments, threads=THREADS)


if __name__ == '__main__':
    sys.exit(main())
