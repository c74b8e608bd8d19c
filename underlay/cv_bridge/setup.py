# SPDX-License-Identifier: Apache-2.0
from setuptools import setup

setup(
    name='cv_bridge',
    version='4.1.0',
    packages=['cv_bridge'],
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/cv_bridge']),
        ('share/cv_bridge', ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='discinst_ros contributors',
    maintainer_email='discinst_ros@example.com',
    description='Stand-in for cv_bridge on a machine without ROS',
    license='Apache-2.0',
)
