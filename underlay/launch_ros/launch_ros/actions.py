# SPDX-License-Identifier: Apache-2.0
"""Run a ROS node."""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Mapping
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from launch import LaunchContext
from launch._refusal import refuse_the_rest
from launch.actions import ExecuteProcess
from launch.logging import get_logger
from launch.substitutions import perform, SomeSubstitutions
import yaml

from .parameter_descriptions import evaluate_parameters
from .substitutions import ExecutableInPackage

__getattr__ = refuse_the_rest(__name__)


class Node(ExecuteProcess):
    """Starts a package's executable with its name, parameters and remappings."""

    def __init__(
        self, *, package: SomeSubstitutions, executable: SomeSubstitutions,
        name: SomeSubstitutions | None = None, namespace: SomeSubstitutions | None = None,
        exec_name: SomeSubstitutions | None = None, parameters: list[Any] | None = None,
        remappings: Iterable[tuple[SomeSubstitutions, SomeSubstitutions]] | None = None,
        arguments: Iterable[SomeSubstitutions] | None = None,
        ros_arguments: Iterable[SomeSubstitutions] | None = None, **kwargs: Any,
    ) -> None:
        """
        Take what a launch file says of the node; kwargs are those of ExecuteProcess.

        :param exec_name: the label of the process in the output, by default the executable
        :param parameters: dictionaries and paths of YAML files; later ones win
        """
        cmd = [ExecutableInPackage(executable, package), *(arguments or []),
               '--ros-args', *(ros_arguments or [])]
        super().__init__(cmd=cmd, name=exec_name, **kwargs)
        self._node_name, self._namespace = name, namespace
        self._parameters, self._remappings = list(parameters or []), list(remappings or [])

    def execute(self, context: LaunchContext) -> None:
        self.cmd += self._ros_arguments(context)
        super().execute(context)

    def _ros_arguments(self, context: LaunchContext) -> list[str]:
        """Return the arguments that name, configure and remap the node."""
        words, key = [], '/**'
        if self._node_name is not None:
            name = perform(context, self._node_name)
            words += ['-r', f'__node:={name}']
        if self._namespace is not None:
            namespace = '/' + perform(context, self._namespace).strip('/')
            words += ['-r', f'__ns:={namespace}']
            if self._node_name is not None:
                key = f"{namespace.rstrip('/')}/{name}"
        for parameters in self._parameters:
            if isinstance(parameters, Mapping):
                path = _write({key: {'ros__parameters': evaluate_parameters(context, parameters)}})
            else:
                path = str(parameters) if isinstance(parameters, Path) else perform(
                    context, parameters)
            if os.path.isfile(path):
                words += ['--params-file', path]
            else:
                get_logger('launch_ros.actions.node').warning(
                    f'Parameter file path is not a file: {path}')
        for old, new in self._remappings:
            words += ['-r', f'{perform(context, old)}:={perform(context, new)}']
        return words


def _write(parameters: dict[str, Any]) -> str:
    """Write a parameter file that lasts as long as the launch; return its path."""
    with NamedTemporaryFile('w', prefix='launch_params_', delete=False) as file:
        yaml.safe_dump(parameters, file)
    atexit.register(os.unlink, file.name)
    return file.name
