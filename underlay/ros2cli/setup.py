# SPDX-License-Identifier: Apache-2.0
from setuptools import find_packages, setup

setup(
    name='ros2cli',
    version='0.32.4',
    packages=find_packages(),
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/ros2cli']),
        ('share/ros2cli', ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='discinst_ros authors',
    maintainer_email='discinst-ros@users.noreply.github.com',
    description='Stand-in for the ros2 command on a machine without ROS',
    license='Apache-2.0',
    entry_points={'console_scripts': ['ros2 = ros2cli.cli:main']},
)
