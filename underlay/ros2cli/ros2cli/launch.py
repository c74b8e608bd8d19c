# SPDX-License-Identifier: Apache-2.0
"""The command ``ros2 launch``."""

from argparse import Namespace
from pathlib import Path
import sys
from typing import Any

from ament_index_python.packages import get_package_share_directory, PackageNotFoundError


def add_to(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser('launch', help='Run a launch file')
    parser.add_argument(
        '-s', '--show-args', '--show-arguments', action='store_true',
        help='Show arguments that may be given to the launch file.')
    parser.add_argument(
        'package_name', help='Name of the ROS package which contains the launch file, or the path '
        'of one')
    parser.add_argument('launch_file_name', nargs='?', help='Name of the launch file')
    parser.add_argument('launch_arguments', nargs='*', help="'<name>:=<value>', the last one wins")
    parser.set_defaults(main=main)


def main(args: Namespace) -> int:
    """Show the arguments of a launch file, or launch it."""
    from launch import LaunchContext, LaunchDescription, LaunchService
    from launch.actions import IncludeLaunchDescription
    from launch.launch_description_sources import PythonLaunchDescriptionSource
    path, words = _chosen(args)
    source = PythonLaunchDescriptionSource(path)
    if args.show_args:
        _show_arguments(source.get_launch_description(LaunchContext()))
        return 0
    service = LaunchService(noninteractive=not sys.stdin.isatty())
    service.include_launch_description(LaunchDescription([
        IncludeLaunchDescription(source, launch_arguments=_parse(words).items())]))
    return service.run()


def _chosen(args: Namespace) -> tuple[str, list[str]]:
    """Return the path of the launch file, and what is left: its arguments."""
    given = [] if args.launch_file_name is None else [args.launch_file_name]
    if Path(args.package_name).is_file():
        _check_python(args.package_name)
        return args.package_name, [*given, *args.launch_arguments]
    if not given:
        raise RuntimeError(f"'{args.package_name}' is no file; give the path of a launch file, or "
                           'a package and the name of one')
    _check_python(*given)
    return _find(args.package_name, *given), args.launch_arguments


def _check_python(file_name: str) -> None:
    if not file_name.endswith('.py'):
        raise RuntimeError(f"'{file_name}' is no Python launch file; this stand-in for machines "
                           "without ROS reads no other, install ROS 2's ros2launch package.")


def _find(package: str, file_name: str) -> str:
    """Return the path of a Python launch file in a package's share folder."""
    try:
        share = get_package_share_directory(package)
    except PackageNotFoundError as error:
        raise RuntimeError(f"Package '{package}' not found: {error}") from None
    found = sorted(str(path) for path in Path(share).rglob('*') if path.name == file_name)
    if len(found) != 1:
        problem = f'found more than once ({found})' if found else 'not found'
        raise RuntimeError(f"file '{file_name}' was {problem} in the share directory of package "
                           f"'{package}' which is at '{share}'")
    return found[0]


def _parse(words: list[str]) -> dict[str, str]:
    parsed = {}
    for word in words:
        name, sign, value = word.partition(':=')
        if not (name and sign and value):
            raise RuntimeError(
                f"malformed launch argument '{word}', expected format '<name>:=<value>'")
        parsed[name] = value
    return parsed


def _show_arguments(description: Any) -> None:
    """Print names, descriptions and defaults."""
    from launch.substitutions import describe
    print("Arguments (pass arguments as '<name>:=<value>'):")
    arguments = description.get_launch_arguments()
    for argument in arguments:
        print(f"\n    '{argument.name}':\n        {argument.description}")
        if argument.default_value is not None:
            print(f'        (default: {describe(argument.default_value)})')
    if not arguments:
        print('\n  No arguments.')
