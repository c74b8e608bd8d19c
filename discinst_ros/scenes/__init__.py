# SPDX-License-Identifier: Apache-2.0
"""Scenes that the package draws itself: unlimited, seeded, with true ids, depth and occlusion."""

from discinst_ros.scenes.draw import draw_scene, FIRST_TRAINING_SEED, SCENE_KINDS

__all__ = ['FIRST_TRAINING_SEED', 'SCENE_KINDS', 'draw_scene']
