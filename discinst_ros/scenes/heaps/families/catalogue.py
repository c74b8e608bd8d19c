# SPDX-License-Identifier: Apache-2.0
"""All families of objects: which training may see, and which are held out for tests."""

from __future__ import annotations

from collections.abc import Callable

from discinst_ros.scenes.heaps.design import Design
from discinst_ros.scenes.heaps.families import (
    clear,
    flexible,
    goods,
    hardware,
    hollow,
    solid,
    tools,
)
from discinst_ros.scenes.textures import Rng

# A family's place is its class and part of the seeds: new families go to the end of TRAINING.
TRAINING: dict[str, Callable[[Rng], Design]] = {
    'box': solid.make_box, 'carton': solid.make_carton, 'stick': solid.make_stick,
    'can': solid.make_can, 'ball': solid.make_ball, 'plate': solid.make_plate,
    'pouch': flexible.make_pouch, 'bar': solid.make_bar, 'cup': hollow.make_cup,
    'bowl': hollow.make_bowl, 'bottle': hollow.make_bottle, 'pipe': hollow.make_pipe,
    'driver': tools.make_driver, 'bracket': tools.make_bracket, 'spoon': tools.make_spoon,
    'leaflet': flexible.make_leaflet,
}
#: Shapes that no training may see.
HELD_OUT: dict[str, Callable[[Rng], Design]] = {
    'hammer': tools.make_hammer, 'cross': tools.make_cross, 'dumbbell': tools.make_dumbbell,
    'cone': tools.make_cone, 'mug': tools.make_mug, 'star': tools.make_star,
}
#: Shapes of small shipments; in heaps of no other set, so that those stay as they are.
GOODS: dict[str, Callable[[Rng], Design]] = {
    'scissors': goods.make_scissors, 'tray': goods.make_tray, 'blister': goods.make_blister,
    'clamshell': clear.make_clamshell, 'clear_bag': clear.make_clear_bag,
}
#: Shapes of what is made in a workshop, open and branched; in heaps of no other set, either.
HARDWARE: dict[str, Callable[[Rng], Design]] = {
    'channel': hardware.make_channel, 'frame': hardware.make_frame, 'comb': hardware.make_comb,
    'ladder': hardware.make_ladder, 'hook': hardware.make_hook, 'link': hardware.make_link,
    'elbow': hardware.make_elbow, 'bolt': hardware.make_bolt, 'flange': hardware.make_flange,
    'coil': hardware.make_coil,
}
#: What a heap can be made of; a family that stands here twice comes twice as often.
SHAPE_SETS = {
    'training': tuple(TRAINING), 'held_out': tuple(HELD_OUT), 'all': (*TRAINING, *HELD_OUT),
    'groceries': ('carton',) * 6 + ('box', 'can', 'can', 'bottle', 'cup', 'bowl'),
    'bags': ('pouch',) * 6 + ('carton', 'carton', 'plate', 'plate', 'leaflet', 'box', 'can',
                              'bottle', 'bracket', 'driver', 'spoon'),
    'goods': ('pouch',) * 4 + ('carton', 'carton', 'plate', 'leaflet', 'box', 'can', 'bottle',
                               'spoon', 'driver', *(tuple(GOODS) * 2)),
    'sheets': ('leaflet',) * 6 + ('pouch',) * 6 + ('carton', 'carton', 'plate', 'box', *GOODS),
    'hardware': (*(tuple(HARDWARE) * 2), 'bracket', 'pipe', 'stick', 'stick', 'bar', 'plate',
                 'box', 'driver'),
}
#: Class id -> name; the background is class 0.
CLASS_NAMES = ('background', *TRAINING, *HELD_OUT, *GOODS, *HARDWARE)


def make_design(family: str, rng: Rng) -> Design:
    """
    Return a new part of a family.

    :raises ValueError: for an unknown family.
    """
    maker = {**TRAINING, **HELD_OUT, **GOODS, **HARDWARE}.get(family)
    if maker is None:
        raise ValueError(f"family '{family}' is not known; choose one of "
                         f"{', '.join(CLASS_NAMES[1:])}")
    return maker(rng)
