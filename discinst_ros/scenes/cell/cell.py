# SPDX-License-Identifier: Apache-2.0
"""A cell: look into the bin, pick at a pose, look again."""

from __future__ import annotations

from discinst_ros.data.sample import Sample
from discinst_ros.geometry.camera import FloatArray
from discinst_ros.geometry.workspace import Workspace
from discinst_ros.picking.arrays import Array
from discinst_ros.scenes.cell.bounds import Bounds
from discinst_ros.scenes.cell.cup import Contact, Cup, Fault, name_of, touch
from discinst_ros.scenes.cell.lift import lift
from discinst_ros.scenes.cell.outcome import PickOutcome
from discinst_ros.scenes.cell.sensors import (
    camera_above,
    check_size,
    HEIGHT_PX,
    sense_colour,
    sense_depth,
    WIDTH_PX,
)
from discinst_ros.scenes.cell.world import make_world
from discinst_ros.scenes.heaps.families.catalogue import CLASS_NAMES
from discinst_ros.scenes.heaps.heap import Heap
from discinst_ros.scenes.heaps.model import SEEN
from discinst_ros.scenes.heaps.views.lights import set_lights
from discinst_ros.scenes.heaps.views.renderer import Renderer
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

_STREAM = 0xCE11
#: What is lifted is clear of the rim by so much.
_CLEARANCE_M = 0.1
_GRAVITY = 9.81


class Cell:
    """
    A bin that can be looked at and picked from; the same calls give the same answers.

    Objects are called by their labels, 1 to N, which stay theirs to the end.
    """

    def __init__(self, heap: Heap, *, seed: int = 0, cup: Cup | None = None,
                 width: int = WIDTH_PX, height: int = HEIGHT_PX, sensors: bool = True) -> None:
        """
        Set a camera above a heap, which itself stays as it is.

        :param heap: in a bin or a tote.
        :param seed: of the camera's place and noise, and of the lamps.
        :param cup: at the end of the arm; the gripper in it says where the arm comes from.
        :param width: of the images, pixels.
        :param height: of the images, pixels.
        :param sensors: with the faults of real cameras, or as it truly is.
        :raises ValueError: for a heap without walls around it, and for images of such a size.
        """
        check_size(width, height)
        if not heap.surroundings.wall_m:
            raise ValueError(f"a cell needs a bin, and heap {heap.seed} is on a {heap.kind}; "
                             "take kind='bin', 'tote' or 'moulded'")
        self.cup = cup or Cup()
        self._seed, self._sensors = seed, sensors
        self._world = make_world(heap)
        rng = np.random.default_rng((_STREAM, heap.seed, seed))
        self.camera = camera_above(heap.surroundings, rng, width, height)
        self._bounds = Bounds(heap.surroundings, self.camera.to_world)
        set_lights(rng, self._world.model)
        self._looks = 0
        self._renderer: Renderer | None = None

    def close(self) -> None:
        """Free what the graphics hold; what is there can still be picked."""
        if self._renderer is not None:
            self._renderer.__exit__()
            self._renderer = None

    @property
    def heap(self) -> Heap:
        """What was put into the bin."""
        return self._world.heap

    @property
    def present(self) -> tuple[int, ...]:
        """Labels of the objects that are in the bin."""
        return tuple(k + 1 for k in self._world.present)

    @property
    def empty(self) -> bool:
        """Tell whether no object is left in the bin."""
        return not self._world.present

    @property
    def spilled(self) -> tuple[int, ...]:
        """Labels of the objects that have fallen out of the bin."""
        return tuple(sorted(k + 1 for k in self._world.spilled))

    @property
    def time_s(self) -> float:
        """How much time has passed in the cell."""
        return float(self._world.data.time)

    @property
    def workspace(self) -> Workspace:
        """The box around the inside of the bin, in the camera optical frame."""
        return self._bounds.workspace

    def inside(self, points: FloatArray) -> npt.NDArray[np.bool_]:
        """
        Tell which points are within the walls of the bin, and not of a wall, as far as noise lets.

        :param points: N×3 metres in the camera optical frame; NaN is not inside.
        """
        return self._bounds.inside(points)

    def look(self) -> Sample:
        """
        Return what the camera sees, with true labels; each look has noise of its own.

        :raises MissingLibrary: where there is no library to draw with.
        """
        world, one = self._world, self.camera.intrinsics
        if self._renderer is None:
            self._renderer = Renderer(world.model, world.data, one.width, one.height)
        self._renderer.look(self.camera)
        geoms, depth = self._renderer.geoms_and_depth()
        image = self._renderer.colours()
        labels = self._labels_of_geoms()[geoms]
        classes = np.array([0, *(CLASS_NAMES.index(world.heap.design(number).family)
                                 for number in world.numbers)], np.uint8)
        rng = np.random.default_rng((_STREAM, world.heap.seed, self._seed, self._looks))
        name = f'cell-{world.heap.seed}-{self._seed}-{self._looks}'
        self._looks += 1
        if self._sensors:
            image, depth = sense_colour(image, rng), sense_depth(depth, one, rng)
        return Sample(name, image, labels, classes[labels], depth, one)

    def pick(self, position: Array, quaternion: Array, intended: int | None = None
             ) -> PickOutcome:
        """
        Move the cup to a pose, pull, and take what was lifted out of the bin.

        :param position: (3,) metres in the camera optical frame, on the surface.
        :param quaternion: (4,) x, y, z, w: z is the outward normal.
        :param intended: label of the object that is meant, and no other is picked then; 0 for
            none, and any is picked unless given.
        """
        refusal = self._bounds.refusal(position, quaternion, self.cup.gripper.approach)
        if refusal:
            return PickOutcome((), Fault.REFUSED, refusal)
        to_world = self.camera.to_world
        target = to_world[:3, :3] @ position + to_world[:3, 3]
        axis = to_world[:3, :3] @ Rotation.from_quat(quaternion).as_matrix()[:, 2]
        approach = to_world[:3, :3] @ np.array(self.cup.gripper.approach)
        contact = touch(self._world, self.cup, target, axis, approach)
        touched = 0 if contact.number is None else contact.number + 1
        if contact.fault != Fault.IN_THE_WAY and touched and intended not in (None, touched):
            meant = name_of(intended - 1) if intended else 'none'
            return PickOutcome((), Fault.REFUSED, (
                f'the target is on the wrong object: the cup would be on {name_of(touched - 1)}, '
                f'and {meant} is meant'), touched)
        if contact.fault is not None:
            return PickOutcome((), contact.fault, contact.message, touched)
        return self._pull(contact, touched)

    def _pull(self, contact: Contact, touched: int) -> PickOutcome:
        world, number = self._world, contact.number
        assert number is not None
        height = world.heap.surroundings.wall_m + _CLEARANCE_M
        before = set(world.spilled)
        result = lift(world, number, contact.point, height_m=height, limit_n=self.cup.force_n,
                      tilt_rad=self.cup.roll_rad)
        world.remove(set(result.objects))
        world.settle()
        spilled = tuple(sorted(k + 1 for k in world.spilled - before))
        lifted = tuple(k + 1 for k in result.objects)
        fault, message = None, ', '.join(name_of(k) for k in result.objects)
        if not lifted:
            weight_n = float(world.model.body_mass[number + 1]) * _GRAVITY
            fault = Fault.TOO_HEAVY if weight_n > self.cup.force_n else Fault.HELD_DOWN
            why = (f'it weighs {weight_n:.0f} N' if fault == Fault.TOO_HEAVY
                   else f'others hold it down, its own weight is {weight_n:.1f} N')
            message = (f'{name_of(number)} needs more pull than the {self.cup.force_n:.0f} N of '
                       f'the cup: {why}')
        return PickOutcome(lifted, fault, message, touched, result.force_n, spilled)

    def _labels_of_geoms(self) -> npt.NDArray[np.int32]:
        """Return the label of each geom, 0 where it is none; one more for no geom."""
        model = self._world.model
        labels = np.zeros(model.ngeom + 1, np.int32)
        body = model.geom_bodyid
        is_object = (model.geom_group == SEEN) & (body > 0)
        labels[:-1][is_object] = body[is_object]
        return labels
