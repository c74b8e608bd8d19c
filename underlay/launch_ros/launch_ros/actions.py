# SPDX-License-Identifier: Apache-2.0
"""Run a ROS node."""

import atexit
from collections.abc import Iterable, Mapping
import os
import shutil
from tempfile import NamedTemporaryFile
from typing import Any

from ament_index_python.packages import get_package_prefix
from launch import LaunchContext
from launch._output import report
from launch._refusal import refusal
from launch.actions import ExecuteProcess
from launch.substitutions import perform, SomeSubstitutions
import yaml

from .parameter_descriptions import ParameterValue


class Node(ExecuteProcess):
    """Starts a package's executable with its namespace, parameters and remappings."""

    def __init__(
        self, *, package: SomeSubstitutions, executable: SomeSubstitutions,
        namespace: SomeSubstitutions | None = None,
        parameters: Iterable[Mapping[str, Any] | SomeSubstitutions] = (),
        remappings: Iterable[tuple[SomeSubstitutions, SomeSubstitutions]] = (),
        arguments: Iterable[SomeSubstitutions] = (), output: str = 'log', on_exit: Any = None,
    ) -> None:
        """Take what a launch file says; parameters: dictionaries and files, later ones win."""
        super().__init__(cmd=arguments, output=output, on_exit=on_exit)
        self._package, self._executable, self._namespace = package, executable, namespace
        self._parameters, self._remappings = list(parameters), list(remappings)

    def _words(self, context: LaunchContext) -> list[str]:
        """Return the command that starts the node."""
        path = _find(perform(context, self._package), perform(context, self._executable))
        words = [path, *super()._words(context), '--ros-args']
        if self._namespace is not None:
            words += ['-r', '__ns:=/' + perform(context, self._namespace).strip('/')]
        for parameters in self._parameters:
            file = (_write(context, parameters) if isinstance(parameters, Mapping)
                    else perform(context, parameters))
            if os.path.isfile(file):
                words += ['--params-file', file]
            else:
                report('WARNING', 'launch_ros.actions.node',
                       f'Parameter file path is not a file: {file}')
        for old, new in self._remappings:
            words += ['-r', f'{perform(context, old)}:={perform(context, new)}']
        return words


def _find(package: str, executable: str) -> str:
    """Return the path of an executable in a package's lib folder."""
    folder = os.path.join(get_package_prefix(package), 'lib', package)
    path = shutil.which(executable, path=folder)
    if path is None:
        raise RuntimeError(
            f"executable '{executable}' not found on the libexec directory '{folder}'")
    return path


def _is_plain(value: Any) -> bool:
    """Tell whether a parameter file can hold a value."""
    if isinstance(value, list):
        return bool(value) and all(type(one) is float for one in value)
    return type(value) in (bool, int, float, str)


def _write(context: LaunchContext, parameters: Mapping[str, Any]) -> str:
    """Write a parameter file that lasts as long as the launch; return its path."""
    values = {}
    for name, value in parameters.items():
        values[name] = value.evaluate(context) if isinstance(value, ParameterValue) else value
        if not _is_plain(values[name]):
            raise TypeError(refusal(f'launch_ros.actions.Node with {value!r} for {name!r}'))
    with NamedTemporaryFile('w', prefix='launch_params_', delete=False) as file:
        yaml.safe_dump({'/**': {'ros__parameters': values}}, file)
    atexit.register(os.unlink, file.name)
    return file.name
