# SPDX-License-Identifier: Apache-2.0
"""
A simulated cell: what is picked where it should be comes up, all else stays, with the reason.

Bins are packed by hand, so that where the surfaces are and what weighs how much is known without
the code under test. Not verified here: that a real cup would hold and let go at the same places.
"""

import math

from cell_scenes import bin_of, block, frame, HALF_M, target, wedge
from discinst_ros.picking import Gripper
from discinst_ros.scenes.cell import Cell, Cup, Fault, make_cell, why_fewer
from discinst_ros.scenes.cell.sensors import check_size
from discinst_ros.scenes.heaps import make_heap
from discinst_ros.scenes.heaps.places.kinds import make_surroundings
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')

TOP_M = 2 * HALF_M[2]


@pytest.fixture
def one_box():
    return bin_of((block(), (0.02, 0.03, HALF_M[2])))


def tilted(degrees):
    return math.sin(math.radians(degrees)), 0.0, math.cos(math.radians(degrees))


def test_pick_at_the_top_of_a_box_lifts_it(one_box):
    outcome = one_box.pick(*target(one_box, (0.02, 0.03, TOP_M)))
    assert outcome.lifted == (1,) and outcome.fault is None and outcome.touched == 1
    # 60 mm × 50 mm × 40 mm of 500 kg/m³ weigh 0.589 N; it starts smoothly
    assert 0.589 < outcome.force_n < 1.2
    assert one_box.empty and one_box.present == ()


@pytest.mark.parametrize('point, normal, fault', [
    ((0.08, 0.03, TOP_M), (0, 0, 1), Fault.NOTHING_THERE),  # 30 mm beside it
    ((0.08, 0.03, 0.0), (0, 0, 1), Fault.NO_OBJECT),  # the ground beside it
    ((0.02, 0.03, TOP_M + 0.05), (0, 0, 1), Fault.NOTHING_THERE),  # in the air
    ((0.02, 0.03, TOP_M + 0.012), (0, 0, 1), Fault.NOTHING_THERE),  # beyond the stroke
    ((0.02, 0.03, TOP_M - 0.012), (0, 0, 1), Fault.IN_THE_WAY),  # inside of it
    ((0.02, 0.03, TOP_M), tilted(50), Fault.TILTED),
    ((0.02, 0.03, TOP_M), tilted(30), Fault.TILTED),  # more than the cup gives way
    ((0.045, 0.03, TOP_M), (0, 0, 1), Fault.SEAL),  # 5 mm from its edge, the cup has 12 mm
    ((0.02, 0.03, TOP_M), (0, 0, -1), Fault.REFUSED),
    ((0.02, 0.03, 3.0), (0, 0, 1), Fault.REFUSED),
    ((2.0, 0.03, TOP_M), (0, 0, 1), Fault.REFUSED),
])
def test_wrong_target_lifts_nothing(one_box, point, normal, fault):
    outcome = one_box.pick(*target(one_box, point, normal))
    assert outcome.lifted == () and outcome.fault == fault, outcome.message
    assert one_box.present == (1,)


def test_slightly_wrong_target_lifts(one_box):
    """An error that a cup takes: 5 mm too high and turned by 10°."""
    outcome = one_box.pick(*target(one_box, (0.02, 0.03, TOP_M + 0.005), tilted(10)))
    assert outcome.lifted == (1,), outcome.message


@pytest.mark.parametrize('position, quaternion', [
    ((math.nan, 0, 0.5), (0, 0, 0, 1)), ((0, 0, 0.5), (0, 0, 0, 0))])
def test_what_is_no_pose_is_refused(one_box, position, quaternion):
    outcome = one_box.pick(np.array(position), np.array(quaternion))
    assert outcome.fault == Fault.REFUSED and outcome.lifted == ()


@pytest.mark.parametrize('reach_rad, fault', [
    (math.radians(40), Fault.TILTED), (math.radians(50), None)])
def test_surface_steeper_than_the_arm_reaches(reach_rad, fault):
    """The pose is true, on a roof of 45°: it depends on the arm whether that is too much."""
    cell = bin_of((wedge(), (0.0, 0.0, 0.025)), turn=Rotation.from_euler('x', math.pi / 2),
                  cup=Cup(Gripper(max_tilt_rad=reach_rad)))
    outcome = cell.pick(*target(cell, (0.025, 0.0, 0.025), tilted(45)))
    assert outcome.fault == fault, outcome.message
    assert outcome.lifted == (() if fault else (1,))


def test_overhang_is_in_the_way():
    """A plate on a post covers a low box 80 mm below: the cup cannot get there."""
    cell = bin_of((block((0.02, 0.03, 0.05)), (-0.05, 0.0, 0.05)),
                  (block((0.065, 0.03, 0.004), density=200), (-0.04, 0.0, 0.104)),
                  (block((0.02, 0.02, 0.01)), (0.005, 0.0, 0.01)))
    outcome = cell.pick(*target(cell, (0.005, 0.0, 0.02)))
    assert outcome.lifted == () and outcome.fault == Fault.IN_THE_WAY, outcome.message


def test_box_under_many_kilograms_is_held_down():
    """The lower box sticks out by 60 mm; on its other end lie 8 kg."""
    lower, weight = block((0.06, 0.03, 0.01)), block((0.03, 0.03, 0.04), density=28000)
    cell = bin_of((lower, (0.0, 0.0, 0.01)), (weight, (-0.03, 0.0, 0.06)))
    outcome = cell.pick(*target(cell, (0.0306, 0.0, 0.02)))
    assert outcome.lifted == () and outcome.fault == Fault.HELD_DOWN, outcome
    assert outcome.force_n > 20 and cell.present == (1, 2)


def test_box_that_is_too_heavy():
    cell = bin_of((block(density=20000), (0.0, 0.0, HALF_M[2])))  # 2.4 kg, 23.5 N
    outcome = cell.pick(*target(cell, (0.0, 0.0, TOP_M)))
    assert outcome.lifted == () and outcome.fault == Fault.TOO_HEAVY


def test_box_that_is_heavy_and_not_too_heavy():
    cell = bin_of((block(density=11000), (0.0, 0.0, HALF_M[2])))  # 1.32 kg, 12.9 N
    outcome = cell.pick(*target(cell, (0.0, 0.0, TOP_M)))
    assert outcome.lifted == (1,) and 12.9 < outcome.force_n < 20


def test_what_lies_on_the_picked_one_falls_off_when_the_wrist_rolls():
    """The cup holds a tray beside a small block that lies on it."""
    tray, load = block((0.05, 0.04, 0.008)), block((0.01, 0.01, 0.01))
    cell = bin_of((tray, (0.0, 0.0, 0.008)), (load, (-0.03, 0.0, 0.026)))
    outcome = cell.pick(*target(cell, (0.012, 0.0, 0.016)))
    assert outcome.lifted == (1,) and cell.present == (2,) and cell.spilled == ()


def test_what_lies_on_the_picked_one_comes_along_when_the_wrist_does_not_roll():
    tray, load = block((0.05, 0.04, 0.008)), block((0.01, 0.01, 0.01))
    cell = bin_of((tray, (0.0, 0.0, 0.008)), (load, (-0.03, 0.0, 0.026)), cup=Cup(roll_rad=0.0))
    outcome = cell.pick(*target(cell, (0.012, 0.0, 0.016)))
    assert outcome.lifted == (1, 2) and cell.empty


def test_what_the_picked_one_encloses_comes_along_all_the_same():
    """The cup holds an open box by its rim, and a block lies within."""
    cell = bin_of((frame(), (0.0, 0.0, 0.015)), (block((0.015, 0.015, 0.01)), (0.0, 0.0, 0.018)),
                  cup=Cup(Gripper(cup_radius_m=0.006)))
    outcome = cell.pick(*target(cell, (0.0, 0.032, 0.03)))
    assert outcome.lifted == (1, 2) and cell.empty


def test_bin_is_empty_after_all_picks():
    places = [(-0.08, 0.0), (0.0, 0.05), (0.08, -0.02)]
    cell = bin_of(*((block(), (x, y, HALF_M[2])) for x, y in places))
    for number, (x, y) in enumerate(places, start=1):
        assert not cell.empty
        assert cell.pick(*target(cell, (x, y, TOP_M))).lifted == (number,)
        # where it was, nothing is left to lift
        assert cell.pick(*target(cell, (x, y, TOP_M))).lifted == ()
    assert cell.empty and cell.spilled == ()


def test_nobody_is_lost_when_a_support_is_taken():
    """A plate bridges two boxes, and one of them is lifted beside it."""
    cell = bin_of((block((0.02, 0.05, 0.02)), (-0.04, 0.0, 0.02)),
                  (block((0.06, 0.015, 0.005)), (0.0, -0.03, 0.045)),
                  (block((0.02, 0.05, 0.02)), (0.04, 0.0, 0.02)))
    outcome = cell.pick(*target(cell, (-0.04, 0.03, 0.04)))
    assert 1 in outcome.lifted and 3 in cell.present
    assert sorted((*outcome.lifted, *cell.present, *cell.spilled)) == [1, 2, 3]


@pytest.mark.parametrize('corner', [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_outside_is_what_is_outside_of_the_walls(corner):
    """In the corners, too, where a box along the axes of a tilted camera is larger."""
    cell = bin_of((block(), (0.0, 0.0, HALF_M[2])))
    place = make_surroundings('tote', np.random.default_rng(0))
    half = np.array(place.opening) * corner
    for away_m, refused in ((-0.01, False), (0.02, True)):
        x, y = half + away_m * np.array(corner)
        outcome = cell.pick(*target(cell, (x, y, TOP_M)))
        assert (outcome.fault == Fault.REFUSED) is refused, (away_m, outcome.message)
    for z, refused in ((-0.02, False), (-0.05, True), (place.wall_m + 0.3, True)):
        outcome = cell.pick(*target(cell, (0.0, 0.0, z)))
        assert (outcome.fault == Fault.REFUSED) is refused, (z, outcome.message)


@pytest.mark.parametrize('intended, refused', [
    (None, False), (1, False), (2, True), (0, True)])
def test_another_object_than_the_one_that_is_meant_stays(intended, refused):
    cell = bin_of((block(), (-0.06, 0.0, HALF_M[2])), (block(), (0.06, 0.0, HALF_M[2])))
    outcome = cell.pick(*target(cell, (-0.06, 0.0, TOP_M)), intended)
    assert (outcome.fault == Fault.REFUSED) is refused and outcome.touched == 1
    assert cell.present == ((1, 2) if refused else (2,))
    if refused:
        meant = 'object 2' if intended else 'none'
        assert outcome.message.endswith(f'would be on object 1, and {meant} is meant')


def test_where_there_is_no_object_it_says_so_whichever_is_meant(one_box):
    assert one_box.pick(*target(one_box, (0.08, 0.03, 0.0)), 1).fault == Fault.NO_OBJECT
    assert one_box.pick(*target(one_box, (0.02, 0.03, TOP_M + 0.05)), 0).fault == (
        Fault.NOTHING_THERE)


def test_why_fewer_lie_there_than_were_asked_for():
    assert why_fewer(make_cell(1, count=40, parts='mixed'), 40) == '21 do not fit in'
    beside = 0.5
    cell = bin_of((block(), (0.0, 0.0, HALF_M[2])), (block(), (beside, 0.0, HALF_M[2])))
    assert why_fewer(cell, 2) == '1 fell out'
    assert why_fewer(cell, 4) == '2 do not fit in and 1 fell out'
    assert why_fewer(cell, 1) == why_fewer(cell, 0) == ''


@pytest.mark.parametrize('size', [(31, 480), (640, 4097)])
def test_images_that_no_camera_has_are_refused(size):
    with pytest.raises(ValueError, match=f'{size[0]}x{size[1]} pixels: expected 32 to 4096'):
        make_cell(3, count=2, width=size[0], height=size[1])


@pytest.mark.parametrize('size', [(4096, 33), (500, 2001)])
def test_images_too_flat_to_see_depth_are_refused(size):
    """Above a bin that fills 33 rows of 4096 columns the camera stood 39 m, and saw nothing."""
    with pytest.raises(ValueError, match='expected no side of more than 4 times the other'):
        check_size(*size)
    check_size(2000, 500)


def test_what_lies_beside_the_bin_is_not_in_it():
    place = make_surroundings('tote', np.random.default_rng(0))
    beside = place.region[0] + place.wall_m / 4 + HALF_M[0] + 0.015
    cell = bin_of((block(), (0.0, 0.0, HALF_M[2])), (block(), (beside, 0.0, HALF_M[2])))
    assert cell.present == (1,) and cell.spilled == (2,)


def test_look_shows_what_is_there(graphics_library):
    cell = bin_of((block(), (-0.06, 0.0, HALF_M[2])), (block(), (0.06, 0.0, HALF_M[2])))
    first = cell.look()
    assert set(np.unique(first.labels)) == {0, 1, 2}
    # the depth of the middle of an object's top, from where camera and box are
    position, _ = target(cell, (0.06, 0.0, TOP_M))
    one = first.intrinsics
    column, row = (round(position[k] / position[2] * f + c)
                   for k, f, c in ((0, one.fx, one.cx), (1, one.fy, one.cy)))
    assert first.labels[row, column] == 2
    assert abs(first.depth[row, column] - position[2]) < 0.002
    assert cell.pick(*target(cell, (0.06, 0.0, TOP_M))).lifted == (2,)
    assert set(np.unique(cell.look().labels)) == {0, 1}
    cell.close()


def test_light_stays_as_it_is_when_time_passes(graphics_library):
    cell = bin_of((block(), (-0.06, 0.0, HALF_M[2])), (block(), (0.06, 0.0, HALF_M[2])))
    first = cell.look()
    assert cell.pick(*target(cell, (0.06, 0.0, TOP_M))).lifted == (2,)
    second = cell.look()
    cell.close()
    assert np.median(np.abs(first.image.astype(int) - second.image)) == 0


def test_same_calls_give_the_same(graphics_library):
    heap = make_heap(3, kind='bin', shapes='held_out', count=4)

    def tell():
        cell = Cell(heap, width=160, height=120)
        first = cell.look()
        rows, columns = np.nonzero(first.labels == first.labels.max())
        row, column = rows[len(rows) // 2], columns[len(rows) // 2]
        one = first.intrinsics
        z = np.nanmedian(first.depth[rows, columns])
        point = np.array([(column - one.cx) / one.fx, (row - one.cy) / one.fy, 1]) * z
        outcome = cell.pick(point, np.array((1.0, 0.0, 0.0, 0.0)))
        second = cell.look()
        cell.close()
        return outcome, first, second

    (outcome, *looks), (same, *again) = tell(), tell()
    assert outcome == same
    for one, other in zip(looks, again):
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.depth, other.depth, equal_nan=True)
    assert not np.array_equal(looks[0].depth, looks[1].depth, equal_nan=True)  # noise of its own


def test_a_table_is_no_cell():
    with pytest.raises(ValueError, match='needs a bin'):
        Cell(make_heap(0, kind='table', count=2))
