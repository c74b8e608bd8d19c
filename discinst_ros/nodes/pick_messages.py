# SPDX-License-Identifier: Apache-2.0
"""
What a planner and a cell tell each other, to messages and back: pure functions.

The words of the interface are those of docs/ros_interface.md, section "pick_planner".
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
import re

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from discinst_ros.nodes.conversions import NANOSECONDS, stamp_to_ns
from discinst_ros.picking.places import Place
from geometry_msgs.msg import Point, Pose, Quaternion
from vision_msgs.msg import Detection3D

#: Name of the status in which a cell answers.
STATUS_NAME = 'pick'
_STAMP = re.compile(r'(\d+)\.(\d{9})')


@dataclass(frozen=True)
class PickResult:
    """The answer of a cell to one target."""

    #: Of the target.
    stamp_ns: int
    id: str
    lifted: bool
    #: What was lifted or why nothing was, for people.
    message: str
    #: The cell's name of what it lifted; empty where it has none.
    object: str = ''
    #: The same of what fell out of the bin meanwhile.
    spilled: str = ''
    #: From when on images show what the pick has left; None where the cell does not say.
    done_ns: int | None = None
    #: A target that the cell would not even try.
    refused: bool = False


def pick_target_to_msg(detection: Detection3D, place: Place) -> Detection3D:
    """Return the detection with the pick pose in the place of its object's; the box stays."""
    target = deepcopy(detection)
    x, y, z = map(float, place.position)
    qx, qy, qz, qw = map(float, place.quaternion)
    target.results[0].pose.pose = Pose(position=Point(x=x, y=y, z=z),
                                       orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))
    return target


def is_answer(result: PickResult, target: Detection3D) -> bool:
    """Tell whether an answer is to this target."""
    return (result.stamp_ns, result.id) == (stamp_to_ns(target.header.stamp), target.id)


def pick_result_to_msg(result: PickResult) -> DiagnosticStatus:
    """Return the status of an answer."""
    values = {'stamp': stamp_to_text(result.stamp_ns), 'id': result.id, 'object': result.object,
              'spilled': result.spilled}
    if result.done_ns is not None:
        values['done'] = stamp_to_text(result.done_ns)
    level = (DiagnosticStatus.OK if result.lifted else
             DiagnosticStatus.ERROR if result.refused else DiagnosticStatus.WARN)
    return DiagnosticStatus(level=level, name=STATUS_NAME, message=result.message, values=[
        KeyValue(key=key, value=value) for key, value in values.items()])


def pick_result_from_msg(msg: DiagnosticStatus) -> PickResult:
    """
    Return the answer that a status is.

    :raises ValueError: where it does not say to which target.
    """
    values = {value.key: value.value for value in msg.values}
    missing = [key for key in ('stamp', 'id') if key not in values]
    if missing:
        raise ValueError(f'pick result without {" and ".join(missing)}: the values of the status '
                         'have to be the stamp and the id of the target')
    done = values.get('done')
    return PickResult(
        stamp_ns=stamp_from_text(values['stamp']), id=values['id'],
        lifted=msg.level == DiagnosticStatus.OK, message=msg.message,
        object=values.get('object', ''), spilled=values.get('spilled', ''),
        done_ns=None if done is None else stamp_from_text(done),
        refused=msg.level == DiagnosticStatus.ERROR)


def stamp_to_text(stamp_ns: int) -> str:
    """Return seconds and nanoseconds: '12.000000005'."""
    sec, nanosec = divmod(stamp_ns, NANOSECONDS)
    return f'{sec}.{nanosec:09d}'


def stamp_from_text(text: str) -> int:
    """
    Return the nanoseconds of '12.000000005'.

    :raises ValueError: for any other text.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        raise ValueError(f'{text!r} is no stamp, expected seconds and nine digits, for instance '
                         '12.000000005')
    return int(match[1]) * NANOSECONDS + int(match[2])
