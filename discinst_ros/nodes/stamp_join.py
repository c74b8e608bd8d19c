# SPDX-License-Identifier: Apache-2.0
"""Joins messages of one stamp from several topics. No ROS in here: messages are opaque."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any

#: So many stamps wait for the rest of their messages.
CAPACITY = 10


class StampJoin:
    """
    Calls back with the messages of a stamp once there is one from each topic.

    Topics keep their order, so what is incomplete when a later stamp is complete stays so. It is
    given up: where a simulation begins anew, its stamps come again, for other images.
    """

    def __init__(self, parts: int, callback: Callable[..., None]) -> None:
        """
        Start empty.

        :param parts: how many topics are joined.
        :param callback: called with one message from each, in the order of the topics.
        """
        self._parts = parts
        self._callback = callback
        self._waiting: dict[int, dict[int, Any]] = {}
        self._lock = threading.Lock()

    def add(self, part: int, stamp_ns: int, message: Any) -> None:
        """Take a message of one topic; the oldest incomplete stamp gives way."""
        with self._lock:
            messages = self._waiting.setdefault(stamp_ns, {})
            messages[part] = message
            if len(messages) < self._parts:
                if len(self._waiting) > CAPACITY:
                    del self._waiting[next(iter(self._waiting))]
                return
            for earlier in list(self._waiting):
                del self._waiting[earlier]
                if earlier == stamp_ns:
                    break
        self._callback(*(messages[part] for part in range(self._parts)))
