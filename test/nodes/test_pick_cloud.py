# SPDX-License-Identifier: Apache-2.0
"""
Clouds of other layouts, packed by hand with struct: read as they say, or refused in a sentence.

The planner reads x, y, z, rgb and label; who relays a cloud may order, widen and pad them.
"""

from __future__ import annotations

import array
import struct

from discinst_ros.nodes.point_cloud import points_from_msg, points_to_msg
import numpy as np
import pytest
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

#: x, y, z, packed colour and label of six points, two rows of three.
POINTS = [(0.25, -0.5, 1.0, 0x010203, 0), (1.5, 2.0, 0.75, 0xff0000, 65535),
          (0.0, 0.0, 3.0, 0x0000ff, 7), (-1.0, 0.125, 0.5, 0, 300), (4.0, 5.0, 6.0, 0xffffff, 1),
          (0.0625, 8.0, 2.0, 0x102030, 2)]
NAMES = ('x', 'y', 'z', 'rgb', 'label')
#: The letter of struct and the datatype of PointField.
LETTERS = {'f': PointField.FLOAT32, 'd': PointField.FLOAT64, 'I': PointField.UINT32,
           'i': PointField.INT32, 'H': PointField.UINT16, 'h': PointField.INT16,
           'B': PointField.UINT8, 'b': PointField.INT8}


def packed(layout, *, big=False, row_padding=0, height=2, points=POINTS):
    """
    Return a cloud.

    :param layout: name and letter of each field in its order; an empty name is a gap.
    """
    data, width = bytearray(), len(points) // height
    order = '>' if big else '<'
    for first in range(0, len(points), max(width, 1)):
        for point in points[first:first + width]:
            values = dict(zip(NAMES, point))
            for name, letter in layout:
                value = values.get(name, 99)
                data += struct.pack(order + letter, value if letter in 'fd' else int(value))
        data += b'\xaa' * row_padding
    sizes = [struct.calcsize('<' + letter) for _, letter in layout]
    step = sum(sizes)
    return PointCloud2(
        height=height, width=width, point_step=step, row_step=width * step + row_padding,
        is_bigendian=big, data=array.array('B', data), fields=[
            PointField(name=name, offset=sum(sizes[:number]), datatype=(
                PointField.FLOAT32 if name == 'rgb' else LETTERS[letter]), count=1)
            for number, (name, letter) in enumerate(layout) if name])


USUAL = [('x', 'f'), ('y', 'f'), ('z', 'f'), ('rgb', 'I'), ('label', 'I')]


@pytest.mark.parametrize('layout', [
    USUAL,
    [('label', 'H'), ('z', 'f'), ('rgb', 'I'), ('x', 'f'), ('y', 'f')],
    [('x', 'd'), ('y', 'd'), ('z', 'd'), ('label', 'i'), ('rgb', 'I')],
    [('x', 'f'), ('y', 'd'), ('z', 'f'), ('', 'f'), ('rgb', 'I'), ('', 'B'), ('label', 'I'),
     ('intensity', 'f'), ('', 'H')]], ids=['usual', 'shuffled', 'wide', 'gaps and more'])
@pytest.mark.parametrize('big', [False, True], ids=['little', 'big'])
@pytest.mark.parametrize('row_padding', [0, 5])
@pytest.mark.parametrize('height', [1, 2])
def test_any_layout_is_read(layout, big, row_padding, height):
    found = points_from_msg(packed(layout, big=big, row_padding=row_padding, height=height))
    assert [tuple(point) for point in found.tolist()] == POINTS


def test_ours_is_read_by_struct():
    """The other way round: what is published is what a stranger reads by the fields."""
    points = np.array([point[:3] for point in POINTS], np.float32).reshape(2, 3, 3)
    rgb = np.array([(point[3] >> 16, point[3] >> 8 & 255, point[3] & 255) for point in POINTS],
                   np.uint8).reshape(2, 3, 3)
    labels = np.array([point[4] for point in POINTS], np.uint16).reshape(2, 3)
    msg = points_to_msg(points, rgb, labels, Header())
    order = '>' if msg.is_bigendian else '<'
    assert [(field.name, field.offset, field.count) for field in msg.fields] == [
        (name, 4 * number, 1) for number, name in enumerate(NAMES)]
    assert [field.datatype for field in msg.fields] == [7, 7, 7, 7, 6]
    assert list(struct.iter_unpack(order + 'fffII', bytes(msg.data))) == POINTS


def test_an_empty_cloud_has_no_points():
    found = points_from_msg(packed(USUAL, height=1, points=[]))
    assert len(found) == 0 and found['label'].dtype == np.uint32


def test_what_is_too_large_for_32_bits_is_not_finite():
    msg = packed([('x', 'd'), *USUAL[1:]], height=1, points=[(1e300, 0.0, 1.0, 0, 1)])
    assert np.isinf(points_from_msg(msg)['x']).all()


def field(number, **values):
    def spoil(msg):
        for name, value in values.items():
            setattr(msg.fields[number], name, value)
    return spoil


def whole(**values):
    def spoil(msg):
        for name, value in values.items():
            setattr(msg, name, value)
    return spoil


@pytest.mark.parametrize('spoil, words', [
    (field(0, name='X'), "point cloud has fields ['X', 'y', 'z', 'rgb', 'label'], expected x, y, "
                         'z, rgb, label, each once'),
    (field(1, name='x'), "point cloud has fields ['x', 'x', "),
    (field(2, datatype=PointField.INT16), "point cloud field 'z' has datatype 3, expected 7 or 8 "
                                          'of PointField'),
    (field(4, datatype=PointField.FLOAT32), "point cloud field 'label' has datatype 7, expected "),
    (field(3, datatype=PointField.FLOAT64), "point cloud field 'rgb' has datatype 8, expected "),
    (field(1, count=3), "point cloud field 'y' has count 3, expected 1"),
    (field(1, offset=2), "point cloud field 'y' has offset 2, but 'x' lies there, which ends at "
                         '4'),
    (field(4, offset=18), "point cloud field 'label' ends at 22, but a point has 20 bytes"),
    (whole(point_step=16), "point cloud field 'label' ends at 20, but a point has 16 bytes"),
    (whole(point_step=24), 'point cloud has 120 bytes in rows of 60, expected 2 rows of 3 points '
                           'of 24 bytes'),
    (whole(row_step=40), 'point cloud has 120 bytes in rows of 40, expected 2 rows of 3 points'),
    (whole(height=3), 'point cloud has 120 bytes in rows of 60, expected 3 rows of 3 points'),
    (whole(width=7), 'point cloud has 120 bytes in rows of 60, expected 2 rows of 7 points'),
    (whole(data=array.array('B', bytes(119))), 'point cloud has 119 bytes in rows of 60'),
    (whole(data=array.array('B')), 'point cloud has 0 bytes in rows of 60')])
def test_what_cannot_be_read_is_refused(spoil, words):
    msg = packed(USUAL)
    spoil(msg)
    with pytest.raises(ValueError) as refused:
        points_from_msg(msg)
    assert str(refused.value).startswith(words)


def test_a_label_below_0_is_named_as_it_is():
    """Not as the 4294967295 that its bits would be."""
    layout = [*USUAL[:4], ('label', 'i')]
    with pytest.raises(ValueError, match='point cloud has the label -1, expected 0 or more'):
        points_from_msg(packed(layout, height=1, points=[(0.0, 0.0, 1.0, 0, -1)]))
