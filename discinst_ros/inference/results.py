# SPDX-License-Identifier: Apache-2.0
"""What the segment command leaves behind of images: label images, pictures and a list."""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path
from typing import Protocol

from discinst_ros.data.coco_rle import encode_labels, Rle
from discinst_ros.data.image_files import write_image
from discinst_ros.data.sample import Sample
from discinst_ros.instances import Instance, Instances
from discinst_ros.visualization import draw_overlay
from discinst_ros.whole_file import write_whole

#: After the name of an image: of its label image and of its picture.
RESULT_ENDINGS = ('-label.png', '-overlay.jpg')


class Results(Protocol):
    """Where what was found goes, image by image."""

    def add(self, sample: Sample, found: Instances, /) -> None:
        """Take one image."""

    def close(self) -> None:
        """Write what is of all images."""


class Listing:
    """A label image and a picture of each image, and one list of all objects."""

    def __init__(self, folder: Path, class_names: Sequence[str]) -> None:
        """
        Make the folder.

        :param folder: to write to.
        :param class_names: by class id.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._class_names = folder, class_names
        self._listed: dict[str, list[dict[str, object]]] = {}

    def add(self, sample: Sample, found: Instances) -> None:
        """Write the label image and the picture, and remember the objects."""
        label, overlay = (self._folder / f'{sample.name}{end}' for end in RESULT_ENDINGS)
        write_image(label, found.label_image)
        write_image(overlay, draw_overlay(sample.image, found))
        masks = encode_labels(found.label_image, (one.label for one in found.instances))
        self._listed[sample.name] = [as_json(one, self._class_names, mask)
                                     for one, mask in zip(found.instances, masks, strict=True)]

    def close(self) -> None:
        """Write instances.json."""
        write_whole(self._folder / 'instances.json', json.dumps(self._listed, indent=1) + '\n')


def as_json(instance: Instance, class_names: Sequence[str], mask: Rle) -> dict[str, object]:
    """Return an instance as instances.json lists it."""
    pose = instance.pose
    return {
        'label': instance.label, 'class': class_names[instance.class_id],
        'score': round(instance.score, 4), 'box': instance.box,
        'pixel_count': instance.pixel_count, 'segmentation': mask,
        'pose': None if pose is None else {
            'position_m': pose.position.tolist(), 'quaternion_xyzw': pose.quaternion.tolist(),
            'box_center_m': pose.box_center.tolist(), 'size_m': pose.size.tolist(),
            'covariance': pose.covariance.tolist()}}
