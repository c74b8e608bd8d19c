# SPDX-License-Identifier: Apache-2.0
"""
Instances from a camera: the perception node, and on request a replayed camera, a report, rviz.

What is left empty keeps the node's own default; what is given here comes before what a parameter
file in ``config`` says.
"""

import atexit
import os
import tempfile

from ament_index_python.packages import (
    get_package_prefix,
    get_package_share_path,
    PackageNotFoundError,
)
from discinst_ros.nodes import camera_topics
from discinst_ros.nodes.frame_sync import USE_DEPTH
from discinst_ros.nodes.launch_arguments import as_texts, mistyped, typed
from discinst_ros.nodes.launch_ending import end_if_failed
from discinst_ros.nodes.parameter_file import missed, with_values
from discinst_ros.nodes.perception_parameters import SPECS
from discinst_ros.nodes.room_for_images import room_for_images
from discinst_ros.writable import path_of
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction, Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

PACKAGE = 'discinst_ros'
SHARE = get_package_share_path(PACKAGE)
CONFIG = SHARE / 'config' / 'perception.yaml'
BOOLEANS = ['true', 'false']

#: Parameters that are launch arguments: node, name, type, description, choices.
PARAMETERS = (
    ('replay_camera', 'source', str, 'what camera:=replay shows: tote, sticks, shapes, demo, or a '
     'folder of images', None),
    ('replay_camera', 'rate_hz', float, 'images per second of camera:=replay', None),
    ('replay_camera', 'loop', bool, 'whether camera:=replay starts again after the last image',
     BOOLEANS),
    ('replay_camera', 'reliable', bool, 'whether camera:=replay publishes reliably', BOOLEANS),
    ('replay_camera', 'frame_id', str, 'frame of the images of camera:=replay; rviz looks from '
     'there', None),
    ('perception_node', 'checkpoint', str, 'path of the weights', None),
    ('perception_node', 'depth_checkpoint', str, 'path of the weights for images with depth',
     None),
    ('perception_node', 'device', str, 'what the network runs on: auto, cpu, cuda, cuda:N', None),
    ('perception_node', 'min_score', float, 'objects of a lower score are left out, 0 to 1', None),
    ('perception_node', 'bandwidth', float, 'kernel radius of the clustering', None),
    ('perception_node', 'continuous', bool, 'whether to work on every image, or only when '
     '~/segment asks', BOOLEANS),
    ('perception_node', 'use_depth', str, 'auto goes on without depth where none comes, always '
     'drops such images, never ignores depth', list(USE_DEPTH)),
    ('perception_node', 'slop_s', float, 'stamps of an image and its depth differ by so much at '
     'most', None),
    ('perception_node', 'image_transport', str, 'how the image arrives; with compressed the node '
     'listens on IMAGE_TOPIC/compressed', ['raw', 'compressed']),
    ('perception_node', 'workspace', list, 'objects outside of it are left out: [x_min, x_max, '
     'y_min, y_max, z_min, z_max], metres in the camera optical frame', None),
    ('perception_node', 'autostart', bool, 'whether to start without lifecycle commands',
     BOOLEANS),
    ('instance_report', 'duration_s', float, 'seconds from the first image until report:=true '
     'ends the launch; 0 never does', None),
    ('instance_report', 'output_dir', str, 'folder for the pictures of report:=true', None),
)
#: Launch arguments of their own: name, default, description, choices.
ARGUMENTS = (
    ('camera', 'none', 'none listens to your camera, replay starts one made of images',
     ['none', 'replay']),
    ('report', 'false', 'print a line per image, keep the newest pictures', BOOLEANS),
    ('rviz', 'false', 'show what comes out in rviz', BOOLEANS),
    ('image_topic', camera_topics.IMAGE, 'colour image', None),
    ('depth_topic', camera_topics.DEPTH, 'depth image registered to the colour image', None),
    ('camera_info_topic', camera_topics.CAMERA_INFO, 'calibration of the colour image', None),
    ('namespace', '', 'namespace of all nodes', None),
    ('use_sim_time', '', 'follow /clock (empty: what the parameter file says, else false)',
     ['', *BOOLEANS]),
    ('config', str(CONFIG), 'parameter file', None),
)


def generate_launch_description():
    """Declare the arguments; what they decide is made when they are known."""
    return LaunchDescription([
        *(DeclareLaunchArgument(name, default_value=default, description=description,
                                choices=choices)
          for name, default, description, choices in ARGUMENTS),
        *(DeclareLaunchArgument(name, default_value='', choices=choices and ['', *choices],
                                description=f'{description} (empty: the default of {owner})')
          for owner, name, _, description, choices in PARAMETERS),
        OpaqueFunction(function=start),
    ])


def start(context):
    """Return the nodes that were asked for, preceded by the environment they need."""
    arguments = {name: LaunchConfiguration(name).perform(context)
                 for name in [*(row[0] for row in ARGUMENTS), *(row[1] for row in PARAMETERS)]}
    arguments['config'] = str(path_of(arguments['config']))
    nodes = {'perception_node': perception_node(arguments)}
    if arguments['camera'] == 'replay':
        nodes = {'replay_camera': replay_camera(arguments), **nodes}
    if arguments['report'] == 'true':
        nodes['instance_report'] = instance_report(arguments)
    if arguments['rviz'] == 'true':
        nodes['rviz2'] = rviz(arguments)
    return [*mistyped(context.launch_configurations, arguments, 'perception.launch.py', SPECS),
            *without_effect(arguments, nodes),
            *room_for_images(context.environment, len(nodes)), *nodes.values()]


def replay_camera(arguments):
    """Return the camera made of images."""
    return node('replay_camera', arguments, on_exit=end_if_failed, remappings=[
        (camera_topics.IMAGE, arguments['image_topic']),
        (camera_topics.DEPTH, arguments['depth_topic']),
        (camera_topics.CAMERA_INFO, arguments['camera_info_topic'])])


def perception_node(arguments):
    """Return the node that separates the objects."""
    return node('perception_node', arguments, on_exit=end_if_failed, remappings=[
        ('image', arguments['image_topic']),
        ('depth', arguments['depth_topic']),
        ('camera_info', arguments['camera_info_topic'])])


def instance_report(arguments):
    """Return the node that tells what is seen; the launch ends with it."""
    return node('instance_report', arguments,
                on_exit=lambda event, context: [
                    *end_if_failed(event, context), Shutdown(reason='the report is complete')])


def rviz(arguments):
    """Return rviz with the package's view."""
    try:
        get_package_prefix('rviz2')
    except PackageNotFoundError:
        raise RuntimeError('rviz:=true needs rviz2, which is not installed; install '
                           f'ros-{os.environ.get("ROS_DISTRO", "DISTRO")}-rviz2 or leave rviz '
                           'out') from None
    return Node(package='rviz2', executable='rviz2',
                namespace=arguments['namespace'] or None,
                arguments=['-d', str(SHARE / 'config' / 'perception.rviz'),
                           *(['-f', arguments['frame_id']] if arguments['frame_id'] else [])],
                parameters=[simulated_time(arguments)])


def node(executable, arguments, **kwargs):
    """Return a node of this package with the parameters that were given."""
    given = {name: typed(name, arguments[name], type_) for owner, name, type_, _, _ in PARAMETERS
             if owner == executable and arguments[name]}
    given.update(simulated_time(arguments))
    return Node(package=PACKAGE, executable=executable, output='screen',
                namespace=arguments['namespace'] or None,
                parameters=[parameter_file(arguments['config'], given), as_texts(given)],
                **kwargs)


def parameter_file(path, given):
    """Return the path of the parameter file, or of a copy with the given values in it."""
    if not given:
        return path
    text = read(path, lambda text: with_values(text, given))
    with tempfile.NamedTemporaryFile('w', encoding='utf-8', prefix='discinst_ros_',
                                     suffix='.yaml', delete=False) as copy:
        copy.write(text)
    atexit.register(os.unlink, copy.name)
    return copy.name


def without_effect(arguments, names):
    """Warn of entries of the parameter file that are meant for a node and do not reach it."""
    path, namespace = arguments['config'], arguments['namespace'].strip('/')
    nodes = [f'/{namespace}/{name}' if namespace else f'/{name}' for name in names]
    return [LogInfo(msg=f"config is '{path}': {sentence}")
            for sentence in read(path, lambda text: missed(text, nodes))]


def read(path, function):
    """Return what a function makes of the text of the parameter file."""
    if not os.path.isfile(path):
        raise RuntimeError(f"config is '{path}', and there is no such parameter file; the one of "
                           f'the package is {CONFIG}')
    try:
        with open(path, encoding='utf-8') as file:
            return function(file.read())
    except ValueError as error:
        raise RuntimeError(f"config is '{path}', which is no parameter file: {error}") from None


def simulated_time(arguments):
    """Return the parameter of the clock where it is given."""
    text = arguments['use_sim_time']
    return {'use_sim_time': text == 'true'} if text else {}
