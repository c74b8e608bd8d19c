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

    The image is looked through once, however many ids there are.

    :raises MissingPackage: where faster-coco-eval is not installed.
    """
    tools = mask_tools()
    height, width = labels.shape
    column = labels.T.ravel()
    starts = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    ends = np.append(starts[1:], column.size)
    values = column[starts]
    masks = []
    for label in ids:
        runs = values == label
        turns = np.column_stack([starts[runs], ends[runs]]).ravel()
        if not len(turns) or turns[-1] < column.size:
            turns = np.append(turns, column.size)
        counts = np.diff(turns, prepend=0).tolist()
        packed = tools.frPyObjects({'size': [height, width], 'counts': counts}, height, width)
        masks.append({'size': [height, width], 'counts': packed['counts'].decode('ascii')})
    return masks


def encode_mask(mask: npt.NDArray[np.bool_]) -> Rle:
    """
    Return one mask (H×W).

    :raises MissingPackage: where faster-coco-eval is not installed.
    """
    return encode_labels(mask.view(np.uint8), (1,))[0]


def mask_tools() -> Any:
    """
    Import the mask tools of COCO when they are needed: to replay a folder they are not.

    :raises MissingPackage: where faster-coco-eval is not installed.
    """
    return needed('faster_coco_eval.core.mask', 'faster-coco-eval')
