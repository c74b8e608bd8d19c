# SPDX-License-Identifier: Apache-2.0
"""
The surfaces under a cup, from the noisy points that a camera has of them.

A depth camera errs along its rays. So a plane is fitted to the inverse depth over the image, where
planes are linear and noise tilts nothing, and each point is told by where its ray meets that plane
and how far it is off.

All places that are tried on an object are fitted at once: there are tens of thousands in a frame.
"""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.picking.arrays import Array, Flags, Indices
from discinst_ros.picking.roughness import roughness_of
import numpy as np

#: Fewest points that a surface is put through.
MIN_POINTS = 12
#: More points than these are thinned out: they say little more, and take time.
MOST_POINTS = 400
#: Points whose spread across, as a share of that along, squared, is less are all in one line.
_IN_LINE = 1e-9


@dataclass(frozen=True)
class Patch:
    """The surface around a position."""

    #: Of which of the positions that were asked for.
    which: int
    #: (3,) metres, on the plane.
    position: Array
    #: 3×3, the columns: the outward normal and two directions in the plane.
    axes: Array
    #: Root mean square distance of the surface from the plane, noise left aside, metres.
    roughness_m: float
    #: Standard deviation of the points around the surface, metres.
    noise_m: float
    #: Standard error of the normal.
    normal_error_rad: float


@dataclass(frozen=True)
class Patches:
    """The surfaces around M positions; the fields are those of :class:`Patch`, one row each."""

    #: (M,) of which of the positions that were asked for: some have no surface.
    which: Indices
    position: Array
    axes: Array
    roughness_m: Array
    noise_m: Array
    normal_error_rad: Array

    def of(self, first: int, end: int) -> Patches:
        """Return those of a range of the positions, numbered from its first."""
        begin, stop = np.searchsorted(self.which, (first, end))
        some = slice(begin, stop)
        return Patches(self.which[some] - first, self.position[some], self.axes[some],
                       self.roughness_m[some], self.noise_m[some], self.normal_error_rad[some])

    def __getitem__(self, index: int) -> Patch:
        """Return one of them."""
        return Patch(int(self.which[index]), self.position[index], self.axes[index],
                     float(self.roughness_m[index]), float(self.noise_m[index]),
                     float(self.normal_error_rad[index]))


def fit_patches(points: Array, near: Indices, count: Indices, positions: Array, radius_m: float
                ) -> Patches:
    """
    Return the surfaces through the points around positions, of those that have enough points.

    :param points: N×3 metres in the camera optical frame.
    :param near: the indices of the points around the first position, then around the next, and so
        on: at least of those that are within the radius in the image.
    :param count: (P,) how many these are for each.
    :param positions: P×3 metres; a surface is wanted where the ray of each meets it.
    :param radius_m: of the part of the surface that is judged.
    """
    middle = positions[:, :2] / positions[:, 2:]
    reach = radius_m / positions[:, 2]
    index, there = _padded(points, near, count, middle, reach)
    which = np.flatnonzero(there.sum(axis=1) >= MIN_POINTS)
    index, there, middle, reach = index[which], there[which], middle[which], reach[which]
    depth = points[:, 2][index]
    # Told from the middle in units of the radius, no more than about 1, sums lose no digits.
    u = (points[:, 0][index] / depth - middle[:, :1]) / reach[:, None]
    v = (points[:, 1][index] / depth - middle[:, 1:]) / reach[:, None]
    within, good = there, np.ones(len(which), np.bool_)
    with np.errstate(divide='ignore', invalid='ignore', over='ignore'):  # of those that are none
        for _ in range(2):
            plane, solved = _plane(u, v, 1 / depth, within)
            foot = np.column_stack([middle, np.ones(len(which))]) / plane[:, 2:]
            normal, length = _normals(plane, middle, reach)
            axes = _axes(normal)
            seen = _along(plane, u, v)  # 1/z of the plane on each ray
            x, y = (_along(_over_image(one, middle, reach), u, v) / seen
                    - np.einsum('ij,ij->i', one, foot)[:, None]
                    for one in (axes[:, :, 1], axes[:, :, 2]))
            within = there & (x * x + y * y <= radius_m ** 2)
            count = np.count_nonzero(within, axis=1)
            good &= (solved & (plane[:, 2] > 0) & ((seen > 0) | ~there).all(axis=1)
                     & (count >= MIN_POINTS))
        off = (1 - depth * seen) / length[:, None]
    within &= good[:, None]
    roughness, noise = roughness_of(x / radius_m, y / radius_m, off, within)
    error = 2 * np.hypot(noise, roughness) / radius_m / np.sqrt(np.maximum(count, 1))
    return Patches(which[good], foot[good], axes[good], roughness[good], noise[good], error[good])


def _padded(points: Array, near: Indices, count: Indices, middle: Array, reach: Array
            ) -> tuple[Indices, Flags]:
    """
    Return the points of each position that its surface is put through, as rows of one length.

    :return: P×K indices of points, and which of these are some.
    """
    owner = np.repeat(np.arange(len(count)), count)
    x, y, z = points[near].T
    # However it is tilted, what is within the radius on the surface is so in the image.
    inside = ((x / z - middle[owner, 0]) ** 2 + (y / z - middle[owner, 1]) ** 2
              <= (reach ** 2)[owner])
    near, owner = near[inside], owner[inside]
    count = np.bincount(owner, minlength=len(count))
    step = 1 + count // MOST_POINTS
    place = np.arange(len(near)) - (np.cumsum(count) - count)[owner]
    kept = place % step[owner] == 0
    near, owner, column = near[kept], owner[kept], (place // step[owner])[kept]
    index = np.zeros((len(count), int(column.max(initial=0)) + 1), np.intp)
    there = np.zeros(index.shape, np.bool_)
    index[owner, column], there[owner, column] = near, True
    return index, there


def _plane(u: Array, v: Array, inverse: Array, within: Flags) -> tuple[Array, Flags]:
    """Return planes a·u + b·v + c nearest to inverse depths, M×3, and which there are."""
    w = within.astype(np.float64)
    wu, wv = w * u, w * v
    (uu, uv, vv), (su, sv, n), (iu, iv, i) = (
        [np.einsum('mk,mk->m', *pair) for pair in pairs]
        for pairs in (((wu, u), (wu, v), (wv, v)), ((wu, w), (wv, w), (w, w)),
                      ((wu, inverse), (wv, inverse), (w, inverse))))
    # The normal equations by cofactors: in these units they lose no digits, either.
    one, two, three = n * vv - sv * sv, su * sv - n * uv, uv * sv - su * vv
    four, five, six = n * uu - su * su, su * uv - uu * sv, uu * vv - uv * uv
    size = uu * one + uv * two + su * three
    plane = np.column_stack([one * iu + two * iv + three * i, two * iu + four * iv + five * i,
                             three * iu + five * iv + six * i]) / size[:, None]
    return plane, size > _IN_LINE * n ** 3


def _along(plane: Array, u: Array, v: Array) -> Array:
    """Return what planes, M×3, are on rays."""
    a, b, c = plane.T[:, :, None]
    return np.asarray(a * u + b * v + c)


def _normals(plane: Array, middle: Array, reach: Array) -> tuple[Array, Array]:
    """Return the unit normals of planes towards the camera, M×3, and 1 over their distances."""
    # 1/z = normal · ray is the plane whose points p have normal · p = 1.
    slope = plane[:, :2] / reach[:, None]
    normal = np.column_stack([slope, plane[:, 2] - np.einsum('ij,ij->i', slope, middle)])
    length = np.sqrt(np.einsum('ij,ij->i', normal, normal))
    return np.asarray(-normal / length[:, None]), length


def _over_image(direction: Array, middle: Array, reach: Array) -> Array:
    """Return directions in space, M×3, as what a ray told from the middle has of them."""
    return np.column_stack([direction[:, :2] * reach[:, None],
                            np.einsum('ij,ij->i', direction[:, :2], middle) + direction[:, 2]])


def _axes(normal: Array) -> Array:
    """Return right-handed frames whose first axes, columns, are unit normals: M×3×3."""
    x, y, z = normal.T
    # Normals point towards the camera, so z is below 0.
    long = np.hypot(x, z)
    across, along = z / long, -x / long
    return np.stack([
        normal, np.column_stack([across, np.zeros(len(x)), along]),
        np.column_stack([y * along, z * across - x * along, -y * across])], axis=2)
