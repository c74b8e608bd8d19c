# SPDX-License-Identifier: Apache-2.0
"""Masks as COCO writes them: run lengths down the columns, as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from discinst_ros.optional import needed
import numpy as np
import numpy.typing as npt

#: ``{'size': [height, width], 'counts': text}``.
Rle: TypeAlias = dict[str, Any]


def encode_labels(labels: npt.NDArray[np.integer[Any]], ids: Iterable[int]) -> list[Rle]:
    """
    Return the mask of each of some ids of a label image (H×W).

    :raises MissingPackage: where faster-coco-eval is not installed.
    """
    return [encode_mask(labels == label) for label in ids]


def encode_mask(mask: npt.NDArray[np.bool_]) -> Rle:
    """Return one mask (H×W)."""
    rle: Rle = mask_tools().encode(np.asfortranarray(mask, dtype=np.uint8))
    return {'size': [int(side) for side in rle['size']], 'counts': rle['counts'].decode('ascii')}


def mask_tools() -> Any:
    """
    Import the mask tools of COCO when they are needed: to replay a folder they are not.

    :raises MissingPackage: where faster-coco-eval is not installed.
    """
    return needed('faster_coco_eval.core.mask', 'faster-coco-eval')
