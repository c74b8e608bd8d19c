# SPDX-License-Identifier: Apache-2.0
"""
Stand-in for cv_bridge: the Python ``CvBridge`` on OpenCV and numpy alone.

It answers as the package of vision_opencv 4.x does, and refuses by name what that has beyond it.
"""

from cv_bridge.core import CvBridge
from cv_bridge.encodings import CvBridgeError

__all__ = ['CvBridge', 'CvBridgeError']


def __getattr__(name: str) -> None:
    if name.startswith('_'):  # Python's own probing, for __wrapped__ and the like
        raise AttributeError(f"module 'cv_bridge' has no attribute '{name}'")
    raise ImportError(f"this stand-in for cv_bridge has no '{name}': install the real package, "
                      'ros-<distro>-cv-bridge, to use it')
