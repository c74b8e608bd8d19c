# SPDX-License-Identifier: Apache-2.0
from setuptools import find_packages, setup

setup(
    name='launch_ros',
    version='0.26.8',
    packages=find_packages(),
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/launch_ros']),
        ('share/launch_ros', ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='discinst_ros authors',
    maintainer_email='discinst-ros@users.noreply.github.com',
    description='Stand-in for launch_ros on a machine without ROS',
    license='Apache-2.0',
)
