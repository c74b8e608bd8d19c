# SPDX-License-Identifier: Apache-2.0
"""The page of small pictures in a folder of heaps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
from discinst_ros.data.contact_sheet import ContactSheet
from discinst_ros.data.folder import read_sample
from discinst_ros.whole_file import write_whole

SHEET = 'contact_sheet.jpg'
_QUALITY = 85


def write_sheet(folder: Path, names: Sequence[str]) -> None:
    """
    Write the page, each picture with its instances.

    :param names: of the samples; a few of them are drawn, those that are missing are not.
    """
    sheet = ContactSheet(len(names))
    for index in sheet.chosen:
        path = folder / f'{names[index]}-color.png'
        if path.is_file():
            sheet.add(index, read_sample(path))
    page = sheet.page()
    if page is not None:
        _, data = cv2.imencode('.jpg', page[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        write_whole(folder / SHEET, data.tobytes())
