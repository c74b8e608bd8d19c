# SPDX-License-Identifier: Apache-2.0
"""
Install the package; `console_scripts` is the index of everything that can be run.

Where the code of each is stands in discinst_ros/commands.py.
"""

from glob import glob

from setuptools import find_packages, setup

package_name = 'discinst_ros'

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, f'{package_name}.*']),
    package_data={package_name: ['py.typed']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{package_name}']),
        (f'share/{package_name}', ['package.xml']),
        (f'share/{package_name}/launch', glob('launch/*.launch.py')),
        (f'share/{package_name}/config', glob('config/*')),
        (f'share/{package_name}/weights', glob('weights/*')),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='discinst_ros contributors',
    maintainer_email='discinst_ros@example.com',
    description='Instance segmentation with a discriminative loss, for ROS 2.',
    license='Apache-2.0',
    python_requires='>=3.10',
    entry_points={
        'console_scripts': [
            # image in, instances out
            'perception_node = discinst_ros.commands:perception_node',
            'segment = discinst_ros.commands:segment',
            # a camera without a camera, and what it showed
            'replay_camera = discinst_ros.commands:replay_camera',
            'instance_report = discinst_ros.commands:instance_report',
            # instances in, picks out
            'pick_planner = discinst_ros.commands:pick_planner',
            'sim_cell = discinst_ros.commands:sim_cell',
            # dataset in, weights out
            'dataset = discinst_ros.commands:dataset',
            'make_scenes = discinst_ros.commands:make_scenes',
            'train = discinst_ros.commands:train',
            'evaluate = discinst_ros.commands:evaluate',
            'learning_curve = discinst_ros.commands:learning_curve',
            # figures beside those of others
            'benchmark = discinst_ros.commands:benchmark',
        ],
    },
)
