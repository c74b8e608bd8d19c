# SPDX-License-Identifier: Apache-2.0
"""The parameters of pick_planner, and what they set."""

from __future__ import annotations

from collections.abc import Mapping
import math
from typing import Any

from discinst_ros.geometry.workspace import EVERYWHERE, Workspace
from discinst_ros.nodes.parameter_spec import AT_START, Spec
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.progress import Patience

_GRIPPER, _PATIENCE = Gripper(), Patience()
SPECS = (
    Spec('cup_radius_m', _GRIPPER.cup_radius_m, 'Radius of the suction cup.', limits=(0.001, 0.2),
         changes=AT_START),
    Spec('max_tilt_rad', _GRIPPER.max_tilt_rad, 'Most angle between a surface and the direction '
         'the gripper comes from.', limits=(0.0, math.pi / 2), changes=AT_START),
    Spec('max_roughness_m', _GRIPPER.max_roughness_m, 'So far from a plane the surface under the '
         'cup may be, root mean square.', limits=(0.0, 0.1), changes=AT_START),
    Spec('approach', list(_GRIPPER.approach), 'Direction the gripper comes from, away '
         'from the surface, in the camera optical frame.', changes=AT_START,
         parse=lambda value: Gripper(approach=tuple(value))),
    Spec('workspace', list(EVERYWHERE), 'That of perception_node: where no point lies inside, the '
         'bin is not seen, and so not empty.', changes=AT_START,
         parse=lambda bounds: Workspace(tuple(bounds))),
    Spec('confirm_frames', _PATIENCE.confirm_frames, 'The bin is empty when so many frames in a '
         'row say so; as many are taken to say that nothing in it can be picked.',
         limits=(1, 1000), changes=AT_START),
    Spec('tries_per_place', _PATIENCE.tries_per_place, 'A place at which so many picks failed is '
         'given up.', limits=(1, 100), changes=AT_START),
    Spec('tries_per_object', _PATIENCE.tries_per_object, 'An object on which so many picks failed '
         'is left alone until something else is lifted.', limits=(1, 1000), changes=AT_START),
    Spec('tries_in_a_row', _PATIENCE.tries_in_a_row, 'When so many picks have failed one after '
         'the other, the bin cannot be emptied.', limits=(1, 1_000_000), changes=AT_START),
    Spec('min_score', _PATIENCE.min_score, 'Objects of a lower score are left out: rather patches '
         'of the bin than objects.', limits=(0.0, 1.0), changes=AT_START),
    Spec('max_tries', _PATIENCE.max_tries, 'Picks in all, after which a bin is given up.',
         limits=(1, 1_000_000), changes=AT_START),
    Spec('frame_timeout_s', 30.0, 'So long without a fresh frame ends it.', limits=(0.1, 3600.0),
         changes=AT_START),
    Spec('answer_timeout_s', 60.0, 'So long without an answer of the cell ends it.',
         limits=(0.1, 3600.0), changes=AT_START),
)


def gripper_of(given: Mapping[str, Any]) -> Gripper:
    """Return what the parameters say of the cup and of where it comes from."""
    return Gripper(
        cup_radius_m=given['cup_radius_m'], max_roughness_m=given['max_roughness_m'],
        max_tilt_rad=given['max_tilt_rad'], approach=tuple(given['approach']))


def patience_of(given: Mapping[str, Any]) -> Patience:
    """Return how long the parameters let it go on."""
    return Patience(
        given['confirm_frames'], given['tries_per_place'], given['max_tries'],
        given['tries_per_object'], given['tries_in_a_row'], given['min_score'])


def workspace_of(given: Mapping[str, Any]) -> Workspace:
    """Return the box in which the bin is."""
    return Workspace(tuple(given['workspace']))
