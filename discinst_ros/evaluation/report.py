# SPDX-License-Identifier: Apache-2.0
"""What an evaluation leaves behind: a table, JSON, and a folder to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
import math
from pathlib import Path
from typing import Any

from discinst_ros.data.image_files import write_image
from discinst_ros.evaluation import by_class, by_name
from discinst_ros.evaluation.evaluate import MEANING, Report
from discinst_ros.evaluation.extremes import side_by_side
from discinst_ros.evaluation.plots import plot_reliability, plot_sweep
from discinst_ros.evaluation.sweep import Sweep
from discinst_ros.markdown import table
from discinst_ros.whole_file import write_whole

#: Figures of a sweep that go from 0 to 1, which its plot shows.
_SHARES = ('sbd', 'overlap_f', 'found_75')


def rows(report: Report, class_names: tuple[str, ...] | None) -> list[list[str]]:
    """Return the figures line by line: what, value, and that with the true semantics."""
    table = [['images', str(len(report.images))]
             + ([''] if report.true_semantics is not None else [])]
    for name, value in _shown(report.figures).items():
        row = [_meaning(name, class_names), _text(value)]
        if report.true_semantics is not None:
            row.append(_text(report.true_semantics.get(name, math.nan)))
        table.append(row)
    return table


def breakdowns(report: Report, class_names: tuple[str, ...] | None) -> list[list[list[str]]]:
    """Return the tables of parts of the data, each below its heading: by name, by class."""
    found = []
    if report.by_name:
        found.append(_breakdown('category', by_name.HEADINGS, report.by_name))
    if report.by_class:
        found.append(_breakdown('true class', by_class.HEADINGS, _by_class(report, class_names)))
    return found


def as_text(table: Iterable[list[str]]) -> str:
    """Return a table for a terminal."""
    return '\n'.join(f'{first:<42}' + ''.join(f'{cell:>16}' for cell in cells)
                     for first, *cells in table)


def as_json(report: Report, class_names: tuple[str, ...] | None = None,
            **about: Any) -> dict[str, Any]:
    """Return all figures, image by image; what has no value is null."""
    figures = {**about, 'images': len(report.images), **_finite(_shown(report.figures))}
    if report.true_semantics is not None:
        figures['true_semantics'] = _finite(_shown(report.true_semantics))
    if report.by_name:
        figures['by_name'] = {name: _finite(part) for name, part in report.by_name.items()}
    if report.by_class:
        figures['by_class'] = {name: _finite(part)
                               for name, part in _by_class(report, class_names).items()}
    curve = report.calibration.reliability
    figures['reliability'] = [
        {'score': _none(score), 'good': _none(good), 'masks': int(count)}
        for score, good, count in zip(curve.score, curve.good, curve.count)]
    figures['per_image'] = [asdict(image) for image in report.images]
    return figures


def write_report(folder: Path, report: Report, title: str,
                 class_names: tuple[str, ...] | None) -> None:
    """Write report.md, the reliability plot and the pictures it shows."""
    folder.mkdir(parents=True, exist_ok=True)
    plot_reliability(folder / 'reliability.png', {'scores': report.calibration.reliability})
    heading = ['', 'value'] + (['true semantics'] if report.true_semantics is not None else [])
    parts = [f'# {title}\n', table(heading, rows(report, class_names)) + '\n',
             *(table(head, body) + '\n' for head, *body in breakdowns(report, class_names)),
             'Of the masks with a score of x, so many are good; on the dashed line a score is a '
             'probability.\n\n![reliability](reliability.png)\n']
    for end, images in (('Best', report.extremes.best), ('Worst', report.extremes.worst)):
        if images:
            parts.append(f'## {end} images\n\nLeft the true objects, right those found.\n')
        for number, (score, sample, found) in enumerate(images, start=1):
            name = f'{end.lower()}-{number}.jpg'
            write_image(folder / name, side_by_side(sample, found))
            parts.append(f'{sample.name}: SBD {score:.3f}\n\n![{sample.name}]({name})\n')
    write_whole(folder / 'report.md', '\n'.join(parts))


def sweep_text(result: Sweep) -> str:
    """Return the tables of a sweep and the advice for a terminal."""
    parts = []
    for setting in result.results:
        heading, table = _sweep_table(result, setting)
        parts.append(as_text([heading, *table]))
    return '\n\n'.join([*parts, '\n'.join(result.margins.advice())])


def sweep_json(result: Sweep, **about: Any) -> dict[str, Any]:
    """Return all figures of a sweep, and what was measured of the margins."""
    return {**about, 'used': result.used, 'margins': _finite(asdict(result.margins.spread)),
            **{setting: [{setting: value, **_finite(figures)}
                         for value, figures in results.items()]
               for setting, results in result.results.items()}}


def write_sweep(folder: Path, result: Sweep, title: str) -> None:
    """Write sweep.md and the plot it shows."""
    folder.mkdir(parents=True, exist_ok=True)
    plot_sweep(folder / 'sweep.png', result.results, result.used, _SHARES)
    tables = [table(*_sweep_table(result, setting)) + '\n' for setting in result.results]
    write_whole(folder / 'sweep.md', '\n'.join([
        f'# {title}\n', '![sweep](sweep.png)\n', *tables,
        *(f'{line}\n' for line in result.margins.advice())]))


def _sweep_table(result: Sweep, setting: str) -> tuple[list[str], list[list[str]]]:
    results = result.results[setting]
    names = list(next(iter(results.values())))
    return [setting, *names], [
        [f'{value:g}{" (used)" if value == result.used[setting] else ""}',
         *(_text(figures[name]) for name in names)] for value, figures in results.items()]


def _breakdown(title: str, headings: Mapping[str, str],
               parts: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """Return a row of headings and one of figures for each part."""
    shown = list(next(iter(parts.values())))
    return [[title, *(headings[name] for name in shown)], *(
        [part, *(_text(figures[name]) for name in shown)] for part, figures in parts.items())]


def _by_class(report: Report,
              class_names: tuple[str, ...] | None) -> dict[str, dict[str, float]]:
    return {_class_name(class_id, class_names): figures
            for class_id, figures in report.by_class.items()}


def _shown(figures: Mapping[str, float]) -> dict[str, float]:
    """Leave the AP of a class out where it is the only one: it is the average."""
    lone = sum(map(_is_of_a_class, figures)) == 1
    return {name: value for name, value in figures.items()
            if not (lone and _is_of_a_class(name))}


def _is_of_a_class(name: str) -> bool:
    return ':' in name


def _meaning(name: str, class_names: tuple[str, ...] | None) -> str:
    """Return what a figure is; 'ap:2' is the AP of the second class."""
    figure, _, class_id = name.partition(':')
    if not class_id:
        return MEANING[name]
    return f'{MEANING[figure]}, {_class_name(int(class_id), class_names)}'


def _class_name(class_id: int, class_names: tuple[str, ...] | None) -> str:
    known = class_names is not None and class_id < len(class_names)
    return class_names[class_id] if known and class_names else f'class {class_id}'


def _text(value: float) -> str:
    """Return four digits of a figure, all of a count, '-' where there is no value."""
    if isinstance(value, int):
        return str(value)
    return '-' if math.isnan(value) else f'{value:.4g}'


def _none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _none(value) for name, value in figures.items()}
