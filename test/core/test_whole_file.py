# SPDX-License-Identifier: Apache-2.0
"""
Files are written whole; links stay links, and what is no regular file is written to.

That a full disk leaves the file before is in test_training_report.py.
"""

from __future__ import annotations

import os
from pathlib import Path
import threading

from discinst_ros.whole_file import write_whole
import pytest


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / 'runs').mkdir()
    target, link = tmp_path / 'runs' / 'first.json', tmp_path / 'latest.json'
    target.write_text('before')
    link.symlink_to(target)
    write_whole(link, 'after')
    assert link.is_symlink() and target.read_text() == 'after'
    assert [path.name for path in target.parent.iterdir()] == ['first.json']


@pytest.mark.parametrize('mask, expected', [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_is_open_to_whom_the_system_says(
        tmp_path: Path, mask: int, expected: int) -> None:
    before = os.umask(mask)
    try:
        write_whole(tmp_path / 'scores.json', 'text')
    finally:
        os.umask(before)
    assert (tmp_path / 'scores.json').stat().st_mode & 0o777 == expected


@pytest.mark.parametrize('mode', [0o600, 0o664, 0o400])
def test_a_file_stays_as_open_as_it_was(tmp_path: Path, mode: int) -> None:
    path = tmp_path / 'scores.json'
    path.touch()
    path.chmod(mode)
    write_whole(path, 'text')
    assert path.stat().st_mode & 0o777 == mode and path.read_text() == 'text'


def test_a_name_that_is_no_text_hinders_nothing(tmp_path: Path) -> None:
    """As archives of other systems leave them: reports have the names of images."""
    write_whole(tmp_path / 'report.md', os.fsdecode(b'\xe4\xc3\xa4'))
    assert (tmp_path / 'report.md').read_text() == '\\udce4ä'


@pytest.mark.parametrize('linked', [False, True])
def test_a_pipe_is_written_to(tmp_path: Path, linked: bool) -> None:
    """As /dev/stdout is, which a file in its place would break for everyone."""
    pipe = path = tmp_path / 'pipe'
    os.mkfifo(pipe)
    if linked:
        path = tmp_path / 'link'
        path.symlink_to(pipe)
    told: list[bytes] = []
    reader = threading.Thread(target=lambda: told.append(pipe.read_bytes()))
    reader.start()
    write_whole(path, 'text')
    reader.join(timeout=100)
    assert told == [b'text'] and pipe.is_fifo()
