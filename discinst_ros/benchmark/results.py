# SPDX-License-Identifier: Apache-2.0
"""What a benchmark leaves behind: a table on the terminal, JSON, and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
import io
from pathlib import Path
from typing import Any

from discinst_ros.json_file import write_json
from discinst_ros.optional import needed
from discinst_ros.whole_file import write_whole

#: What a picture can be.
PICTURE_ENDINGS = ('.png', '.svg', '.pdf')


@dataclass(frozen=True)
class Results:
    """The figures of one run, and what has to be known to read them."""

    benchmark: str
    hardware: str
    #: Options of the run by name.
    settings: dict[str, Any]
    #: One entry for each thing measured; as JSON can hold them.
    rows: list[dict[str, Any]]
    #: Sentences: what was counted how.
    notes: list[str]

    def write_json(self, path: Path) -> None:
        """Write all of it."""
        date = datetime.now(timezone.utc).date().isoformat()
        write_json(path, {
            'benchmark': self.benchmark, 'date': date, 'hardware': self.hardware,
            'settings': self.settings, 'rows': self.rows, 'notes': self.notes})

    def text(self, heading: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
        """Return a table with the hardware above and the notes below it."""
        return '\n'.join([self.hardware, '', aligned([heading, *cells]), '', *self.notes])


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as columns; the first column begins, the others end in line."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    return '\n'.join('  '.join(
        cell.rjust(width) if number else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


@contextmanager
def picture(path: Path, columns: int, size_in: tuple[float, float]) -> Iterator[Any]:
    """
    Make a row of axes, and write the picture at the end.

    :param path: of the picture, see :data:`PICTURE_ENDINGS`.
    :param columns: how many axes; of one the axes themselves are given, not a list.
    :param size_in: width and height in inches.
    :raises MissingPackage: where matplotlib is not installed.
    """
    needed('matplotlib', 'matplotlib', instead='leave --picture out')
    from matplotlib.figure import Figure

    figure = Figure(figsize=size_in, layout='constrained')
    yield figure.subplots(1, columns)
    content = io.BytesIO()
    figure.savefig(content, dpi=110, format=path.suffix[1:].lower())
    write_whole(path, content.getvalue())
