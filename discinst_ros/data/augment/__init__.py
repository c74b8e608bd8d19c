# SPDX-License-Identifier: Apache-2.0
"""Augmentation: a labelled sample seen otherwise, with labels, depth and camera that stay true."""

from discinst_ros.data.augment.augmentation import Augmentation, AugmentationError

__all__ = ['Augmentation', 'AugmentationError']
