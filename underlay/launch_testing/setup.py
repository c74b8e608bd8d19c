# SPDX-License-Identifier: Apache-2.0
from setuptools import find_packages, setup

setup(
    name='launch_testing',
    version='3.4.5',
    packages=find_packages(),
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/launch_testing']),
        ('share/launch_testing', ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='discinst_ros authors',
    maintainer_email='discinst-ros@users.noreply.github.com',
    description='Stand-in for launch_testing on a machine without ROS',
    license='Apache-2.0',
    entry_points={'pytest11': ['launch_testing = launch_testing.pytest.hooks']},
)
