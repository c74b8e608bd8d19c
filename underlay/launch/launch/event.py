# SPDX-License-Identifier: Apache-2.0
"""
The base of the events.
"""


class Event:
    """
    Something that happened, or is to happen.
    """
