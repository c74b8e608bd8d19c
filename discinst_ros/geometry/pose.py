# SPDX-License-Identifier: Apache-2.0
"""
The centroid and the oriented box of an object's visible surface, and how well they are known.

The axes are the principal axes of the points: x where they spread most, z where they spread
least, turned towards the camera.
"""

from __future__ import annotations

from typing import Any

from discinst_ros.instances import ObjectPose
import numpy as np
import numpy.typing as npt

#: Fewest points a pose is made from.
MIN_POINTS = 25
#: A surface is at least this share as wide as long; anything narrower is a line.
MIN_WIDTH_SHARE = 1e-3
#: Points within this many robust deviations of the plane belong to the surface.
PLANE_DEVIATIONS = 4.0
#: A surface whose width spreads less than this many times its roughness, or whose normal is
#: farther than 85° from the line of sight, has no normal that could be measured.
MIN_FLATNESS = 2.0
MIN_FACING = 0.09
#: Depth pixels close together err together: so many of them count as one measurement.
POINTS_PER_MEASUREMENT = 16
#: Standard deviation of the scale of a depth camera, as a share of the distance.
DEPTH_SCALE_ERROR = 0.005
#: Variance of an angle that is not known at all: uniform over half a turn, rad².
UNKNOWN_ANGLE = np.pi ** 2 / 12
#: Standard deviation of a normal distribution, in median absolute deviations.
MAD_TO_SIGMA = 1.4826
#: So many points decide what belongs to the surface; its moments are those of all.
_ENOUGH = 2048

Points = npt.NDArray[np.floating[Any]]
Array = npt.NDArray[np.float64]


def estimate_pose(
    points: Points, *, rim: Points | None = None, footprint_m: float = 0.0,
) -> ObjectPose | None:
    """
    Find the centroid and the oriented box of the visible surface of one object.

    Its covariance is a plain estimate, position and rotation taken as independent. Position:
    within the surface to one footprint, across it to its roughness over the root of
    the number of measurements, all of it to the error of the depth's scale along the line of
    sight. Rotation: the first-order error of principal axes, which grows as two of them become
    alike, up to 'not known at all' for the axes of a square or a disc.

    :param points: N×3 metres in the camera optical frame, finite.
    :param rim: M×3 further points at the object's border: where they lie on the surface they
        stretch the box, but they do not turn it.
    :param footprint_m: width on the surface of the pixels the points come from: a row of n
        pixels is n footprints long.
    :return: None where the points are too few or lie on one line.
    """
    if len(points) < MIN_POINTS:
        return None
    surface = np.asarray(points, dtype=np.float64)
    surface = surface[_on_plane(surface)]
    if len(surface) < MIN_POINTS:
        return None
    centre, axes, spread = _principal(surface)
    if spread[1] <= MIN_WIDTH_SHARE ** 2 * spread[0]:
        return None
    axes, normal_known = _towards_camera(centre, axes, spread)
    measurements = max(1.0, len(surface) / POINTS_PER_MEASUREMENT)
    # A pixel sees an area of a plane that grows with the cube of its depth.
    depth = surface[:, 2]
    area = depth * depth * depth
    position = area @ surface / area.sum()

    if rim is not None:
        surface = np.concatenate([surface, np.asarray(rim, dtype=np.float64)])
    local = axes.T @ (surface - centre).T  # 3×N: extremes along rows are found much faster
    near = _near_zero(local[2], spread[2 if normal_known else 1], centre)
    low, high = (np.array([find(row, where=near, initial=beyond) for row in local])
                 for find, beyond in ((np.min, np.inf), (np.max, -np.inf)))
    size = high - low + footprint_m * np.array([1.0, 1.0, 0.0])
    box_center = centre + axes @ ((low + high) / 2)
    if size[1] > size[0]:
        axes = np.stack([axes[:, 1], -axes[:, 0], axes[:, 2]], axis=1)
        size, spread = size[[1, 0, 2]], spread[[1, 0, 2]]
    if axes[0, 0] < 0:  # x and -x are equally right: the one to the image's right, always
        axes = axes * np.array([-1.0, -1.0, 1.0])
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = _position_covariance(position, axes, spread, footprint_m, measurements)
    covariance[3:, 3:] = _rotation_covariance(axes, spread, normal_known, measurements)
    return ObjectPose(position, quaternion_from_axes(axes), box_center, size, covariance)


def thinned(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """
    Return enough of some values for medians of them, evenly taken.

    Not for means: in the order of an image these may all be of some of its columns.
    """
    return values[::1 + len(values) // _ENOUGH]


def quaternion_from_axes(axes: Array) -> Array:
    """
    Return the unit quaternion x, y, z, w of a rotation matrix (3×3), w not negative.

    It is the eigenvector of the largest eigenvalue of a symmetric matrix made of the rotation's
    entries: one formula for all angles, also near a half turn.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = axes
    matrix = np.array([
        [xx - yy - zz, yx + xy, zx + xz, zy - yz],
        [yx + xy, yy - xx - zz, zy + yz, xz - zx],
        [zx + xz, zy + yz, zz - xx - yy, yx - xy],
        [zy - yz, xz - zx, yx - xy, xx + yy + zz]])
    quaternion: Array = np.linalg.eigh(matrix)[1][:, -1]
    return quaternion if quaternion[3] >= 0 else -quaternion


def _principal(points: Array) -> tuple[Array, Array, Array]:
    """Return the centroid, the axes (columns) and the variances along them, largest first."""
    centre = np.full(len(points), 1 / len(points)) @ points
    around = points - centre
    variances, axes = np.linalg.eigh(around.T @ around / len(points))
    return centre, axes[:, ::-1], np.maximum(variances[::-1], 0.0)


def _on_plane(points: Array) -> npt.NDArray[np.bool_]:
    """Tell which points are no outliers of the plane through most of them."""
    some = thinned(points)
    centre, axes, _ = _principal(some)
    off = (points - centre) @ axes[:, 2]
    some_off = thinned(off)
    middle = np.median(some_off)
    robust = (MAD_TO_SIGMA * np.median(np.abs(some_off - middle))) ** 2
    return _near_zero(off - middle, robust, centre)


def _near_zero(off: Array, variance: float, centre: Array) -> npt.NDArray[np.bool_]:
    """Tell which distances from a plane are explained by its roughness or the sensor's noise."""
    noise = DEPTH_SCALE_ERROR * float(np.linalg.norm(centre))
    return np.asarray(np.abs(off) <= PLANE_DEVIATIONS * max(float(variance) ** 0.5, noise))


def _towards_camera(centre: Array, axes: Array, spread: Array) -> tuple[Array, bool]:
    """
    Return right-handed axes with z towards the camera, and whether that z was measured.

    Where it was not (a stick narrower than the noise), z faces the camera as far as x allows.
    """
    x, z = axes[:, 0], axes[:, 2]
    to_camera = -centre / max(float(np.linalg.norm(centre)), 1e-12)
    facing = float(z @ to_camera)
    known = spread[1] >= MIN_FLATNESS ** 2 * spread[2] and abs(facing) >= MIN_FACING
    if known:
        z = z if facing > 0 else -z
    else:
        z = to_camera - (to_camera @ x) * x
        length = float(np.linalg.norm(z))
        z = z / length if length > 1e-6 else axes[:, 2]
    return np.stack([x, np.cross(z, x), z], axis=1), known


def _position_covariance(
    centre: Array, axes: Array, spread: Array, footprint_m: float, measurements: float,
) -> Array:
    """Return 3×3 m² in the camera's axes."""
    own = spread / measurements
    own[:2] = np.maximum(own[:2], footprint_m ** 2 / 2)
    along = DEPTH_SCALE_ERROR * centre
    covariance: Array = (axes * own) @ axes.T + np.outer(along, along)
    return covariance


def _rotation_covariance(
    axes: Array, spread: Array, normal_known: bool, measurements: float,
) -> Array:
    """Return 3×3 rad² about the camera's axes."""
    x, y, z = spread
    angles = np.array([_angle(y, z, measurements) if normal_known else UNKNOWN_ANGLE,
                       _angle(x, z, measurements), _angle(x, y, measurements)])
    covariance: Array = (axes * angles) @ axes.T
    return covariance


def _angle(one: float, other: float, measurements: float) -> float:
    """Return the variance of the angle between two principal axes from their variances."""
    apart = (one - other) ** 2 * measurements
    product = one * other
    return float(product / apart) if product < UNKNOWN_ANGLE * apart else UNKNOWN_ANGLE
