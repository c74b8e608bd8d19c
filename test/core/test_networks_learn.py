# SPDX-License-Identifier: Apache-2.0
"""
ENet learns four scenes by heart, judged by the segmenter.

The big networks take minutes; docs/networks.md says how to start them by hand and how long.
"""

from overfit_scenes import GOAL, overfit


def test_enet_learns_four_scenes_by_heart():
    sbd, steps = overfit('enet', (96, 64), steps=300, rate=5e-3, every=20)
    assert sbd > GOAL, f'SBD {sbd:.3f} after {steps} steps'
