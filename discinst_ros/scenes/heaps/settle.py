# SPDX-License-Identifier: Apache-2.0
"""Let a heap come to rest, and tell whether it may be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from discinst_ros.scenes.heaps.engine import engine
from discinst_ros.scenes.heaps.model import FENCE
from discinst_ros.scenes.heaps.surface import Points
import numpy as np

#: An object that moves slower than this, in m/s and rad/s, is at rest.
REST_M_S, REST_RAD_S = 0.02, 0.35
#: How deep one thing may be in another, metres.
DEEPEST_M = 0.002
#: What lies lower than this has fallen from its table or out of its bin.
LOWEST_M = -0.01
#: Where objects that fell out are put, far from every camera.
AWAY_M = 50.0
_LONGEST_S, _AFTER_S = 2.2, 0.7
_CHECK_STEPS = 25


def settle(model: Any, data: Any) -> None:
    """Let objects fall within the fences, then, without them, come to rest."""
    fences = [k for k in range(model.ngeom) if model.geom(k).name.startswith(FENCE)]
    _run(model, data, _LONGEST_S)
    if fences:
        model.geom_contype[fences] = model.geom_conaffinity[fences] = 0
        _run(model, data, _AFTER_S)


def settle_again(model: Any, data: Any, away: Iterable[int]) -> None:
    """
    Let what is left come to rest after objects were taken away.

    :param away: these, and all that were taken before.
    """
    _run(model, data, _LONGEST_S, tuple(away))


def fallen(data: Any, limits: Points) -> list[int]:
    """
    Return the objects that are below the ground or beyond the limits.

    :param limits: half extents in x and y, metres.
    """
    positions = data.xpos[1:]
    out = (positions[:, 2] < LOWEST_M) | (np.abs(positions[:, :2]) > limits).any(axis=1)
    return [int(k) for k in np.flatnonzero(out)]


def take_away(model: Any, data: Any, objects: Iterable[int]) -> None:
    """Put objects far away, each by itself, at rest."""
    hold_away(data, objects)
    engine().mj_forward(model, data)


def hold_away(data: Any, objects: Iterable[int]) -> None:
    """Keep far away what was taken there; nothing lies there that it could rest on."""
    for k in objects:
        data.qpos[7 * k:7 * k + 3] = (AWAY_M + k, AWAY_M, 0)
        data.qvel[6 * k:6 * k + 6] = 0


def fault(model: Any, data: Any) -> str | None:
    """Return why a heap may not be shown: 'unstable', 'moving', 'interpenetrating'; or None."""
    if is_unstable(data) or not np.isfinite(data.qpos).all():
        return 'unstable'
    if not at_rest(data):
        return 'moving'
    if penetration_m(data) > DEEPEST_M:
        return 'interpenetrating'
    return None


def is_unstable(data: Any) -> bool:
    """Tell whether motion had no bounds, where MuJoCo begins anew, its clock too."""
    kinds = engine().mjtWarning
    return any(data.warning[int(kind)].number for kind in (
        kinds.mjWARN_BADQPOS, kinds.mjWARN_BADQVEL, kinds.mjWARN_BADQACC))


def at_rest(data: Any) -> bool:
    """Tell whether nothing moves."""
    speeds = data.qvel.reshape(-1, 2, 3)
    return bool((np.linalg.norm(speeds[:, 0], axis=1) < REST_M_S).all()
                and (np.linalg.norm(speeds[:, 1], axis=1) < REST_RAD_S).all())


def penetration_m(data: Any) -> float:
    """Return how deep the deepest contact is, metres."""
    return max(0.0, -float(np.min(data.contact.dist, initial=0.0)))


def _run(model: Any, data: Any, longest_s: float, away: Sequence[int] = ()) -> None:
    """
    Step until nothing has moved at two checks in a row, the time is over, or it runs back.

    :param away: objects that stay far away, where there is no ground.
    """
    mj = engine()
    still = 0
    end = data.time + longest_s
    while data.time < end and still < 2 and not is_unstable(data):
        mj.mj_step(model, data, _CHECK_STEPS)
        hold_away(data, away)
        still = still + 1 if at_rest(data) else 0
