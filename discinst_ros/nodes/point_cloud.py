# SPDX-License-Identifier: Apache-2.0
"""Labelled points to PointCloud2 and back."""

from __future__ import annotations

import array
import sys

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
    Return the points as a structured array of the type :data:`POINT`.

    :raises ValueError: where the cloud is not one of ours.
    """
    if msg.point_step != POINT.itemsize or [field.name for field in msg.fields] != list(
            _FIELD_TYPES):
        raise ValueError(f'point cloud has fields {[field.name for field in msg.fields]} in '
                         f'{msg.point_step} bytes, expected {list(_FIELD_TYPES)} in '
                         f'{POINT.itemsize}')
    return np.frombuffer(msg.data, dtype=POINT)
