# SPDX-License-Identifier: Apache-2.0
"""The segment command: image files in, label images, overlay pictures and a list out."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
import json
from pathlib import Path
import sys

from discinst_ros.data.coco_rle import encode_labels, Rle
from discinst_ros.data.folder import (
    FolderError,
    is_color_image,
    natural_order,
    read_sample,
)
from discinst_ros.data.image_files import IMAGE_ENDINGS, read_color, write_image
from discinst_ros.data.sample import Sample
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.instances import Instance, Instances
from discinst_ros.resources import default_checkpoint
from discinst_ros.visualization import draw_overlay
from tqdm import tqdm

_EPILOG = """\
example:
  segment photo.jpg recordings/bin --out found
writes for each image
  found/NAME-label.png     16 bit, each object its own number, 0 = background
  found/NAME-overlay.jpg   the picture to look at
and found/instances.json with class, score, box, mask (COCO's run lengths, which pycocotools and
COCO viewers read) and, where there is depth, pose of every object.

NAME-color.png with NAME-depth.png and camera.json beside it gives poses, in metres and in the
camera's optical frame: x right, y down, z forward.
"""


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='segment', description='Separate the objects in images.', epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('images', type=Path, nargs='+',
                        help='image files (png, jpg) or folders of them')
    parser.add_argument('--out', type=Path, required=True, help='folder to write to')
    parser.add_argument('--checkpoint', type=Path, help='default: the shipped weights')
    parser.add_argument('--semantics', type=Path,
                        help='a second checkpoint, whose classes are used instead')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (%(default)s)')
    parser.add_argument('--min-score', type=float, default=0.0,
                        help='leave out objects of a lower score, the probability that the mask '
                        'is good, 0 to 1 (%(default)s)')
    return parser


def find_images(paths: Iterable[Path]) -> list[Path]:
    """
    Return the image files that the paths name, those of a folder in natural order.

    In a folder with NAME-color images only those are meant: the others belong to them.

    :raises FolderError: for a path without images, and where two images bear one name.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for image in _images_at(path.expanduser()):
            other = found.setdefault(_name(image), image)
            if other != image:
                raise FolderError(f"'{other}' and '{image}' would write the same files; segment "
                                  'them one at a time')
    return list(found.values())


def read_image(path: Path) -> Sample:
    """
    Read an image, with depth and camera where it is one of the folder format.

    :raises FolderError: where it cannot be read.
    """
    return read_sample(path) if is_color_image(path) else Sample(_name(path), read_color(path))


def write_result(folder: Path, sample: Sample, instances: Instances) -> None:
    """Write the label image and the picture of one image."""
    write_image(folder / f'{sample.name}-label.png', instances.label_image)
    write_image(folder / f'{sample.name}-overlay.jpg', draw_overlay(sample.image, instances))


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


def run(options: argparse.Namespace) -> int:
    """
    Segment what the command line names and return the number of objects.

    :raises ValueError: where an image, a checkpoint or a device cannot be used.
    """
    if not 0 <= options.min_score <= 1:
        raise ValueError(f'--min-score is {options.min_score}, expected 0 to 1')
    images = find_images(options.images)
    segmenter = InstanceSegmenter.from_checkpoint(
        options.checkpoint or default_checkpoint(), options.device, options.semantics)
    options.out.mkdir(parents=True, exist_ok=True)
    listed: dict[str, list[dict[str, object]]] = {}
    for path in tqdm(images, unit='image'):
        sample = read_image(path)
        instances = segmenter(sample.image, sample.depth, sample.intrinsics)
        instances = instances.scoring(options.min_score)
        write_result(options.out, sample, instances)
        masks = encode_labels(instances.label_image, (one.label for one in instances.instances))
        listed[sample.name] = [as_json(one, segmenter.class_names, mask)
                               for one, mask in zip(instances.instances, masks, strict=True)]
    (options.out / 'instances.json').write_text(json.dumps(listed, indent=1) + '\n')
    count = sum(map(len, listed.values()))
    print(f'{count} objects in {len(images)} images: {options.out}')
    return count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = make_parser().parse_args(arguments)
    try:
        run(options)
    except (ValueError, OSError) as error:
        print(f'segment: {error}', file=sys.stderr)
        return 1
    return 0


def _images_at(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FolderError(f"'{path}' does not exist")
    images = sorted((file for file in path.iterdir() if file.suffix.lower() in IMAGE_ENDINGS),
                    key=natural_order)
    if not images:
        raise FolderError(f"'{path}' has no images ({', '.join(IMAGE_ENDINGS)})")
    return list(filter(is_color_image, images)) or images


def _name(path: Path) -> str:
    return path.stem.removesuffix('-color')


if __name__ == '__main__':
    sys.exit(main())
