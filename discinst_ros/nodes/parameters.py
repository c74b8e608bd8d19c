# SPDX-License-Identifier: Apache-2.0
"""
The parameters of perception_node: one table, declared, ranged and validated from it.

A value that cannot be is refused with the reason. Given at start it is reported and the default
holds, so that one bad line in a file does not silence a robot; an unknown name is reported with
the nearest known one.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
import difflib
import re
from typing import Any

from discinst_ros.geometry.workspace import EVERYWHERE, Workspace
from discinst_ros.nodes.frame_sync import USE_DEPTH
from discinst_ros.nodes.problems import Problems
from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

#: When a parameter may change: at any time, while not configured, or only at start.
ANY_TIME, UNCONFIGURED, AT_START = 'at any time', 'while unconfigured', 'only at start'

#: Kinds of problems, see :mod:`discinst_ros.nodes.problems`.
UNKNOWN_PARAMETER, REFUSED_PARAMETER = 'unknown parameter', 'parameter refused'

IMAGE_TRANSPORTS = ('raw', 'compressed')


@dataclass(frozen=True)
class Spec:
    """One parameter; its type is its default's."""

    name: str
    default: bool | int | float | str | list[float]
    description: str
    #: Inclusive, for numbers.
    limits: tuple[float, float] | None = None
    #: A regular expression for the whole of a text, and how to say it.
    pattern: str | None = None
    expected: str = ''
    changes: str = ANY_TIME
    #: Makes of a value what the node works with; a ValueError says why it cannot be.
    parse: Callable[[Any], object] | None = None

    def converted(self, value: Any) -> Any:
        """Return whole numbers as the decimal ones that are meant, and any array as a list."""
        if isinstance(self.default, float) and type(value) is int:
            return float(value)
        if isinstance(self.default, list) and isinstance(value, (array, list, tuple)):
            return [float(one) if type(one) is int else one for one in value]
        return value

    def refusal(self, value: Any) -> str | None:
        """Return why a value cannot be, None where it can."""
        kind = type(self.default).__name__
        if type(value).__name__ != kind:
            return (f'{self.name} is {value!r}, expected a value of type '
                    f'{kind}')
        if isinstance(value, list) and not all(type(one) is float for one in value):
            return f'{self.name} is {value!r}, expected numbers'
        if self.limits is not None and not self.limits[0] <= value <= self.limits[1]:
            return f'{self.name} is {value}, expected {self.limits[0]} to {self.limits[1]}'
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            return f'{self.name} is {value!r}, expected {self.expected}'
        if self.parse is not None:
            try:
                self.parse(value)
            except (ValueError, TypeError) as error:
                return str(error)
        return None

    def descriptor(self) -> ParameterDescriptor:
        """Return what ``ros2 param describe`` shows."""
        msg = ParameterDescriptor(
            description=f'{self.description} Changes {self.changes}.',
            additional_constraints=self.expected, read_only=self.changes == AT_START)
        if self.limits is not None and isinstance(self.default, float):
            msg.floating_point_range = [FloatingPointRange(
                from_value=self.limits[0], to_value=self.limits[1])]
        elif self.limits is not None:
            msg.integer_range = [IntegerRange(
                from_value=int(self.limits[0]), to_value=int(self.limits[1]), step=1)]
        return msg


def _choice(name: str, choices: tuple[str, ...], description: str) -> Spec:
    return Spec(name, choices[0], description, pattern='|'.join(choices),
                expected='one of ' + ', '.join(choices), changes=UNCONFIGURED)


SPECS = {spec.name: spec for spec in (
    Spec('checkpoint', '', 'Path of the weights; empty stands for the ones in the package.',
         changes=UNCONFIGURED),
    Spec('depth_checkpoint', '', 'Path of the weights for images that come with depth; empty '
         'stands for the ones in the package where checkpoint is empty, too, else for those of '
         'checkpoint.', changes=UNCONFIGURED),
    Spec('semantics_checkpoint', '', 'Path of weights whose classes are used with the embedding '
         'of the others; empty stands for none.', changes=UNCONFIGURED),
    Spec('device', 'auto', 'What the network runs on; auto takes a GPU where there is one.',
         pattern=r'auto|cpu|cuda(:\d+)?', expected='auto, cpu, cuda or cuda:N',
         changes=UNCONFIGURED),
    Spec('bandwidth', 0.0, 'Kernel radius of the clustering in the embedding; 0 stands for the '
         "checkpoint's.", limits=(0.0, 100.0), changes=UNCONFIGURED),
    Spec('min_pixels', 0, 'Smaller instances are left out; 0 stands for the default of the '
         'clustering.', limits=(0, 1_000_000), changes=UNCONFIGURED),
    Spec('min_score', 0.0, 'Instances of a lower score are left out.', limits=(0.0, 1.0)),
    Spec('workspace', list(EVERYWHERE), 'Objects whose position is outside are left out: x_min, '
         'x_max, y_min, y_max, z_min, z_max in metres, in the camera optical frame.',
         parse=lambda bounds: Workspace(tuple(bounds))),
    Spec('autostart', True, 'Configure and activate without being asked; otherwise wait for '
         'lifecycle commands.', changes=AT_START),
    Spec('continuous', True, 'Work on every image; otherwise only on request of ~/segment.'),
    Spec('segment_timeout_s', 5.0, 'So long ~/segment waits for its frame.',
         limits=(0.1, 600.0)),
    _choice('image_transport', IMAGE_TRANSPORTS, 'How the image arrives: raw as sensor_msgs/Image '
            'on the topic image, compressed as sensor_msgs/CompressedImage on image/compressed.'),
    _choice('use_depth', USE_DEPTH, 'auto pairs images with depth while it arrives and goes on '
            'without it otherwise; always drops images without depth; never ignores depth.'),
    Spec('slop_s', 0.02, 'Stamps of an image and its depth differ by so much at most.',
         limits=(0.0, 1.0)),
    Spec('max_rate_hz', 0.0, 'Work on no more images per second than this, those for ~/segment '
         'left aside; 0 stands for as many as possible.', limits=(0.0, 1000.0)),
    Spec('silence_s', 3.0, 'When no image has arrived for so long it is reported.',
         limits=(0.1, 3600.0)),
)}


def nearest_name(name: str, known: Iterable[str] = SPECS) -> str | None:
    """Return the known name that a wrong one probably means, None where none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return near[0] if near else None


class Parameters:
    """The declared parameters of a node: ``parameters['slop_s']``."""

    def __init__(self, node: Node, problems: Problems) -> None:
        """Declare all and report what was given and cannot be."""
        self._node = node
        self._problems = problems
        #: While the node is configured, what shaped that cannot change.
        self.locked = False
        # rclpy has no public way to ask for overrides of names that nobody declares.
        overrides: dict[str, Parameter] = dict(node._parameter_overrides)
        for spec in SPECS.values():
            self._declare(spec, overrides)
        for name in sorted(overrides):
            if not node.has_parameter(name) and not name.startswith('qos_overrides.'):
                problems.report(f'{UNKNOWN_PARAMETER}: {name}',
                                self._unknown(name) + '; it is ignored', lasting=True)
        node.add_pre_set_parameters_callback(self._before_set)
        node.add_on_set_parameters_callback(self._on_set)

    def __getitem__(self, name: str) -> Any:
        """Return the value of a parameter."""
        return self._node.get_parameter(name).value

    def _declare(self, spec: Spec, overrides: dict[str, Parameter]) -> None:
        value = spec.default
        if spec.name in overrides:
            given = spec.converted(overrides[spec.name].value)
            refusal = spec.refusal(given)
            if refusal is None:
                value = given
            else:
                self._problems.report(_refused(spec.name), f'parameter {refusal}; the default '
                                      f'{spec.default!r} holds', lasting=True)
        descriptor = spec.descriptor()
        # rclpy would refuse the value that it has, too, as where a dump is loaded again.
        descriptor.read_only = False
        self._node.declare_parameter(spec.name, value, descriptor, ignore_override=True)

    def _before_set(self, parameters: list[Parameter]) -> list[Parameter]:
        """Convert whole numbers, and report what rclpy refuses by itself."""
        converted = []
        for parameter in parameters:
            spec = SPECS.get(parameter.name)
            if spec is None:
                if not self._node.has_parameter(parameter.name):
                    self._problems.report(f'{UNKNOWN_PARAMETER}: {parameter.name}',
                                          self._unknown(parameter.name))
                converted.append(parameter)
                continue
            value = spec.converted(parameter.value)
            refusal = self._refusal(spec, value)
            if refusal is not None:
                self._problems.report(_refused(spec.name), f'parameter {refusal}; '
                                      f'{self[spec.name]!r} stays')
            # rclpy makes no parameter of an empty array of numbers, which arrives as one.
            converted.append(parameter if value is parameter.value
                             else Parameter(parameter.name, value=value))
        return converted

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        known = [(SPECS[parameter.name], parameter.value) for parameter in parameters
                 if parameter.name in SPECS]
        refusals = [self._refusal(spec, value) for spec, value in known]
        reason = '; '.join(refusal for refusal in refusals if refusal is not None)
        if not reason:
            for spec, _ in known:
                self._problems.clear(_refused(spec.name))
        return SetParametersResult(successful=not reason, reason=reason)

    def _refusal(self, spec: Spec, value: Any) -> str | None:
        if self.locked and spec.changes == UNCONFIGURED and value != self[spec.name]:
            return (f'{spec.name} cannot change while the node is configured; deactivate and '
                    'clean it up first')
        if spec.changes == AT_START and value != self[spec.name]:
            return f'{spec.name} can only be given at start'
        return spec.refusal(value)

    def _unknown(self, name: str) -> str:
        near = nearest_name(name)
        hint = f'did you mean {near!r}?' if near else 'known are ' + ', '.join(SPECS)
        return f'parameter {name!r} is unknown, {hint}'


def _refused(name: str) -> str:
    return f'{REFUSED_PARAMETER}: {name}'
