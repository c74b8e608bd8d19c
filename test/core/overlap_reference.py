# SPDX-License-Identifier: Apache-2.0
"""Overlap and boundary measures by loops over masks and all assignments: slow, and independent."""

from __future__ import annotations

from itertools import permutations
import math

import numpy as np


def masks(labels: np.ndarray) -> list[np.ndarray]:
    return [labels == label for label in sorted(set(labels[labels > 0].tolist()))]


def f_measure(one: np.ndarray, other: np.ndarray) -> float:
    both = (one & other).sum()
    if not both:
        return 0.0
    precision, recall = both / one.sum(), both / other.sum()
    return 2 * precision * recall / (precision + recall)


def pairs(found: list[np.ndarray], true: list[np.ndarray]) -> list[tuple[int, int]]:
    """Try all ways of pairing."""
    few, many = sorted((len(found), len(true)))
    best, chosen = -1.0, []
    for order in permutations(range(many), few):
        way = [(i, j) if len(found) == few else (j, i) for i, j in enumerate(order)]
        value = sum(f_measure(found[i], true[j]) for i, j in way)
        if value > best:
            best, chosen = value, way
    return [(i, j) for i, j in chosen if f_measure(found[i], true[j]) > 0]


def line(mask: np.ndarray) -> np.ndarray:
    height, width = mask.shape
    found = np.zeros_like(mask)
    for y in range(height):
        for x in range(width):
            below, right = min(y + 1, height - 1), min(x + 1, width - 1)
            found[y, x] = any(mask[y, x] != other for other in (
                mask[y, right], mask[below, x], mask[below, right]))
    return found


def dilated(mask: np.ndarray, radius: int) -> np.ndarray:
    ys, xs = np.nonzero(mask)
    found = np.zeros_like(mask)
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            found[y, x] = ((ys - y) ** 2 + (xs - x) ** 2 <= radius ** 2).any()
    return found


def measures(predicted: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return all figures of one image."""
    found, true = masks(predicted), masks(truth)
    chosen = pairs(found, true)
    both = sum((found[i] & true[j]).sum() for i, j in chosen)
    radius = math.ceil(0.003 * math.sqrt(truth.shape[0] ** 2 + truth.shape[1] ** 2))
    lines, true_lines = [line(mask) for mask in found], [line(mask) for mask in true]
    precise = sum((lines[i] & dilated(true_lines[j], radius)).sum() for i, j in chosen)
    recalled = sum((dilated(lines[i], radius) & true_lines[j]).sum() for i, j in chosen)
    overlap = (both / sum(mask.sum() for mask in found), both / sum(mask.sum() for mask in true))
    boundary = (precise / sum(one.sum() for one in lines),
                recalled / sum(one.sum() for one in true_lines))
    named = dict(zip(('overlap_precision', 'overlap_recall'), overlap))
    named |= dict(zip(('boundary_precision', 'boundary_recall'), boundary))
    named['overlap_f'] = 2 * np.prod(overlap) / sum(overlap)
    named['boundary_f'] = 2 * np.prod(boundary) / sum(boundary)
    named['found_75'] = sum(f_measure(found[i], true[j]) > 0.75 for i, j in chosen) / len(true)
    return named
