# SPDX-License-Identifier: Apache-2.0
"""A cell: look into the bin, pick at a pose, look again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
import math

from discinst_ros.data.sample import Sample
from discinst_ros.geometry.camera import FloatArray
from discinst_ros.geometry.workspace import Workspace
from discinst_ros.picking.patch import Array
from discinst_ros.scenes.cell.cup import Contact, Cup, Fault, name_of, touch
from discinst_ros.scenes.cell.lift import lift
from discinst_ros.scenes.cell.sensors import camera_above, sense_colour, sense_depth
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
#: The workspace reaches so far above the rim.
_ABOVE_M = 0.15
#: A pose so far below the floor is still tried: depth has noise, and a cup has a stroke.
_BELOW_M = 0.03
#: So near a wall, a point may be one of the wall.
_WALL_NOISE_M = 0.006
#: Most angle between a target's z axis and where the arm comes from: beyond, it points away.
_FACING_RAD = math.pi / 2
#: A quaternion is one of unit length, within this.
_UNIT = 0.01
_GRAVITY = 9.81


@dataclass(frozen=True)
class PickOutcome:
    """What a pick came to."""

    #: Labels of the objects that were lifted and are out of the bin.
    lifted: tuple[int, ...]
    #: Why nothing was; None where something was.
    fault: Fault | None
    #: The same for people.
    message: str
    #: Label of the object that the cup was on, 0 for none.
    touched: int = 0
    #: Largest pull, newtons.
    force_n: float = 0.0
    #: Labels of objects that fell out of the bin meanwhile.
    spilled: tuple[int, ...] = ()


class Cell:
    """
    A bin that can be looked at and picked from; the same calls give the same answers.

    Objects are called by their labels, 1 to N, which stay theirs to the end.
    """

    def __init__(self, heap: Heap, *, seed: int = 0, cup: Cup | None = None, width: int = 640,
                 height: int = 480, sensors: bool = True) -> None:
        """
        Set a camera above a heap, which itself stays as it is.

        :param heap: in a bin or a tote.
        :param seed: of the camera's place and noise, and of the lamps.
        :param cup: at the end of the arm; the gripper in it says where the arm comes from.
        :param width: of the images, pixels.
        :param height: of the images, pixels.
        :param sensors: with the faults of real cameras, or as it truly is.
        :raises ValueError: for a heap without walls around it.
        """
        if not heap.surroundings.wall_m:
            raise ValueError(f"a cell needs a bin, and heap {heap.seed} is on a {heap.kind}; "
                             "take kind='bin', 'tote' or 'moulded'")
        self.cup = cup or Cup()
        self._seed, self._sensors = seed, sensors
        self._world = make_world(heap)
        rng = np.random.default_rng((_STREAM, heap.seed, seed))
        self.camera = camera_above(heap.surroundings, rng, width, height)
        set_lights(rng, self._world.model)
        self._looks = 0
        self._renderer: Renderer | None = None

    def close(self) -> None:
        """Free what the graphics hold; what is there can still be picked."""
        if self._renderer is not None:
            self._renderer.__exit__()
            self._renderer = None

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
        place = self._world.heap.surroundings
        x, y = place.opening
        corners = np.array(list(product((-x, x), (-y, y), (0, place.wall_m + _ABOVE_M))))
        pose = self.camera.to_world
        inside = (corners - pose[:3, 3]) @ pose[:3, :3]
        bounds = np.stack([inside.min(axis=0), inside.max(axis=0)], axis=1)
        return Workspace(tuple(map(float, bounds.ravel())))

    def inside(self, points: FloatArray) -> npt.NDArray[np.bool_]:
        """
        Tell which points are within the walls of the bin, and not of a wall, as far as noise lets.

        :param points: N×3 metres in the camera optical frame; NaN is not inside.
        """
        pose = self.camera.to_world
        there = np.asarray(points, np.float64) @ pose[:3, :3].T + pose[:3, 3]
        half = np.array(self._world.heap.surroundings.region) - _WALL_NOISE_M
        return np.asarray((np.abs(there[:, :2]) <= half).all(axis=1))

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

    def pick(self, position: Array, quaternion: Array) -> PickOutcome:
        """
        Move the cup to a pose, pull, and take what was lifted out of the bin.

        :param position: (3,) metres in the camera optical frame, on the surface.
        :param quaternion: (4,) x, y, z, w: z is the outward normal.
        """
        refusal = self._refusal(position, quaternion)
        if refusal:
            return PickOutcome((), Fault.REFUSED, refusal)
        to_world = self.camera.to_world
        target = to_world[:3, :3] @ position + to_world[:3, 3]
        axis = to_world[:3, :3] @ Rotation.from_quat(quaternion).as_matrix()[:, 2]
        approach = to_world[:3, :3] @ np.array(self.cup.gripper.approach)
        contact = touch(self._world, self.cup, target, axis, approach)
        touched = 0 if contact.number is None else contact.number + 1
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

    def _refusal(self, position: Array, quaternion: Array) -> str:
        """Return why a pose is not even tried, empty where it is."""
        numbers = np.concatenate([np.asarray(position, float), np.asarray(quaternion, float)])
        if numbers.shape != (7,) or not np.isfinite(numbers).all():
            return f'the target is no pose: {numbers.tolist()}'
        length = float(np.linalg.norm(numbers[3:]))
        if abs(length - 1) > _UNIT:
            return f'the orientation of the target is no rotation: its length is {length:.3f}'
        if not self._in_the_bin(numbers[:3]):
            x, y, z = numbers[:3]
            return f'the target ({x:.3f}, {y:.3f}, {z:.3f}) m is outside of the bin'
        direction = Rotation.from_quat(numbers[3:]).as_matrix()[:, 2]
        angle = math.acos(float(np.clip(direction @ np.array(self.cup.gripper.approach), -1, 1)))
        if angle > _FACING_RAD:
            return (f'the target faces away: its z axis is {math.degrees(angle):.0f}° from '
                    'where the arm comes from')
        return ''

    def _in_the_bin(self, position: Array) -> bool:
        """Tell whether a position is between the walls and neither far above nor far below."""
        pose, place = self.camera.to_world, self._world.heap.surroundings
        x, y, z = pose[:3, :3] @ position + pose[:3, 3]
        half = np.array(place.opening) + _WALL_NOISE_M
        return bool(abs(x) <= half[0] and abs(y) <= half[1]
                    and -_BELOW_M <= z <= place.wall_m + _ABOVE_M)

    def _labels_of_geoms(self) -> npt.NDArray[np.int32]:
        """Return the label of each geom, 0 where it is none; one more for no geom."""
        model = self._world.model
        labels = np.zeros(model.ngeom + 1, np.int32)
        body = model.geom_bodyid
        is_object = (model.geom_group == SEEN) & (body > 0)
        labels[:-1][is_object] = body[is_object]
        return labels
