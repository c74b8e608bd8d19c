# SPDX-License-Identifier: Apache-2.0
"""
A bin emptied in simulation: the cell with its camera, perception, and the planner that picks.

It ends when the planner does, and with an error where the bin was not emptied. The planner knows
what perception publishes and nothing else; both are told where the bin is, as with a real one.
What is left empty keeps the node's own default.
"""

from discinst_ros.nodes.launch_arguments import as_texts, mistyped, typed
from discinst_ros.nodes.launch_ending import end_if_failed
from discinst_ros.nodes.pick_parameters import SPECS as PICK_SPECS
from discinst_ros.nodes.room_for_images import room_for_images
from discinst_ros.nodes.sim_cell import SPECS as CELL_SPECS
from discinst_ros.scenes.cell import make_cell, PARTS
from discinst_ros.scenes.heaps import SHAPE_SETS
from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
    Shutdown,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

PACKAGE = 'discinst_ros'
BOOLEANS = ['true', 'false']

#: Parameters that are launch arguments: nodes, name, type, default, description, choices.
PARAMETERS = (
    ('sim_cell', 'seed', int, '29', 'of the heap, the camera and the lamps', None),
    ('sim_cell', 'shapes', str, 'training', 'what the objects are', list(SHAPE_SETS)),
    ('sim_cell', 'kind', str, 'bin', 'what they lie in', ['bin', 'tote', 'moulded']),
    ('sim_cell', 'parts', str, 'any', 'copies of one part, a mix, or either by chance',
     list(PARTS)),
    ('sim_cell', 'count', int, '0', 'objects in the bin, fewer where they do not fit; '
     '0: by chance', None),
    ('sim_cell', 'width', int, '', 'of the images, pixels', None),
    ('sim_cell', 'height', int, '', 'of the images, pixels', None),
    ('sim_cell', 'rate_hz', float, '', 'images per second', None),
    ('sim_cell pick_planner', 'cup_radius_m', float, '0.008', 'of the suction cup', None),
    ('sim_cell pick_planner', 'max_tilt_rad', float, '0.785', 'most angle between a surface and '
     'the direction the arm comes from', None),
    ('pick_planner', 'max_tries', int, '', 'picks in all, after which the bin is given up', None),
    ('pick_planner', 'frame_timeout_s', float, '60', 'so long without a fresh frame ends it',
     None),
)
#: Arguments that are handed to perception.launch.py: name, default, description, choices.
ARGUMENTS = (
    ('checkpoint', '', 'path of the weights (empty: those that come with the package)', None),
    ('device', '', 'what the network runs on: auto, cpu, cuda, cuda:N', None),
    ('rviz', 'false', 'show what comes out in rviz', BOOLEANS),
    ('namespace', '', 'namespace of all nodes', None),
)


def generate_launch_description():
    """Declare the arguments; the bin is made when they are known."""
    return LaunchDescription([
        *(DeclareLaunchArgument(name, default_value=default, description=description,
                                choices=choices)
          for name, default, description, choices in
          [*(row[1:2] + row[3:] for row in PARAMETERS), *ARGUMENTS]),
        OpaqueFunction(function=start),
    ])


def start(context):
    """Return the three nodes."""
    arguments = {name: LaunchConfiguration(name).perform(context)
                 for name in [*(row[1] for row in PARAMETERS), *(row[0] for row in ARGUMENTS)]}
    bounds = workspace(arguments)
    processes = 4 if arguments['rviz'] == 'true' else 3
    return [*mistyped(context.launch_configurations, arguments, 'pick_and_place.launch.py',
                      ['use_sim_time', *(spec.name for spec in (*CELL_SPECS, *PICK_SPECS))],
                      'start the node that has the parameter of that name by itself'),
            *room_for_images(context.environment, processes),
            perception(arguments, bounds),
            node('sim_cell', arguments, on_exit=end_if_failed),
            node('pick_planner', arguments, {'workspace': list(bounds)}, on_exit=end)]


def workspace(arguments):
    """Return the box of the bin: the same numbers make the same bin here and in sim_cell."""
    seed, count = (typed(name, arguments[name], int) for name in ('seed', 'count'))
    size = {name: typed(name, arguments[name], int) for name in ('width', 'height')
            if arguments[name]}
    cell = make_cell(seed, shapes=arguments['shapes'], kind=arguments['kind'],
                     parts=arguments['parts'], count=count, **size)
    return cell.workspace.bounds


def perception(arguments, bounds):
    """Return what perception.launch.py starts; the cell has the topics that it listens to."""
    # the cell stamps by the clock of the system, whatever an including file says
    given = {'workspace': str(list(bounds)), 'use_sim_time': 'false',
             **{name: arguments[name] for name, *_ in ARGUMENTS}}
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution(
            [FindPackageShare(PACKAGE), 'launch', 'perception.launch.py'])),
        launch_arguments=given.items())


def node(executable, arguments, parameters=None, **kwargs):
    """Return a node of this package with the parameters that are its own."""
    given = {name: typed(name, arguments[name], type_) for owners, name, type_, *_ in PARAMETERS
             if executable in owners.split() and arguments[name]}
    return Node(package=PACKAGE, executable=executable, output='screen',
                namespace=arguments['namespace'] or None,
                parameters=[as_texts({**given, **(parameters or {})})], **kwargs)


def end(event, context):
    """End the launch with the planner; its last line says why."""
    if context.is_shutdown:
        return []
    if event.returncode:
        raise RuntimeError('the bin was not emptied: pick_planner ended with exit code '
                           f'{event.returncode}, see docs/picking.md')
    return [LogInfo(msg='the bin was emptied'), Shutdown(reason='the planner is done')]
