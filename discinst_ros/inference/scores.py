# SPDX-License-Identifier: Apache-2.0
"""
How sure we are of each instance.

A calibrated checkpoint carries the weights of a logistic regression from the evidence of an
instance to the probability that its mask is good, that is, has an IoU of more than
:data:`GOOD_IOU` with an object. Without weights the score is tightness times probability of the
class: it orders instances, but is no probability.
"""

from __future__ import annotations

from collections.abc import Mapping

from discinst_ros.inference.checks import InferenceError
from discinst_ros.inference.evidence import EVIDENCE
from torch import Tensor

#: A mask whose IoU with an object exceeds this is good.
GOOD_IOU = 0.75
#: Name of the constant among the weights.
BIAS = 'bias'


def instance_scores(evidence: Tensor, weights: Mapping[str, float] | None) -> Tensor:
    """
    Return the score of each instance, 0 to 1.

    :param evidence: N×F, the columns as in :data:`EVIDENCE`.
    :param weights: by the name of the evidence, and :data:`BIAS`; None where there are none.
    :return: N float32.
    """
    if weights is None:
        return (evidence[:, EVIDENCE.index('tightness')]
                * evidence[:, EVIDENCE.index('probability')])
    return (evidence @ evidence.new_tensor([weights[name] for name in EVIDENCE])
            + weights[BIAS]).sigmoid_()


def check_weights(weights: Mapping[str, float] | None) -> None:
    """
    Refuse weights that are not those of the evidence.

    :raises InferenceError: naming what is missing or unknown.
    """
    if weights is not None and set(weights) != {BIAS, *EVIDENCE}:
        raise InferenceError(f'score_weights are of {sorted(weights)}, expected '
                             f'{sorted((BIAS, *EVIDENCE))}; calibrate the checkpoint again')
