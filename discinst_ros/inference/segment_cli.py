# SPDX-License-Identifier: Apache-2.0
"""The segment command: image files in, label images, overlay pictures and a list out."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
import sys

from discinst_ros.data.cityscapes import CityscapesDataset
from discinst_ros.data.cityscapes_submission import Submission
from discinst_ros.data.dataset import Dataset
from discinst_ros.data.sample import true_classes
from discinst_ros.inference.image_paths import find_images, ImageFiles, refuse_overwriting
from discinst_ros.inference.pair import SegmenterPair
from discinst_ros.inference.results import Listing, Results
from discinst_ros.writable import check_writable, path_of
from tqdm import tqdm

_EPILOG = """\
example:
  segment photo.jpg recordings/bin --out found
writes for each image
  found/NAME-label.png     16 bit, each object its own number, 0 = background
  found/NAME-overlay.jpg   the picture to look at
and found/instances.json with class, score, box, mask (COCO's run lengths, which pycocotools and
COCO viewers read) and, where there is depth, pose of every object.

With --format cityscapes the paths are folders with leftImg8bit, and found/ holds the files that
the benchmark takes: a text for each image, and the masks it names.
  segment cityscapes --format cityscapes --split test --checkpoint streets.safetensors --out found

NAME-color.png with NAME-depth.png and camera.json beside it gives poses, in metres and in the
camera's optical frame: x right, y down, z forward.
"""


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='segment', description='Separate the objects in images.', epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('images', type=path_of, nargs='+',
                        help='image files (png, jpg) or folders of them')
    parser.add_argument('--out', type=path_of, required=True, help='folder to write to')
    parser.add_argument('--checkpoint', type=path_of, help='default: the shipped weights')
    parser.add_argument('--depth-checkpoint', type=path_of, help='for images with depth and '
                        'camera; default: those of --checkpoint, or the shipped ones')
    parser.add_argument('--semantics', type=path_of,
                        help='a second checkpoint, whose classes are used instead')
    parser.add_argument('--true-semantics', action='store_true', help='take the true classes '
                        'instead; with --format cityscapes, which reads them from gtFine')
    parser.add_argument('--format', choices=tuple(_FORMATS), default='images',
                        help='of what is read and written (%(default)s)')
    parser.add_argument('--split', help='of Cityscapes: train, val or test')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (%(default)s)')
    parser.add_argument('--min-score', type=float, default=0.0,
                        help='leave out objects of a lower score, the probability that the mask '
                        'is good, 0 to 1 (%(default)s)')
    return parser


def images_of(options: argparse.Namespace) -> Dataset:
    """
    Open the image files that the command line names.

    :raises ValueError: where there are none, options are of another format, or what is read would
        be overwritten.
    """
    if options.split or options.true_semantics:
        raise ValueError('--split and --true-semantics go with --format cityscapes; labelled '
                         'images of other formats are for evaluate')
    paths = find_images(options.images)
    refuse_overwriting(paths, options.out)
    return ImageFiles(paths)


def cityscapes_of(options: argparse.Namespace) -> Dataset:
    """
    Open the split of Cityscapes that the command line names.

    :raises ValueError: where it is not there, or not named.
    """
    if len(options.images) != 1 or options.split is None:
        raise ValueError('--format cityscapes takes one folder, that with leftImg8bit, and '
                         '--split train, val or test')
    return CityscapesDataset(options.images[0], split=options.split,
                             labelled=options.true_semantics)


#: What is read and what is written, by the name of the format.
_FORMATS: dict[str, tuple[Callable[[argparse.Namespace], Dataset], Callable[..., Results]]] = {
    'images': (images_of, Listing), 'cityscapes': (cityscapes_of, Submission)}


def run(options: argparse.Namespace) -> int:
    """
    Segment what the command line names and return the number of objects.

    :raises ValueError: where an image, a checkpoint, a device or the folder to write to cannot be
        used.
    """
    if not 0 <= options.min_score <= 1:
        raise ValueError(f'--min-score is {options.min_score}, expected 0 to 1')
    check_writable(options, folders=['out'])
    open_images, open_results = _FORMATS[options.format]
    images = open_images(options)
    segmenter = SegmenterPair(options.checkpoint, options.depth_checkpoint, options.device,
                              options.semantics, classes_given=options.true_semantics)
    names = images.class_names if options.true_semantics else segmenter.class_names
    results = open_results(options.out, names)
    count = 0
    without_camera: list[str] = []
    try:
        for index in tqdm(range(len(images)), unit='image'):
            sample = images[index]
            if sample.depth is not None and sample.intrinsics is None:
                without_camera.append(sample.name)
            known = true_classes(sample) if options.true_semantics else None
            found = segmenter(sample.image, sample.depth, sample.intrinsics, classes=known)
            found = found.scoring(options.min_score)
            results.add(sample, found)
            count += len(found.instances)
    finally:
        results.close()  # of a bad image, the ones before it are listed
    if without_camera:
        print(f"segment: {len(without_camera)} of {len(images)} images have depth and no camera, "
              f"as '{without_camera[0]}': their depth was not used and gives no poses; add "
              'camera.json', file=sys.stderr)
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


if __name__ == '__main__':
    sys.exit(main())
