# SPDX-License-Identifier: Apache-2.0
"""The main figures category by category, where names of images tell the category."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
import re

from discinst_ros.evaluation.overlap_boundary import means

#: The category of images whose name tells none.
NO_MATCH = '(no match)'
#: The figures of a category, those of images where they were asked for, and their headings.
HEADINGS = {'images': 'images', 'sbd': 'SBD', 'overlap_f': 'overlap F',
            'boundary_f': 'boundary F', 'found_75': 'found > 0.75'}


def pattern_of(text: str) -> re.Pattern[str]:
    """
    Return the regular expression that somebody typed.

    :raises ValueError: where it is none.
    """
    try:
        return re.compile(text)
    except (re.error, OverflowError) as error:
        raise ValueError(f"--by '{text}' is no regular expression: {error}; a backslash before "
                         "a sign such as ( or [ takes it as it is") from error


def category(name: str, pattern: re.Pattern[str]) -> str:
    """
    Return the category of a name.

    The name of the named group that matched; without such groups what the first group that matched
    says, or the whole match.
    """
    match = pattern.search(name)
    if match is None:
        return NO_MATCH
    named = [group for group, text in match.groupdict().items() if text is not None]
    if named:
        return named[0]
    groups = [group for group in match.groups() if group is not None]
    return (groups or [match[0]])[0] or NO_MATCH


def by_name(names: Sequence[str], per_image: Mapping[str, Sequence[float]],
            pattern: re.Pattern[str]) -> dict[str, dict[str, float]]:
    """
    Return the number of images and the means of each category, those without one last.

    :param names: of the images.
    :param per_image: by figure the value of each image, NaN where it has none.
    """
    members: defaultdict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(names):
        members[category(name, pattern)].append(index)
    shown = [figure for figure in HEADINGS if figure in per_image]
    return {
        name: {'images': len(indices), **dict(zip(shown, means(
            [[per_image[figure][index] for figure in shown] for index in indices]), strict=True))}
        for name, indices in sorted(members.items(), key=lambda item: (item[0] == NO_MATCH, item))}


def complaint(pattern: re.Pattern[str], name: str) -> str:
    """Return what to say of a pattern that matches no image, the first of which has this name."""
    return (f"--by '{pattern.pattern}' finds nothing in the name of any image; the first is "
            f"'{name}': give a pattern that matches a part of such names")
