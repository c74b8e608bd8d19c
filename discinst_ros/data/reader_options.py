# SPDX-License-Identifier: Apache-2.0
"""The options of a command line that say how labelled images are read."""

from __future__ import annotations

import argparse
from typing import Any

from discinst_ros.data.coco import CROWDS
from discinst_ros.data.dataset import AUTO
from discinst_ros.data.formats import FORMATS

#: Option of a reader, and its name among the parsed ones.
_OPTIONS = {**{name: name for name in ('color', 'label', 'classes', 'depth', 'camera', 'ignore',
                                       'crowd')}, 'images': 'image_folder'}


def add_reader_options(parser: argparse.ArgumentParser, *, images: str = '--images') -> None:
    """
    Add the options; all of them may be left out.

    :param images: what the folder of COCO's images is called, where the command has another
        use for the word.
    """
    parser.add_argument('--format', choices=(AUTO, *FORMATS), default=AUTO,
                        help='of labelled images on disk (%(default)s: by looking at the path)')
    parser.add_argument('--split', help='train, val and so on; all of them unless given')
    folder = parser.add_argument_group(
        'of the format folder', 'Patterns, relative to the folder: {name} stands for what '
        'differs, | between alternatives.')
    folder.add_argument('--color', metavar='PATTERN', help="e.g. '{name}.jpg'")
    for what in ('label', 'classes', 'depth', 'camera'):
        folder.add_argument(f'--{what}', metavar='PATTERN')
    folder.add_argument('--ignore', type=int, metavar='VALUE',
                        help='of label and class images: such pixels are to be ignored')
    coco = parser.add_argument_group('of the format coco')
    coco.add_argument(images, dest=_OPTIONS['images'], metavar='FOLDER',
                      help='where the images are')
    coco.add_argument('--crowd', choices=CROWDS, help='what iscrowd means (ignore)')


def reader_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return those that were given and that only some formats have, by the reader's names."""
    return {name: getattr(options, parsed) for name, parsed in _OPTIONS.items()
            if getattr(options, parsed) is not None}
