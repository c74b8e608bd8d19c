# SPDX-License-Identifier: Apache-2.0
"""The one type every dataset reader and scene generator returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from discinst_ros.instances import Intrinsics
import numpy as np
import numpy.typing as npt

#: Label of pixels to ignore. Where their class is above 0 it is known and only the instance is
#: not (a crowd); where it is 0 nothing is known (void).
IGNORE = -1


@dataclass(frozen=True)
class Sample:
    """One image and what is known of it."""

    name: str
    #: H×W×3 uint8, RGB.
    image: npt.NDArray[np.uint8]
    #: H×W int32 instance ids, 0 = background, negative = ignore; None where nobody labelled it.
    labels: npt.NDArray[np.int32] | None = None
    #: H×W uint8 class ids, 0 = background; None where all instances are of class 1.
    classes: npt.NDArray[np.uint8] | None = None
    #: H×W float32 metres along the optical axis, NaN = none.
    depth: npt.NDArray[np.float32] | None = None
    intrinsics: Intrinsics | None = None
    #: What its camera file says of the lens, for the programs that know it: here every camera is a
    #: pinhole.
    distortion: Any = None


def labels_of(sample: Sample) -> npt.NDArray[np.int32]:
    """
    Return the labels of a sample.

    :raises ValueError: where it has none.
    """
    if sample.labels is None:
        raise ValueError(f"sample '{sample.name}' has no label image")
    return sample.labels


def true_classes(sample: Sample) -> npt.NDArray[np.int32]:
    """
    Return the class map (H×W) of a sample; where nobody knows the class it is background.

    :raises ValueError: where the sample has no labels.
    """
    if sample.classes is None:
        return np.asarray(labels_of(sample) > 0, dtype=np.int32)
    return sample.classes.astype(np.int32)


def ignoring_holes(sample: Sample) -> Sample:
    """
    Return the sample with pixels to ignore wherever it has no depth.

    :raises ValueError: where the sample has no labels, or no depth at all.
    """
    if sample.depth is None:
        raise ValueError(f"sample '{sample.name}' has no depth, so no holes in it to ignore")
    holes = ~np.isfinite(sample.depth)
    return replace(
        sample, labels=np.where(holes, np.int32(IGNORE), labels_of(sample)),
        classes=None if sample.classes is None else np.where(holes, np.uint8(0), sample.classes))
