# SPDX-License-Identifier: Apache-2.0
"""Labelled points to PointCloud2 and back."""

from __future__ import annotations

import array
from operator import attrgetter
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

#: One point as it lies in the message; rgb is the packed 0x00RRGGBB that RViz and PCL read as a
#: float. The label is the value in the label image, 0 = background.
POINT = np.dtype([('x', np.float32), ('y', np.float32), ('z', np.float32), ('rgb', np.uint32),
                  ('label', np.uint32)])

_FIELD_TYPES = {'x': PointField.FLOAT32, 'y': PointField.FLOAT32, 'z': PointField.FLOAT32,
                'rgb': PointField.FLOAT32, 'label': PointField.UINT32}

_COORDINATES = {PointField.FLOAT32: np.float32, PointField.FLOAT64: np.float64}
#: What is read of a cloud, and of which datatypes; a packed colour is bits, whatever it is called.
_READ: dict[str, dict[int, Any]] = {
    'x': _COORDINATES, 'y': _COORDINATES, 'z': _COORDINATES,
    'rgb': dict.fromkeys((PointField.FLOAT32, PointField.UINT32, PointField.INT32), np.uint32),
    'label': {PointField.UINT8: np.uint8, PointField.INT8: np.int8,
              PointField.UINT16: np.uint16, PointField.INT16: np.int16,
              PointField.UINT32: np.uint32, PointField.INT32: np.int32}}


def points_to_msg(points: npt.NDArray[np.float32], rgb: npt.NDArray[np.uint8],
                  labels: npt.NDArray[np.uint16], header: Header) -> PointCloud2:
    """
    Return the cloud of all pixels that have a point.

    :param points: H×W×3 metres, NaN = none.
    :param rgb: H×W×3 uint8.
    :param labels: H×W, 0 = background.
    """
    seen = np.isfinite(points[:, :, 2])
    cloud = np.empty(int(seen.sum()), dtype=POINT)
    cloud['x'], cloud['y'], cloud['z'] = points[seen].T
    red, green, blue = rgb[seen].astype(np.uint32).T
    cloud['rgb'] = red << 16 | green << 8 | blue
    cloud['label'] = labels[seen]
    msg = PointCloud2(
        header=header, height=1, width=len(cloud), point_step=POINT.itemsize,
        row_step=POINT.itemsize * len(cloud), is_bigendian=sys.byteorder == 'big', is_dense=True,
        fields=[PointField(name=name, offset=index * 4, count=1, datatype=datatype)
                for index, (name, datatype) in enumerate(_FIELD_TYPES.items())])
    data = array.array('B')
    data.frombytes(cloud.tobytes())
    msg.data = data
    return msg


def points_from_msg(msg: PointCloud2) -> npt.NDArray[np.void]:
    """
    Return the points as a structured array of the type :data:`POINT`, row after row.

    Read is what the message says: whatever the order of its fields, between them others or
    nothing, whichever byte comes first.

    :raises ValueError: for a field that lacks or cannot be read, with its name and the value seen.
    """
    cells = _layout(msg)
    expected = msg.height * msg.row_step
    if msg.row_step < msg.width * msg.point_step or len(msg.data) != expected:
        raise ValueError(
            f'point cloud has {len(msg.data)} bytes in rows of {msg.row_step}, expected '
            f'{msg.height} rows of {msg.width} points of {msg.point_step} bytes')
    points = np.empty((msg.height, msg.width), dtype=POINT)
    if points.size:
        seen = np.ndarray(points.shape, cells, msg.data, strides=(msg.row_step, msg.point_step))
        least = seen['label'].min()
        if least < 0:
            raise ValueError(f'point cloud has the label {least}, expected 0 or more')
        with np.errstate(over='ignore'):  # a number of 64 bits too large for 32 is infinite
            for name in _READ:
                points[name] = seen[name]
    return points.reshape(-1)


def _layout(msg: PointCloud2) -> np.dtype[np.void]:
    """Return how a point lies in a message, of the fields that are read."""
    names = [field.name for field in msg.fields]
    fields = {field.name: field for field in msg.fields}
    if len(fields) < len(names) or not set(_READ) <= set(names):
        raise ValueError(f'point cloud has fields {names}, expected {", ".join(_READ)}, each once')
    order = '>' if msg.is_bigendian else '<'
    formats, end, before = {}, 0, ''
    for field in sorted((fields[name] for name in _READ), key=attrgetter('offset')):
        kinds = _READ[field.name]
        if field.datatype not in kinds:
            raise ValueError(f"point cloud field '{field.name}' has datatype {field.datatype}, "
                             f'expected {" or ".join(map(str, kinds))} of PointField')
        if field.count != 1:
            raise ValueError(f"point cloud field '{field.name}' has count {field.count}, "
                             'expected 1')
        if field.offset < end:
            raise ValueError(f"point cloud field '{field.name}' has offset {field.offset}, but "
                             f"'{before}' lies there, which ends at {end}")
        formats[field.name] = np.dtype(kinds[field.datatype]).newbyteorder(order)
        end, before = field.offset + formats[field.name].itemsize, field.name
    if end > msg.point_step:
        raise ValueError(f"point cloud field '{before}' ends at {end}, but a point has "
                         f'{msg.point_step} bytes')
    return np.dtype({
        'names': list(_READ), 'formats': [formats[name] for name in _READ],
        'offsets': [fields[name].offset for name in _READ], 'itemsize': msg.point_step})
