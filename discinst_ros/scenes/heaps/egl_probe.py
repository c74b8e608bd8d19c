# SPDX-License-Identifier: Apache-2.0
"""Whether EGL has a driver: its library may be there without one."""

from __future__ import annotations

import ctypes

_PLATFORM_DEVICE = 0x313F  # EGL_PLATFORM_DEVICE_EXT
_MOST_DEVICES = 32


def egl_starts() -> bool:
    """Tell whether EGL starts on a device without a screen; mujoco.egl takes the first it does."""
    try:
        egl = ctypes.CDLL('libEGL.so.1')
        find, start = egl.eglGetProcAddress, egl.eglInitialize
    except (OSError, AttributeError):
        return False
    find.restype, find.argtypes = ctypes.c_void_p, (ctypes.c_char_p,)
    start.argtypes = (ctypes.c_void_p,) * 3
    query_at, display_at = find(b'eglQueryDevicesEXT'), find(b'eglGetPlatformDisplayEXT')
    if not (query_at and display_at):
        return False
    query = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p
                             )(query_at)
    display = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p
                               )(display_at)
    devices, count = (ctypes.c_void_p * _MOST_DEVICES)(), ctypes.c_int()
    if not query(_MOST_DEVICES, ctypes.addressof(devices), ctypes.addressof(count)):
        return False
    return any(start(display(_PLATFORM_DEVICE, device, None), None, None)
               for device in devices[:count.value])
