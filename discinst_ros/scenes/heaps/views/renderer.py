# SPDX-License-Identifier: Apache-2.0
"""Draw a model from a camera: colours, and in one pass which geom is seen how far away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from discinst_ros.scenes.heaps.engine import engine, make_context_current, upload
from discinst_ros.scenes.heaps.model import SEEN
from discinst_ros.scenes.heaps.views.camera import Camera
import numpy as np
import numpy.typing as npt

_NEAR_M, _FAR_M = 0.05, 20.0


class Renderer:
    """Holds what is on the graphics side of one model; use it as a context manager."""

    def __init__(self, model: Any, data: Any, width: int = 320, height: int = 240) -> None:
        """
        Upload the model.

        :param width: of the largest picture, pixels; a larger buffer costs time at each.
        :param height: of the largest picture, pixels.
        :raises MissingLibrary: where there is nothing to draw with.
        :raises ValueError: where the picture is too large.
        """
        mj = engine()
        make_context_current()
        self._model, self._data = model, data
        model.vis.global_.offwidth, model.vis.global_.offheight = width, height
        self._context = upload(model)
        mj.mjr_setBuffer(mj.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._context.readDepthMap = mj.mjtDepthMap.mjDEPTH_ZEROFAR
        self._scene = mj.MjvScene(model, maxgeom=2 * model.ngeom + 10)
        self._option = mj.MjvOption()
        self._option.geomgroup[:] = 0
        self._option.geomgroup[SEEN] = 1

    def __enter__(self) -> Renderer:
        """Return the renderer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free what was uploaded."""
        self._context.free()

    def look(self, camera: Camera) -> None:
        """Take over where the objects, the lamps and the camera are."""
        mj = engine()
        # Where the lamps of the model are is drawn from the data, as where its objects are.
        mj.mj_camlight(self._model, self._data)
        mj.mjv_updateScene(self._model, self._data, self._option, None, mj.MjvCamera(),
                           mj.mjtCatBit.mjCAT_ALL.value, self._scene)
        self._size = camera.intrinsics.width, camera.intrinsics.height
        for eye in self._scene.camera:
            _set_camera(eye, camera)

    def colours(self) -> npt.NDArray[np.uint8]:
        """Return the picture, H×W×3."""
        mj = engine()
        flags = self._scene.flags
        flags[mj.mjtRndFlag.mjRND_SEGMENT] = flags[mj.mjtRndFlag.mjRND_IDCOLOR] = 0
        return self._draw(None)

    def geoms_and_depth(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return the geom that each pixel sees, -1 for none, and its depth, NaN for none."""
        raw = np.empty(self._size[::-1], np.float32)
        numbers = self._numbers(raw)
        with np.errstate(divide='ignore'):
            depth = _NEAR_M * _FAR_M / (raw * (_FAR_M - _NEAR_M) + _NEAR_M)
        depth[numbers < 0] = np.nan
        return numbers, np.asarray(depth, np.float32)

    def geoms_alone(self, chosen: Iterable[int]) -> npt.NDArray[np.int32]:
        """Return the geom that each pixel would see if only these were there, -1 for none."""
        keep = set(chosen)
        geoms = self._scene.geoms
        hidden = {}
        for k in range(self._scene.ngeom):
            if geoms[k].objid not in keep:
                hidden[k] = geoms[k].segid
                geoms[k].segid = -1
        try:
            return self._numbers(None)
        finally:
            for k, number in hidden.items():
                geoms[k].segid = number

    def _numbers(self, raw: npt.NDArray[np.float32] | None) -> npt.NDArray[np.int32]:
        mj = engine()
        flags = self._scene.flags
        flags[mj.mjtRndFlag.mjRND_SEGMENT] = flags[mj.mjtRndFlag.mjRND_IDCOLOR] = 1
        colour = self._draw(raw).astype(np.int32)
        drawn = colour[..., 0] + colour[..., 1] * 256 + colour[..., 2] * 65536
        geoms = self._scene.geoms
        table = np.full(self._scene.ngeom + 1, -1, np.int32)
        for k in range(self._scene.ngeom):
            if geoms[k].segid >= 0:
                table[geoms[k].segid + 1] = geoms[k].objid
        return np.asarray(table[drawn])

    def _draw(self, raw: npt.NDArray[np.float32] | None) -> npt.NDArray[np.uint8]:
        mj = engine()
        make_context_current()
        width, height = self._size
        rectangle = mj.MjrRect(0, 0, width, height)
        picture = np.empty((height, width, 3), np.uint8)
        mj.mjr_render(rectangle, self._scene, self._context)
        mj.mjr_readPixels(picture, raw, rectangle, self._context)
        if raw is not None:
            raw[:] = raw[::-1].copy()
        return np.ascontiguousarray(picture[::-1])


def _set_camera(eye: Any, camera: Camera) -> None:
    """Set a camera of MuJoCo, which looks along -z with y up; pixel centres are at +0.5."""
    one, pose = camera.intrinsics, camera.to_world
    eye.pos[:], eye.forward[:], eye.up[:] = pose[:3, 3], pose[:3, 2], -pose[:3, 1]
    left, right = -(one.cx + 0.5) / one.fx, (one.width - one.cx - 0.5) / one.fx
    eye.frustum_near, eye.frustum_far = _NEAR_M, _FAR_M
    eye.frustum_top = _NEAR_M * (one.cy + 0.5) / one.fy
    eye.frustum_bottom = -_NEAR_M * (one.height - one.cy - 0.5) / one.fy
    eye.frustum_center = _NEAR_M * (left + right) / 2
    eye.frustum_width = _NEAR_M * (right - left) / 2
