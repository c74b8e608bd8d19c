# SPDX-License-Identifier: Apache-2.0
from setuptools import find_packages, setup

setup(
    name='launch',
    version='3.4.5',
    packages=find_packages(),
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/launch']),
        ('share/launch', ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='discinst_ros authors',
    maintainer_email='discinst-ros@users.noreply.github.com',
    description='Stand-in for launch on a machine without ROS',
    license='Apache-2.0',
)
