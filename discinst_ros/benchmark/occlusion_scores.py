# SPDX-License-Identifier: Apache-2.0
"""
How well sticks are told apart whose boxes are nearly one.

A stick counts where the tight box around its visible pixels and that of another stick have an IoU
above :data:`SAME_BOX_IOU`. What a cut stick is, and when its pieces carry one id, is that of
:func:`~discinst_ros.evaluation.metrics.cut_objects`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
import math

from discinst_ros.benchmark.bootstrap import between, draw_again
from discinst_ros.benchmark.occlusion_boxes import true_boxes
from discinst_ros.evaluation.comparison import Floats, Overlaps
from discinst_ros.evaluation.metrics import cut_objects, symmetric_best_dice_of
import numpy as np
import numpy.typing as npt

#: Boxes with a larger IoU are nearly one; a stick of which no other box reaches the smaller IoU
#: has a box to itself.
SAME_BOX_IOU, OWN_BOX_IOU = 0.8, 0.2
#: Scenes are drawn again so often for the intervals.
DRAWS = 2000

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Truth:
    """The sticks of a scene and how their boxes lie."""

    #: H×W ids, 0 = background.
    labels: Ids

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """Of all sticks, ascending."""
        return tuple(region.label for region in true_boxes(self.labels))

    @cached_property
    def box_iou(self) -> Floats:
        """N×N IoU of the boxes, in the order of :attr:`ids`; 0 of each with itself."""
        boxes = np.array([region.box for region in true_boxes(self.labels)]).reshape(-1, 4)
        low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
        shared = np.maximum(high - low, 0).prod(axis=2)
        area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
        iou: Floats = shared / (area[:, None] + area - shared)
        np.fill_diagonal(iou, 0)
        return iou

    @cached_property
    def partners(self) -> dict[int, tuple[int, ...]]:
        """The sticks that count, each with those whose box is nearly its own."""
        same = self.box_iou > SAME_BOX_IOU
        return {label: tuple(other for other, near in zip(self.ids, row) if near)
                for label, row in zip(self.ids, same) if row.any()}

    @cached_property
    def on_their_own(self) -> tuple[int, ...]:
        """The sticks that have a box to themselves."""
        most = self.box_iou.max(axis=1, initial=0)
        return tuple(label for label, iou in zip(self.ids, most) if iou < OWN_BOX_IOU)


@dataclass(frozen=True)
class SceneScore:
    """What one method made of one scene: sticks counted."""

    name: str
    #: Symmetric best dice of the scene; NaN where a method gives no label image.
    sbd: float
    #: Sticks with a partner that are cut, of these with one id on their pieces, and of these with
    #: another id on every partner.
    cut: int
    joined: int
    told_apart: int
    #: Sticks with a partner, and of these found with an IoU above 0.5 and 0.75.
    sticks: int
    found_50: int
    found_75: int
    #: Sticks with a box to themselves, and of these found with an IoU above 0.75.
    alone: int
    alone_75: int


def score_scene(name: str, truth: Truth, labels: Ids | None,
                found: Callable[[int], Ids]) -> SceneScore:
    """
    Score one scene.

    :param name: of the scene.
    :param truth: its sticks.
    :param labels: H×W ids that were found; None where masks overlap, so that there are none.
    :param found: gives for the id of a true stick the ids (H×W) to compare it with: always
        ``labels``, or the one mask that was asked for.
    """
    cut = joined = told_apart = 0
    for label, partners in truth.partners.items():
        guess = found(label)
        one, pieces = cut_objects(guess, np.where(truth.labels == label, label, 0))
        own = _majority(guess, truth, label)
        cut += pieces
        joined += one
        # In a label image nothing is no id; of masks asked for one by one it is all there can be.
        same = (own,) if labels is None else (own, 0)
        told_apart += one and all(_majority(guess, truth, other) not in same
                                  for other in partners)
    iou = np.array([_best_iou(found(label), truth, label) for label in truth.partners])
    alone = np.array([_best_iou(found(label), truth, label) for label in truth.on_their_own])
    sbd = math.nan if labels is None else symmetric_best_dice_of(Overlaps.of(labels, truth.labels))
    return SceneScore(name, sbd, cut, joined, told_apart, len(iou), int((iou > 0.5).sum()),
                      int((iou > 0.75).sum()), len(alone), int((alone > 0.75).sum()))


@dataclass(frozen=True)
class Figure:
    """A figure over all scenes, and the interval of its bootstrap."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return it for a table; a dash where it has no value."""
        if math.isnan(self.value):
            return '–'
        return f'{self.value:.3f} [{self.low:.2f}, {self.high:.2f}]'


#: The figures: heading, and the two counts whose quotient each is.
SHARES = {
    'joined': ('pieces of a cut stick carry one id', 'joined', 'cut'),
    'told_apart': ('… and the crossing stick another', 'told_apart', 'cut'),
    'found_50': ('found, IoU > 0.5', 'found_50', 'sticks'),
    'found_75': ('found, IoU > 0.75', 'found_75', 'sticks'),
    'alone_75': ('in a box of its own, IoU > 0.75', 'alone_75', 'alone'),
}


def figures(scores: Sequence[SceneScore]) -> dict[str, Figure]:
    """
    Return the figures over all scenes, with percentile intervals of a bootstrap over scenes.

    The scenes that are drawn again are the same for every method.

    :param scores: one or more.
    """
    again = draw_again(len(scores), draws=DRAWS)
    result = {name: _share(_column(scores, part), _column(scores, whole), again)
              for name, (_, part, whole) in SHARES.items()}
    sbd = _column(scores, 'sbd')
    result['sbd'] = _share(sbd, np.ones(len(sbd)), again)
    return result


def _column(scores: Sequence[SceneScore], name: str) -> Floats:
    return np.array([getattr(score, name) for score in scores], np.float64)


def _share(part: Floats, whole: Floats, again: npt.NDArray[np.int64]) -> Figure:
    """Return the quotient of two sums over scenes."""
    if not whole.sum():
        return Figure(math.nan, math.nan, math.nan)
    wholes = whole[again].sum(axis=1)
    shares = part[again].sum(axis=1)[wholes > 0] / wholes[wholes > 0]
    return Figure(float(part.sum() / whole.sum()), *between(shares))


def _majority(guess: Ids, truth: Truth, label: int) -> int:
    """Return the id that most pixels of a true stick carry."""
    return int(np.bincount(guess[truth.labels == label]).argmax())


def _best_iou(guess: Ids, truth: Truth, label: int) -> float:
    """Return the best IoU of a true stick with anything found."""
    return float(Overlaps.of(guess, truth.labels == label).iou.max(initial=0))
