# SPDX-License-Identifier: Apache-2.0
"""
Makes Fast DDS use a profile with room for images in shared memory.

Imports without ROS, for the launch file's sake.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import shutil
from xml.etree import ElementTree

#: Read by Fast DDS 2 and by Fast DDS 3.
VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
#: How the names of its RMW begin, which is the default of ROS.
_RMW = 'rmw_fastrtps'
SHARED_MEMORY = Path('/dev/shm')
#: What a segment takes beyond its size, for the book-keeping of its queues.
_OVERHEAD = 1.1


def profile_variables(profile: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to set: none for a profile of the user's own, or for another RMW."""
    if not (environment.get('RMW_IMPLEMENTATION') or _RMW).startswith(_RMW) or any(
            environment.get(variable) for variable in VARIABLES):
        return {}
    return dict.fromkeys(VARIABLES, str(profile))


def shortage(profile: Path, processes: int, folder: Path = SHARED_MEMORY) -> str | None:
    """
    Return what to do where shared memory has no room for so many processes, None where it has.

    A process without its segment talks over the network stack and loses most big images.
    """
    if not folder.is_dir():
        return None
    segment = int(ElementTree.parse(profile).findtext('.//{*}segment_size', '0'))
    needed, free = processes * segment * _OVERHEAD, shutil.disk_usage(folder).free
    if free >= needed:
        return None
    return (f'{folder} has {free / 1e6:.0f} MB free and {processes} processes need '
            f'{needed / 1e6:.0f} MB, so images will be lost; enlarge it with `mount -o '
            f'remount,size=256m {folder}`, in a container with `docker run --shm-size=256m`')
