# SPDX-License-Identifier: Apache-2.0
"""What the occlusion study leaves behind: a table, all figures as JSON, and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
import io
from pathlib import Path
from typing import Any

from discinst_ros.benchmark.occlusion_scores import figures, SceneScore, SHARES
from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.evaluation.comparison import Labels
from discinst_ros.json_file import plain, write_json
from discinst_ros.markdown import table
from discinst_ros.optional import needed
from discinst_ros.whole_file import write_whole
import numpy as np
from PIL import Image

#: Width of a panel of the picture, pixels.
_PANEL_PX = 210
_TITLE_PX, _GAP_PX = 20, 4


def as_table(scores: Mapping[str, Sequence[SceneScore]]) -> str:
    """Return the figures of each method, with their intervals, as a table in Markdown."""
    names = [*SHARES, 'sbd']
    rows = []
    for method, of_scenes in scores.items():
        found = figures(of_scenes)
        rows.append([method, *(str(found[name]) for name in names)])
    return table(['', *(heading for heading, *_ in SHARES.values()), 'SBD'], rows)


def as_json(scores: Mapping[str, Sequence[SceneScore]], **about: Any) -> dict[str, Any]:
    """Return all figures, scene by scene; what has no value is None."""
    found: dict[str, Any] = plain({**about, 'methods': {
        method: {'figures': {name: asdict(one) for name, one in figures(of_scenes).items()},
                 'scenes': [asdict(score) for score in of_scenes]}
        for method, of_scenes in scores.items()}})
    return found


def write_report(folder: Path, scores: Mapping[str, Sequence[SceneScore]],
                 about: Mapping[str, Any]) -> None:
    """Write occlusion.md and occlusion.json into a folder."""
    lines = [f'{name}: {value}  ' for name, value in about.items()]
    write_whole(folder / 'occlusion.md',
                '\n'.join(['# Occlusion study', '', *lines, '', as_table(scores), '']))
    write_json(folder / 'occlusion.json', as_json(scores, **about))


def write_picture(path: Path, samples: Sequence[Sample],
                  found: Mapping[str, Sequence[Labels]]) -> None:
    """
    Draw scenes in rows: the image, the true sticks, and what each method found.

    A found object has the colour of the true one that it covers best.

    :param path: of the picture, a JPEG.
    :param samples: of one size.
    :param found: H×W ids in each scene, by the title of the method.
    :raises MissingPackage: where matplotlib is not installed.
    """
    needed('matplotlib', 'matplotlib', instead='give --rows 0')
    from discinst_ros.visualization.figures import new_figure, to_rgb
    from discinst_ros.visualization.matching import match_labels
    from discinst_ros.visualization.overlay import draw_labels

    height, width = samples[0].image.shape[:2]
    panel = _PANEL_PX, round(_PANEL_PX * height / width)
    titles = ['image', 'truth', *found]
    total = (len(titles) * (panel[0] + _GAP_PX) - _GAP_PX,
             _TITLE_PX + len(samples) * (panel[1] + _GAP_PX) - _GAP_PX)
    figure = new_figure(*total)
    for row, sample in enumerate(samples):
        truth = labels_of(sample)
        panels = [sample.image, draw_labels(sample.image, truth), *(
            draw_labels(sample.image, match_labels(of_scenes[row], truth))
            for of_scenes in found.values())]
        for column, (title, picture) in enumerate(zip(titles, panels)):
            left = column * (panel[0] + _GAP_PX)
            bottom = total[1] - _TITLE_PX - row * (panel[1] + _GAP_PX) - panel[1]
            axes = figure.add_axes((left / total[0], bottom / total[1],
                                    panel[0] / total[0], panel[1] / total[1]))
            axes.imshow(picture, interpolation='antialiased', aspect='auto')
            axes.set_axis_off()
            if not row:
                axes.set_title(title, fontsize='small', pad=4)
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(to_rgb(figure))).save(content, 'JPEG', quality=85)
    write_whole(path, content.getvalue())
