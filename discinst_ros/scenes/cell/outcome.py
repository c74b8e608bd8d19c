# SPDX-License-Identifier: Apache-2.0
"""What a pick came to."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.scenes.cell.cup import Fault


@dataclass(frozen=True)
class PickOutcome:
    """What a pick came to."""

    #: Labels of the objects that were lifted and are out of the bin.
    lifted: tuple[int, ...]
    #: Why nothing was; None where something was.
    fault: Fault | None
    #: The same for people.
    message: str
    #: Label of the object that the cup was on, 0 for none.
    touched: int = 0
    #: Largest pull, newtons.
    force_n: float = 0.0
    #: Labels of objects that fell out of the bin meanwhile.
    spilled: tuple[int, ...] = ()
