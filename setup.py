# SPDX-License-Identifier: Apache-2.0
"""Install the package; `console_scripts` is the index of everything that can be run."""

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
            'perception_node = discinst_ros.nodes.perception_node:main',
            'segment = discinst_ros.inference.segment_cli:main',
            # a camera without a camera, and what it showed
            'replay_camera = discinst_ros.nodes.replay_camera:main',
            'instance_report = discinst_ros.nodes.instance_report:main',
            # dataset in, weights out
            'make_scenes = discinst_ros.scenes.cli:main',
            'dataset = discinst_ros.data.cli:main',
            'train = discinst_ros.training.cli:main',
            'evaluate = discinst_ros.evaluation.cli:main',
        ],
    },
)
