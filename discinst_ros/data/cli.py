# SPDX-License-Identifier: Apache-2.0
"""The dataset command: look at a dataset before training, and convert it."""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from contextlib import closing
import sys

from discinst_ros.data.check import check
from discinst_ros.data.contact_sheet import ContactSheet
from discinst_ros.data.convert import IGNORE_VALUE, to_coco, to_folder, VOID_CHOICES
from discinst_ros.data.dataset import Dataset, DATASET_NAMES, open_dataset
from discinst_ros.data.formats import FORMATS
from discinst_ros.data.image_files import IMAGE_ENDINGS, write_image
from discinst_ros.data.inventory_text import inventory_text
from discinst_ros.data.problem import KINDS
from discinst_ros.data.reader_options import add_reader_options, reader_options
from discinst_ros.writable import check_writable, path_of
from tqdm import tqdm

_EPILOG = f"""\
formats, found by looking at the path unless --format says so:
{chr(10).join(f'  {name:<12}{one.expected}' for name, one in FORMATS.items())}

examples:
  dataset check export.json --sheet sheet.jpg           COCO, with a page of pictures
  dataset check yolo_export --split val
  dataset check cvat_export --crowd instance            masks painted with the brush of CVAT
  dataset check photos --color '{{name}}.jpg' --label 'masks/{{name}}_mask.png' --ignore 255
  dataset check sticks --count 50                       drawn scenes
  dataset convert export.json --to folder --out nuts    for replay_camera and evaluate
  dataset convert nuts --to coco --out nuts_coco
"""
#: Options of drawn scenes: passed on when given.
_DRAWN = ('first_seed', 'count')


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='dataset', description='Look at a dataset, or write it in another format.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)

    checking = commands.add_parser(
        'check', help='count what is there, list what is wrong',
        description='Read every sample, count, and list what is wrong. The exit code is 1 where '
        'something is.', epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    _add_source(checking)
    checking.add_argument('--sheet', type=path_of,
                          help='write a page of pictures here, .jpg or .png')
    checking.add_argument('--allow', action='append', default=[], choices=KINDS, metavar='KIND',
                          help='list this kind, but do not count it as wrong; can be repeated: '
                          f'{", ".join(KINDS)}')
    checking.add_argument('--list', type=int, default=20, metavar='N',
                          help='problems of a kind to list, 0 = all (%(default)s)')

    converting = commands.add_parser(
        'convert', help='write it in another format',
        description=f'Write a dataset as folder (pixels to ignore get {IGNORE_VALUE}) or as COCO '
        'with run lengths.', epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    _add_source(converting)
    converting.add_argument('--to', choices=('folder', 'coco'), required=True)
    converting.add_argument('--out', type=path_of, required=True, help='folder, new or empty')
    converting.add_argument('--void', choices=VOID_CHOICES, default=VOID_CHOICES[0],
                            help='pixels to ignore of no known class, with --to coco '
                            '(%(default)s)')
    return parser


def run_check(options: argparse.Namespace) -> int:
    """
    Check what the command line names and return the number of things that are wrong.

    :raises ValueError: where it cannot be opened, or the page cannot be written.
    """
    if options.sheet and options.sheet.suffix.lower() not in IMAGE_ENDINGS:
        raise ValueError(f"--sheet '{options.sheet}': expected a name that ends in "
                         f'{", ".join(IMAGE_ENDINGS)}')
    check_writable(options, files=['sheet'])
    dataset = _open(options, strict=False)
    sheet = ContactSheet(len(dataset))
    with closing(_progress(dataset)) as indices:
        inventory = check(dataset, indices, sheet.add if options.sheet else None)
    print(inventory_text(inventory, options.list, options.allow))
    page = sheet.page()
    if options.sheet and page is not None:
        options.sheet.parent.mkdir(parents=True, exist_ok=True)
        write_image(options.sheet, page)
        print(f'pictures: {options.sheet}')
    return inventory.wrong(options.allow)


def run_convert(options: argparse.Namespace) -> int:
    """
    Convert what the command line names and return the number of samples.

    :raises ValueError: where a sample cannot be read or written.
    """
    check_writable(options, folders=['out'])
    dataset = _open(options)
    with closing(_progress(dataset)) as indices:
        if options.to == 'coco':
            to_coco(dataset, indices, options.out, void=options.void)
        else:
            to_folder(dataset, indices, options.out)
    print(f'{len(dataset)} images in {options.out}')
    return len(dataset)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = make_parser().parse_args(arguments)
    try:
        if options.command == 'check':
            return 1 if run_check(options) else 0
        run_convert(options)
    except (ValueError, OSError) as error:
        print(f'dataset: {error}', file=sys.stderr)
        return 1
    return 0


def _progress(dataset: Dataset) -> Generator[int, None, None]:
    """Count through a dataset, with a bar from the first sample on that ends with an error."""
    with tqdm(total=len(dataset), unit='image') as bar:
        for index in range(len(dataset)):
            yield index
            bar.update()


def _open(options: argparse.Namespace, *, strict: bool = True) -> Dataset:
    drawn = {key: getattr(options, key) for key in _DRAWN if getattr(options, key) is not None}
    return open_dataset(options.path, format=options.format, split=options.split, strict=strict,
                        **reader_options(options), **drawn)


def _add_source(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what to read and how."""
    parser.add_argument('path', help='file or folder of the dataset, or one of '
                        f'{", ".join(DATASET_NAMES)}')
    add_reader_options(parser)
    drawn = parser.add_argument_group('of drawn scenes')
    drawn.add_argument('--first-seed', type=int)
    drawn.add_argument('--count', type=int)


if __name__ == '__main__':
    sys.exit(main())
