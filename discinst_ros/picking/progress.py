# SPDX-License-Identifier: Apache-2.0
"""What was tried in a bin, what to try next, and when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from discinst_ros.instances import Instance
from discinst_ros.picking.arrays import Array
from discinst_ros.picking.choose import Choice, choose, Option
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.places import SAME_PLACE_M
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

#: Without a pick so many times the frames that confirm anything are enough to see that they
#: disagree.
_DISAGREE = 5


class Outcome(IntEnum):
    """How it ended; the number is the exit code of a planner."""

    EMPTY = 0
    CANNOT_BE_EMPTIED = 3
    NO_FRAMES = 4
    NO_ANSWER = 5
    TOO_MANY_TRIES = 6


@dataclass(frozen=True)
class Patience:
    """How long to go on."""

    #: Consecutive frames without an object until the bin is empty, and frames in which nothing
    #: can be picked until it cannot be emptied.
    confirm_frames: int = 3
    #: Picks that fail at one place until it is given up.
    tries_per_place: int = 2
    #: Picks in all.
    max_tries: int = 500
    #: Picks that fail on one object until it is left alone, as long as nothing else is lifted.
    tries_per_object: int = 4
    #: Picks that fail one after the other, on whatever, until the bin cannot be emptied.
    tries_in_a_row: int = 12
    #: Objects of a lower score are left out: rather a patch of the bin than an object.
    min_score: float = 0.0


@dataclass
class _Failure:
    """A place where picks failed."""

    #: (3,) metres.
    position: Array
    #: Picks that may still be tried there.
    left: int
    #: Picks that failed there, and those since something was lifted.
    count: int = 1
    recent: int = 1


class Progress:
    """Remembers one bin from its first frame to its end."""

    def __init__(self, gripper: Gripper, patience: Patience) -> None:
        """Begin with a bin that nobody has looked at."""
        self._gripper = gripper
        self._patience = patience
        self.tries = self.lifted = 0
        #: Frames in a row that say the same: no object, or none that can be picked.
        self._empty = self._stuck = 0
        #: Frames since there was something to pick.
        self._looks = 0
        #: Picks since something was lifted.
        self._in_vain = 0
        self._failed: list[_Failure] = []
        #: Objects of the last frame that were left out for their score.
        self._doubtful = 0
        #: What the last look came to where nothing could be picked.
        self._choice = Choice(None, ())

    def look(self, instances: Sequence[Instance], points: npt.NDArray[np.floating],
             labels: npt.NDArray[np.integer]) -> Option | Outcome | None:
        """
        Take a fresh frame; the parameters are those of :func:`choose`.

        :return: what to pick, how it ended, or None where another frame has to confirm it.
        """
        # What is no number is not below anything, and so never makes a bin empty.
        trusted = [one for one in instances if not one.score < self._patience.min_score]
        self._doubtful = len(instances) - len(trusted)
        if trusted:
            self._empty = 0
            if self.tries >= self._patience.max_tries:
                return Outcome.TOO_MANY_TRIES
            if self._in_vain >= self._patience.tries_in_a_row:
                return Outcome.CANNOT_BE_EMPTIED
            best = self._best(trusted, points, labels)
            if best is not None:
                self._stuck = self._looks = 0
                self._choice = Choice(None, ())
                return best
            self._stuck += 1
        else:
            self._stuck = 0
            self._empty += 1
        self._looks += 1
        enough = self._patience.confirm_frames
        if self._empty >= enough:
            return Outcome.EMPTY
        if self._stuck >= enough or self._looks >= _DISAGREE * enough:
            return Outcome.CANNOT_BE_EMPTIED
        return None

    def interrupted(self) -> None:
        """Take note of a fresh frame that is of no use: those without an object count anew."""
        self._empty = 0

    def succeeded(self) -> None:
        """
        Count a pick that lifted something: what failed before may work now, and comes last.

        Once more each, so that what nobody can lift is not tried after every other object anew.
        """
        self.tries += 1
        self.lifted += 1
        self._in_vain = 0
        for one in self._failed:
            one.left = max(one.left, 1)
            one.count, one.recent = min(one.count, max(self._patience.tries_per_place - 1, 1)), 0

    def failed(self, position: Array) -> None:
        """Count a pick that lifted nothing at a position."""
        self.tries += 1
        self._in_vain += 1
        for one in self._failed:
            if np.linalg.norm(one.position - position) < SAME_PLACE_M:
                one.left -= 1
                one.count += 1
                one.recent += 1
                return
        self._failed.append(_Failure(position, self._patience.tries_per_place - 1))

    def _best(self, instances: Sequence[Instance], points: npt.NDArray[np.floating],
              labels: npt.NDArray[np.integer]) -> Option | None:
        """Return what to pick: where nothing failed yet, then where it failed once, and so on."""
        given_up = self._given_up(points, labels)
        for gripper in (self._gripper, self._gripper.at_last()):
            for failures in range(1, max(self._patience.tries_per_place, 2) + 1):
                self._choice = choose(
                    instances, points, labels, gripper=gripper, given_up=given_up,
                    avoid=[one.position for one in self._failed
                           if one.count >= failures or one.left <= 0])
                if self._choice.best is not None or not self._failed:
                    break
            if self._choice.best is not None:
                break
        return self._choice.best

    def _given_up(self, points: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]
                  ) -> set[int]:
        """Return the objects on which enough picks failed; a failure is that of the nearest."""
        owned = labels > 0
        if not self._failed or not owned.any():
            return set()
        far, nearest = cKDTree(points[owned]).query([one.position for one in self._failed])
        failed: Counter[int] = Counter()
        for one, away, label in zip(self._failed, far, labels[owned][nearest]):
            if away < SAME_PLACE_M:
                failed[int(label)] += one.recent
        return {label for label, count in failed.items()
                if count >= self._patience.tries_per_object}

    def sentence(self, outcome: Outcome) -> str:
        """Say what it came to."""
        score = f'{self.lifted} lifted in {self.tries} tries'
        if outcome == Outcome.EMPTY:
            left_out = (f'; {self._doubtful} left out, of a score below '
                        f'{self._patience.min_score:g}' if self._doubtful else '')
            return f'the bin is empty: {score}{left_out}'
        if outcome == Outcome.CANNOT_BE_EMPTIED and (
                self._in_vain >= self._patience.tries_in_a_row):
            return f'the bin cannot be emptied: {score}; the last {self._in_vain} failed'
        if outcome == Outcome.CANNOT_BE_EMPTIED:
            why = [f'object {one.instance.label}: {one.reason}' for one in self._choice.options]
            if self._stuck < self._patience.confirm_frames:
                why.insert(0, f'{self._looks} frames disagree whether anything is left')
            return '; '.join([f'the bin cannot be emptied: {score}', *why])
        if outcome == Outcome.TOO_MANY_TRIES:
            return (f'given up: {score}, and the bin is not empty; raise max_tries if it holds '
                    'that many')
        return score
