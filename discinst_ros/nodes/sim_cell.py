# SPDX-License-Identifier: Apache-2.0
"""
A robot's cell in simulation: a bin as an RGB-D camera sees it, and a suction cup that picks.

The camera has the topics of a driver; nothing of the truth is published. A target on
``pick_target`` is tried by physics (:mod:`discinst_ros.scenes.cell`), and answered on
``pick_result``. While the cup moves no images are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
import math
import sys

from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.data.sample import Sample
from discinst_ros.nodes.camera_publisher import CAMERA_SPECS, CameraPublisher
from discinst_ros.nodes.conversions import NANOSECONDS, stamp_to_ns
from discinst_ros.nodes.node_arguments import node_arguments
from discinst_ros.nodes.pace import Pace
from discinst_ros.nodes.parameter_spec import AT_START, Spec
from discinst_ros.nodes.pick_messages import pick_result_to_msg, PickResult
from discinst_ros.nodes.run_until_finished import run_until_finished
from discinst_ros.nodes.start_parameters import declare_start_parameters
from discinst_ros.nodes.target_checks import box_of, TargetChecks
from discinst_ros.picking.gripper import Gripper
from discinst_ros.scenes.cell import (
    Cup,
    Fault,
    HEIGHT_PX,
    make_cell,
    object_in_box,
    PARTS,
    PickOutcome,
    SIDE_PX,
    why_fewer,
    WIDTH_PX,
)
from discinst_ros.scenes.heaps import SHAPE_SETS
from discinst_ros.scenes.heaps.engine import check_graphics
import numpy as np
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D

_GRIPPER, _CUP = Gripper(), Cup()
_KINDS = ('bin', 'tote', 'moulded')
#: The box of an object is that of what is seen of it, and the place of a pick has noise, too.
_BOX_NOISE_M = 0.015
SPECS = (
    Spec('seed', 0, 'Of the heap, the camera and the lamps.', limits=(0, 2 ** 31 - 1),
         changes=AT_START),
    Spec('shapes', 'training', f'What the objects are: {", ".join(SHAPE_SETS)}.',
         pattern='|'.join(SHAPE_SETS), expected=', '.join(SHAPE_SETS), changes=AT_START),
    Spec('kind', 'bin', f'What they lie in: {", ".join(_KINDS)}.', pattern='|'.join(_KINDS),
         expected=', '.join(_KINDS), changes=AT_START),
    Spec('parts', 'any', 'Copies of one part, a mix, or either by chance: one, mixed, any.',
         pattern='|'.join(PARTS), expected=', '.join(PARTS), changes=AT_START),
    Spec('count', 0, 'Objects in the bin, from 2 on, fewer where they do not fit; 0: by chance.',
         limits=(0, 40), changes=AT_START),
    Spec('rate_hz', 5.0, "Images per second of the node's clock.", limits=(0.01, 60.0),
         changes=AT_START),
    Spec('width', WIDTH_PX, 'Of the images, pixels.', limits=SIDE_PX, changes=AT_START),
    Spec('height', HEIGHT_PX, 'Of the images, pixels.', limits=SIDE_PX, changes=AT_START),
    Spec('cup_radius_m', _GRIPPER.cup_radius_m, 'Radius of the suction cup.',
         limits=(0.001, 0.1), changes=AT_START),
    Spec('max_tilt_rad', _GRIPPER.max_tilt_rad, 'Most angle between a surface and the direction '
         'the arm comes from.', limits=(0.0, math.pi / 2), changes=AT_START),
    Spec('cup_force_n', _CUP.force_n, 'Pull above which the cup lets go.', limits=(0.1, 1000.0),
         changes=AT_START),
    *CAMERA_SPECS,
)


class SimCell(Node):
    """A bin that is published as images, and picked from."""

    def __init__(self) -> None:
        """
        Declare parameters, make the heap and start the camera.

        :raises ValueError: for a parameter that cannot be, and where nothing can be drawn.
        """
        super().__init__('sim_cell')
        given = declare_start_parameters(self, SPECS)
        check_graphics(given['width'], given['height'])
        self._cell = make_cell(
            given['seed'], shapes=given['shapes'], kind=given['kind'], parts=given['parts'],
            count=given['count'], width=given['width'], height=given['height'], cup=Cup(
                Gripper(cup_radius_m=given['cup_radius_m'], max_tilt_rad=given['max_tilt_rad']),
                force_n=given['cup_force_n']))
        self._frame_id: str = given['frame_id']
        self._checks = TargetChecks(self._frame_id)
        #: The newest image with its truth; what is true of it is so of all since the last pick.
        self._seen: Sample | None = None
        self._pace = Pace(given['rate_hz'], lambda: self._now_ns() / NANOSECONDS)
        #: Never done: a cell is there until it is switched off.
        self.finished: Future = Future()
        self._camera = CameraPublisher(self, reliable=given['reliable'])
        self._results = self.create_publisher(DiagnosticStatus, 'pick_result', 10)
        self._targets = self.create_subscription(Detection3D, 'pick_target', self._on_target, 10)
        # One thread draws and picks: what draws belongs to the thread that made it.
        self.create_timer(1 / given['rate_hz'], self._look)
        self.get_logger().info(
            f'{len(self._cell.present)} objects in the bin, shown at {given["rate_hz"]:g} Hz on '
            f'{self._camera.topic}, picked by what comes on {self._targets.topic_name}; the '
            'workspace of perception is '
            f'{[round(bound, 3) for bound in self._cell.workspace.bounds]}')
        fewer = why_fewer(self._cell, given['count'])
        if fewer:
            self.get_logger().warning(
                f'{len(self._cell.present)} objects lie in the bin, not {given["count"]}: {fewer}')

    def _look(self) -> None:
        """Publish what the camera sees now."""
        now = self.get_clock().now()
        self._checks.looked(now.nanoseconds)
        self._seen = self._cell.look()
        self._camera.publish(self._seen, Header(
            stamp=now.to_msg(), frame_id=self._frame_id))
        self._pace.count(self.get_logger().warning)

    def _on_target(self, target: Detection3D) -> None:
        """Try a pick and answer."""
        self._pace.pause()
        try:
            outcome = self._pick(target)
        except ValueError as error:  # of whatever a planner may send
            outcome = _refused(f'the target cannot be tried: {error}')
        done_ns = self._now_ns()
        if outcome.fault != Fault.REFUSED:
            self._checks.picked(done_ns)
        left = f'{len(self._cell.present)} objects are left'
        if outcome.lifted:
            self.get_logger().info(f'target {target.id}: lifted {outcome.message}; {left}')
        else:
            self.get_logger().warning(f'target {target.id}: {outcome.message}; {left}')
        for label in outcome.spilled:
            self.get_logger().warning(f'object {label} fell out of the bin')
        self._results.publish(pick_result_to_msg(PickResult(
            stamp_ns=stamp_to_ns(target.header.stamp), id=target.id,
            lifted=bool(outcome.lifted), message=outcome.message,
            object=', '.join(map(str, outcome.lifted)),
            spilled=', '.join(map(str, outcome.spilled)), done_ns=done_ns,
            refused=outcome.fault == Fault.REFUSED)))

    def _now_ns(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _pick(self, target: Detection3D) -> PickOutcome:
        """Return what a target comes to."""
        refusal = self._checks.refusal(target)
        if refusal:
            return _refused(refusal)
        pose = target.results[0].pose.pose
        place, turn = pose.position, pose.orientation
        position = np.array([place.x, place.y, place.z])
        box, intended = box_of(target), None
        if box is not None:
            away_m = float(box.away_m(position[None])[0])
            if away_m > _BOX_NOISE_M:
                return _refused(f'the target is on another object: it lies {100 * away_m:.1f} cm '
                                f'outside the box of object {target.id}')
            assert self._seen is not None  # whose stamp the target has, or one of the same bin
            intended = object_in_box(self._seen, box)
        return self._cell.pick(position, np.array([turn.x, turn.y, turn.z, turn.w]), intended)


def _refused(why: str) -> PickOutcome:
    return PickOutcome((), Fault.REFUSED, why)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the cell until Ctrl-C."""
    return run_until_finished(SimCell, node_arguments(
        'sim_cell', 'A bin in simulation: a camera above it, and a suction cup.', SPECS, argv))


if __name__ == '__main__':
    sys.exit(main())
