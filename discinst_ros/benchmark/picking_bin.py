# SPDX-License-Identifier: Apache-2.0
"""One bin, emptied by what one method sees of it, as the planner does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from discinst_ros.benchmark.picking_film import Film
from discinst_ros.classical import segment_classically
from discinst_ros.classical.plane import Plane
from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.geometry.camera import deproject
from discinst_ros.geometry.surface import pose_of_mask
from discinst_ros.inference.pair import SegmenterPair
from discinst_ros.inference.regions import as_instances
from discinst_ros.instances import Instances, Intrinsics
from discinst_ros.picking.progress import Outcome, Patience, Progress
from discinst_ros.scenes.cell import Cell
import numpy as np
import numpy.typing as npt

#: Intersection over union from which on a mask is of an object.
_FITS = 0.5
#: What is seen in an image, whatever sees it.
Perceive = Callable[[Sample], Instances]
#: The same before the cell is known.
Method = Callable[[Cell], Perceive]


@dataclass
class BinRecord:
    """What came of one bin."""

    seed: int
    one_part: bool
    objects: int
    #: Picks; those that lifted something, the intended object among it, more than one object.
    tries: int = 0
    lifted: int = 0
    intended: int = 0
    several: int = 0
    #: Picks that lifted the intended object, whose mask was of that object: what a planner that
    #: weighs, measures or places what it holds relies on.
    fitting: int = 0
    #: Objects that fell out, and those that were left.
    spilled: int = 0
    left: int = 0
    #: How the planner ended, by the name of the outcome.
    ending: str = ''
    #: Failed picks by their reason.
    faults: Counter[str] = field(default_factory=Counter)
    #: Time that passed in the simulation.
    simulated_s: float = 0.0

    @property
    def emptied(self) -> bool:
        """Tell whether nothing was left and nothing fell out: all that was there is lifted."""
        return self.left == 0 and self.spilled == 0

    @property
    def falsely_empty(self) -> bool:
        """Tell whether the planner called the bin empty, and it was not."""
        return self.ending == Outcome.EMPTY.name.lower() and self.left > 0

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {**vars(self), 'faults': dict(self.faults)}


def empty_bin(cell: Cell, method: Method, patience: Patience, *, seed: int,
              one_part: bool, film: Film | None = None) -> BinRecord:
    """
    Pick until the bin is empty or the planner gives up.

    :param method: sees what is in the bin.
    :param seed: of the heap, for the record.
    :param one_part: all objects are copies of one part; for the record, too.
    :param film: gets a picture of each pick, and one of the end.
    """
    record = BinRecord(seed, one_part, len(cell.present))
    lost = len(cell.spilled)
    perceive = method(cell)
    progress = Progress(cell.cup.gripper, patience)
    while True:
        sample = cell.look()
        assert sample.depth is not None and sample.intrinsics is not None
        found = cell.workspace.crop(perceive(sample))
        seen = np.isfinite(sample.depth)
        chosen = progress.look(found.instances, deproject(sample.depth, sample.intrinsics)[seen],
                               found.label_image[seen])
        if isinstance(chosen, Outcome):
            if film is not None:
                film.add(sample, found, None, progress.sentence(chosen).split(';')[0])
            break
        if chosen is None or chosen.place is None:
            continue
        mask = found.label_image == chosen.instance.label
        intended = intended_object(sample, mask)
        result = cell.pick(chosen.place.position, chosen.place.quaternion)
        record.tries += 1
        record.lifted += bool(result.lifted)
        record.intended += intended in result.lifted
        record.fitting += intended in result.lifted and fits(sample, mask, intended)
        record.several += len(result.lifted) > 1
        if result.lifted:
            progress.succeeded()
        else:
            assert result.fault is not None
            record.faults[result.fault.value] += 1
            progress.failed(chosen.place.position)
        if film is not None:
            said = 'lifted' if result.lifted else result.message
            film.add(sample, found, chosen.place, f'pick {record.tries}: {said}')
    record.spilled, record.left = len(cell.spilled) - lost, len(cell.present)
    record.ending = chosen.name.lower()
    record.simulated_s = cell.time_s
    return record


def intended_object(sample: Sample, mask: npt.NDArray[np.bool_]) -> int:
    """Return the true object with most pixels in a mask, 0 where it holds none of any."""
    labels = labels_of(sample)[mask]
    labels = labels[labels > 0]
    return int(np.bincount(labels).argmax()) if len(labels) else 0


def fits(sample: Sample, mask: npt.NDArray[np.bool_], label: int) -> bool:
    """Tell whether a mask and a true object overlap by at least half of what either covers."""
    truth = labels_of(sample) == label
    return bool((mask & truth).sum() >= _FITS * (mask | truth).sum())


def by_network(segmenter: SegmenterPair) -> Method:
    """Return what a network sees."""
    def perceive(sample: Sample) -> Instances:
        return segmenter(sample.image, sample.depth, sample.intrinsics)
    return lambda cell: perceive


def by_truth(cell: Cell) -> Perceive:
    """Return the true masks, with poses from the depth of the camera."""
    return lambda sample: _posed(sample, labels_of(sample))


def by_geometry(cell: Cell) -> Perceive:
    """
    Return what depth alone gives without a network.

    It is told where the ground and the walls of the bin are: without that it takes the floor
    around the bin for the ground, and the bin for an object.
    """
    pose = cell.camera.to_world
    ground = Plane(pose[2, :3].copy(), -float(pose[2, 3]))

    def perceive(sample: Sample) -> Instances:
        depth, camera = _depth(sample)
        points = deproject(depth, camera).reshape(-1, 3)
        inside = cell.inside(points).reshape(depth.shape)
        return _posed(sample, segment_classically(
            np.where(inside, depth, np.float32(np.nan)), camera, plane=ground))
    return perceive


def _posed(sample: Sample, labels: npt.NDArray[np.int32]) -> Instances:
    depth, camera = _depth(sample)
    found = as_instances(labels.astype(np.uint16))

    def window(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
        return np.s_[box[1]:box[3], box[0]:box[2]]

    return replace(found, instances=tuple(
        replace(one, pose=pose_of_mask(
            depth[window(one.box)], labels[window(one.box)] == one.label, camera,
            corner=one.box[:2]))
        for one in found.instances))


def _depth(sample: Sample) -> tuple[npt.NDArray[np.float32], Intrinsics]:
    assert sample.depth is not None and sample.intrinsics is not None
    return sample.depth, sample.intrinsics
