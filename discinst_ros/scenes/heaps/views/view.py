# SPDX-License-Identifier: Apache-2.0
"""A heap seen from somewhere: the sample, and all that is true of it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from itertools import product

from discinst_ros.data.sample import Sample
from discinst_ros.scenes.draw import MIN_VISIBLE_PX
from discinst_ros.scenes.heaps.families.catalogue import CLASS_NAMES
from discinst_ros.scenes.heaps.heap import Heap
from discinst_ros.scenes.heaps.model import SEEN
from discinst_ros.scenes.heaps.screened import SEEN_OFF_X_RAD, STEEPEST_DEG
from discinst_ros.scenes.heaps.surface import Points
from discinst_ros.scenes.heaps.views.camera import Camera, place_camera
from discinst_ros.scenes.heaps.views.colour_sensor import sense_colour
from discinst_ros.scenes.heaps.views.depth_sensor import sense_depth
from discinst_ros.scenes.heaps.views.lights import set_lights
from discinst_ros.scenes.heaps.views.occlusion import find_occlusions, Occlusion
from discinst_ros.scenes.heaps.views.renderer import Renderer
import numpy as np
import numpy.typing as npt

_STREAM = 0x71E3
#: Views are looked for again where fewer objects than this are in the picture.
_FEWEST_SEEN = 2
_TRIES = 4


@dataclass(frozen=True, eq=False)
class SeenObject:
    """An object of a view; its label is its place in the heap, from 1 on."""

    label: int
    family: str
    #: 4×4, from the axes of its bounding box to the camera optical frame.
    pose: Points
    #: (3,) full extents of its bounding box, metres.
    size: Points
    #: Pixels in which it is seen, and in which it would be if it were alone.
    visible_px: int
    whole_px: int


@dataclass(frozen=True, eq=False)
class View:
    """One picture of a heap."""

    #: What the cameras give, with true labels.
    sample: Sample
    camera: Camera
    #: H×W×3 and H×W float32 metres: before the faults of the cameras.
    true_image: npt.NDArray[np.uint8]
    true_depth: npt.NDArray[np.float32]
    #: All objects of which anything is in the picture, if they were alone.
    objects: tuple[SeenObject, ...]
    occlusions: tuple[Occlusion, ...]


def render(heap: Heap, view_seed: int, *, width: int = 320, height: int = 240,
           sensors: bool = True) -> Sample:
    """
    Return a sample of a heap; the same arguments give the same sample.

    :param view_seed: 0 or more: camera, lamps and faults of the cameras.
    :param width: of the image, pixels.
    :param height: of the image, pixels.
    :param sensors: with the faults of real cameras, or as it truly is.
    :raises MissingLibrary: where there is no library to draw with.
    """
    return render_view(heap, view_seed, width=width, height=height, sensors=sensors).sample


def render_view(heap: Heap, view_seed: int, *, width: int = 320, height: int = 240,
                sensors: bool = True, renderer: Renderer | None = None) -> View:
    """
    Return a view of a heap, as :func:`render` does, with all that is true of it.

    :param renderer: of this heap, where several views are wanted; it costs 0.01 to 0.1 s.
    """
    rng = np.random.default_rng((_STREAM, heap.seed, view_seed))
    set_lights(rng, heap.model)
    with nullcontext(renderer) if renderer else Renderer(
            heap.model, heap.data, width, height) as drawer:
        geoms = object_geoms(heap)
        x, y = np.array(heap.surroundings.region) / 2
        # Where nothing is left, all of the ground is looked at.
        positions = heap.data.xpos[[k + 1 for k in heap.present]] if heap.present else (
            np.array([(-x, -y, 0.0), (x, y, 0.0)]))
        ahead = {'off_x_rad': SEEN_OFF_X_RAD, 'steepest_deg': STEEPEST_DEG} if (
            heap.arrangement == 'screened') else {}
        for _ in range(_TRIES):
            camera = place_camera(rng, heap.surroundings, positions, width, height, **ahead)
            drawer.look(camera)
            numbers, depth = drawer.geoms_and_depth()
            table = np.zeros(heap.model.ngeom + 1, np.int32)
            for label, some in geoms.items():
                table[list(some)] = label
            seen = table[numbers]
            if len(np.unique(seen)) > min(_FEWEST_SEEN, len(heap.present)):
                break
        image = drawer.colours()
        poses = {label: object_pose(heap, label, camera) for label in geoms}
        corners = {label: _corners(heap, label, pose) for label, pose in poses.items()}
        occlusions, whole = find_occlusions(drawer, camera, seen, geoms, corners)
    visible = np.bincount(seen.ravel(), minlength=len(heap.members) + 1)
    labels = np.where((visible >= MIN_VISIBLE_PX)[seen], seen, 0).astype(np.int32)
    of_label = np.zeros(len(heap.members) + 1, np.uint8)
    for label in geoms:
        of_label[label] = CLASS_NAMES.index(heap.design(label - 1).family)
    sensed_image, sensed_depth = image, depth
    if sensors:
        shine = heap.model.mat_specular[np.maximum(heap.model.geom_matid, 0)][numbers]
        sensed_depth = sense_depth(depth, image, shine.astype(np.float32), rng)
        sensed_image = sense_colour(image, rng)
    sample = Sample(f'heap-{heap.seed}-{view_seed}', sensed_image, labels, of_label[labels],
                    sensed_depth, camera.intrinsics)
    objects = tuple(
        SeenObject(label, heap.design(label - 1).family, poses[label],
                   2 * heap.design(label - 1).half_size, int(visible[label]), whole[label])
        for label in geoms if whole[label])
    return View(sample, camera, image, depth, objects, tuple(occlusions))


def object_geoms(heap: Heap) -> dict[int, tuple[int, ...]]:
    """Return label -> the geoms that are seen of it, of all objects that are there."""
    seen = heap.model.geom_group == SEEN
    return {k + 1: tuple(np.flatnonzero(seen & (heap.model.geom_bodyid == k + 1)).tolist())
            for k in heap.present}


def object_pose(heap: Heap, label: int, camera: Camera) -> Points:
    """Return the 4×4 pose of an object in the camera optical frame."""
    pose = np.eye(4)
    pose[:3, :3] = heap.data.xmat[label].reshape(3, 3)
    pose[:3, 3] = heap.data.xpos[label]
    return np.asarray(np.linalg.inv(camera.to_world) @ pose)


def _corners(heap: Heap, label: int, pose: Points) -> Points:
    signs = np.array(list(product((-1, 1), repeat=3)))
    points = signs * heap.design(label - 1).half_size
    return np.asarray(points @ pose[:3, :3].T + pose[:3, 3])
