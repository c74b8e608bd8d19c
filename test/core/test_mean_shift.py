# SPDX-License-Identifier: Apache-2.0
"""Clustering: what goes in and comes out, exact where theory says so, else like scikit-learn."""

from __future__ import annotations

from typing import Any

from discinst_ros.clustering import mean_shift
from embedding_fields import (
    blocks,
    DELTA_D,
    DELTA_V,
    found,
    heap,
    ideal_field,
    in_ball,
    realistic_field,
    same_partition,
    separated_centres,
    to_tensor,
)
import numpy as np
import pytest
from sklearn.cluster import MeanShift
from sklearn.metrics import adjusted_rand_score
import torch

DEVICES = ['cpu', pytest.param('cuda', marks=pytest.mark.cuda)]


# Smoke, shapes and device

@pytest.mark.parametrize('device', DEVICES)
@pytest.mark.parametrize('dtype', [
    torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type_on_every_device(device: str, dtype: torch.dtype) -> None:
    labels = blocks()
    # bfloat16 rounds values around 4 by 1/64: far inside what the bandwidth leaves
    field = to_tensor(ideal_field(labels, radius=0.3), dtype).to(device)
    out = mean_shift(field, torch.from_numpy(labels > 0).to(device), bandwidth=1.0)
    assert (out.dtype, out.shape, out.device) == (torch.int32, labels.shape, field.device)
    assert same_partition(out.cpu().numpy(), labels)


def test_memory_order_makes_no_difference() -> None:
    labels = blocks()
    field = to_tensor(ideal_field(labels))
    channels_last = field.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    assert channels_last.stride() != field.stride()
    np.testing.assert_array_equal(found(field, labels), found(channels_last, labels))


def test_labels_are_contiguous_and_largest_first() -> None:
    labels = np.zeros((60, 60), dtype=np.int32)
    labels[:10, :10], labels[20:50, 20:50], labels[:15, 40:] = 5, 9, 30
    out = found(to_tensor(ideal_field(labels)), labels)
    np.testing.assert_array_equal(np.unique(out), [0, 1, 2, 3])
    assert (out[0, 0], out[30, 30], out[0, 50]) == (3, 1, 2)


@pytest.mark.parametrize('shape', [(1, 1), (1, 40), (40, 1), (2, 2), (480, 2), (3, 5), (3, 64)])
def test_images_of_any_size(shape: tuple[int, int]) -> None:
    ones = np.ones(shape, dtype=np.int32)
    # fewer than three pixels across have no inside and could as well be a border
    np.testing.assert_array_equal(found(torch.zeros(4, *shape), ones, min_pixels=1),
                                  ones * (min(shape) > 2))


def test_no_foreground_gives_zeros() -> None:
    for foreground in (torch.zeros(9, 9, dtype=torch.bool), torch.zeros(9, 9, dtype=torch.int32)):
        assert not mean_shift(torch.randn(3, 9, 9), foreground, bandwidth=1.0).any()


def test_noise_without_clusters_gives_zeros() -> None:
    noise = torch.randn(8, 64, 64, generator=torch.Generator().manual_seed(0)) * 50
    assert not mean_shift(noise, torch.ones(64, 64, dtype=torch.bool), bandwidth=1.0).any()


def test_the_same_seed_gives_the_same_labels() -> None:
    rng = np.random.default_rng(5)
    labels = heap(120, 160, 12, rng)
    field = realistic_field(labels, 8, rng)
    np.testing.assert_array_equal(found(field, labels), found(field, labels))


def test_input_is_left_as_it_was() -> None:
    labels = blocks()
    field, foreground = to_tensor(ideal_field(labels)), torch.from_numpy(labels > 0)
    before = field.clone(), foreground.clone()
    mean_shift(field, foreground, bandwidth=1.0)
    assert torch.equal(field, before[0]) and torch.equal(foreground, before[1])


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_autocast_around_it_changes_nothing(dtype: torch.dtype) -> None:
    labels = blocks()
    field = to_tensor(ideal_field(labels))
    with torch.autocast('cpu', dtype=dtype):
        inside = found(field, labels)
    np.testing.assert_array_equal(inside, found(field, labels))


# Classes

def test_clusters_never_cross_classes() -> None:
    classes = torch.zeros(30, 60, dtype=torch.int64)
    classes[:, 5:25], classes[:, 25:55], classes[:, 55:] = 2, 7, -1
    out = mean_shift(torch.zeros(4, 30, 60), classes, bandwidth=1.0)
    expected = torch.zeros_like(out)
    expected[:, 5:25], expected[:, 25:55] = 1, 2
    assert torch.equal(out, expected)


@pytest.mark.parametrize('dtype', [torch.uint8, torch.uint16, torch.int32, torch.int64])
def test_classes_of_any_integers(dtype: torch.dtype) -> None:
    embeddings = torch.zeros(2, 4, 40)
    embeddings[0, :, 20:] = 10
    classes = torch.full((4, 40), 3)
    classes[:, 20:] = 2**33 if dtype is torch.int64 else 200
    labels = mean_shift(embeddings, classes.to(dtype), bandwidth=1.0)
    expected = torch.ones(4, 40, dtype=torch.int32)
    expected[:, 20:] = 2
    torch.testing.assert_close(labels, expected)


# Bad input

@pytest.mark.parametrize('changes, said', [
    ({'embeddings': torch.zeros(8, 8)}, 'expected DxHxW float, got 8x8 float32'),
    ({'embeddings': torch.zeros(2, 8, 8, dtype=torch.int64)}, 'got 2x8x8 int64'),
    ({'embeddings': torch.zeros(0, 8, 8)}, 'got 0x8x8 float32'),
    ({'foreground': torch.ones(8, 9, dtype=torch.bool)}, 'expected 8x8 .* got 8x9 bool'),
    ({'foreground': torch.ones(8, 8)}, 'got 8x8 float32'),
    ({'bandwidth': 0.0}, 'bandwidth: expected a positive number, got 0.0'),
    ({'bandwidth': float('nan')}, 'bandwidth: expected a positive number, got nan'),
    ({'reach': -1.0}, 'reach: expected a positive number, got -1.0'),
    ({'min_pixels': -1}, 'min_pixels: expected 0 or more, got -1'),
])
def test_bad_input_is_refused(changes: dict[str, Any], said: str) -> None:
    arguments: dict[str, Any] = {
        'embeddings': torch.zeros(2, 8, 8), 'foreground': torch.ones(8, 8, dtype=torch.bool),
        'bandwidth': 1.0, **changes}
    with pytest.raises(ValueError, match=said):
        mean_shift(**arguments)


@pytest.mark.parametrize('value', [float('nan'), float('inf'), float('-inf')])
def test_embeddings_that_are_not_finite_are_refused(value: float) -> None:
    field = torch.zeros(2, 8, 8)
    field[1, 3, 4] = value
    with pytest.raises(ValueError, match='1 of 128 values are NaN or infinite'):
        mean_shift(field, torch.ones(8, 8, dtype=torch.bool), bandwidth=1.0)


def test_huge_finite_embeddings_are_not_taken_for_infinite() -> None:
    field = torch.full((2, 16, 16), 3e38)
    assert not field.sum().isfinite()
    assert (mean_shift(field, torch.ones(16, 16, dtype=torch.bool),
                       bandwidth=1.0) == 1).all()


# What theory promises

@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('bandwidth', [2 * DELTA_V, 2 * DELTA_D - 2 * DELTA_V - 1e-3])
def test_zero_loss_is_recovered_exactly(bandwidth: float, seed: int) -> None:
    labels = blocks(6, 8, 12)
    assert same_partition(found(to_tensor(ideal_field(labels, seed=seed)), labels, bandwidth),
                          labels)


def test_zero_loss_at_its_limit_is_recovered_exactly() -> None:
    # Each cluster has its pixels at both ends of a diameter, means are just 2·delta_d apart:
    # the embeddings of neighbouring pixels differ as much as the loss allows.
    labels = blocks(1, 5, 24)
    rng = np.random.default_rng(0)
    field = np.zeros((*labels.shape, 2))
    field[..., 0] = labels * 2 * DELTA_D + DELTA_V * rng.choice([-1, 1], labels.shape)
    assert same_partition(found(to_tensor(field), labels), labels)


@pytest.mark.parametrize('seed', range(3))
def test_the_bandwidth_of_the_paper_recovers_zero_loss_of_gaussian_clusters(seed: int) -> None:
    labels = blocks(4, 5, 16)
    rng = np.random.default_rng(seed)
    deviation = rng.normal(0, 0.1, (*labels.shape, 8))
    deviation *= np.minimum(1, DELTA_V / np.linalg.norm(deviation, axis=2, keepdims=True))
    field = separated_centres(21, 8, rng)[labels] + deviation
    assert same_partition(found(to_tensor(field), labels, bandwidth=DELTA_V), labels)


@pytest.mark.parametrize('offset', [1e3, 1e5])
def test_far_from_the_origin(offset: float) -> None:
    # At 1e5 float32 has steps of 1/128: small against the bandwidth, so the result must not
    # change; the square of 1e5 has steps of 1024.
    labels = blocks()
    field = to_tensor(ideal_field(labels, radius=0.45) + offset)
    assert same_partition(found(field, labels), labels)


def test_clusters_spread_over_thousands_of_bandwidths() -> None:
    labels = blocks()
    rng = np.random.default_rng(3)
    centres = rng.uniform(-2e4, 2e4, (13, 8))
    field = centres[labels] + in_ball(labels.shape, 8, 0.45, rng)
    assert same_partition(found(to_tensor(field), labels), labels)


@pytest.mark.parametrize('apart, expected', [(None, 3), (1.3, 3), (1.5, 2), (2.9, 2)])
def test_centres_nearer_than_apart_are_one_object(apart: float | None, expected: int) -> None:
    """One object whose embedding jumps by 1.4 behind what covers it, another one 3.0 away."""
    labels = blocks(1, 3)
    means = np.array(((0.0, 0, 0), (0, 0, 0), (1.4, 0, 0), (0, 3.0, 0)))
    field = means[labels] + in_ball(labels.shape, 3, 0.2, np.random.default_rng(5))
    out = found(to_tensor(field), labels, 0.8, apart=apart, reach=2.0)
    truth = np.where((labels == 2) & (expected == 2), 1, labels)
    assert same_partition(out, truth.astype(np.int32))


# What scikit-learn says

@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('bandwidth', [0.8, 1.0, 1.5])
def test_agrees_with_scikit_learn(bandwidth: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = heap(72, 96, 7, rng)
    field = realistic_field(labels, 8, rng, mixed_px=1)
    mine = found(field, labels, bandwidth, min_pixels=1)
    foreground = labels > 0
    points = field.permute(1, 2, 0).numpy()[foreground][::7]
    reference = MeanShift(bandwidth=bandwidth, cluster_all=True).fit_predict(points)
    # Tail pixels at more than a bandwidth go to the nearest centre there and to a neighbour's
    # here; the rest must agree.
    assert adjusted_rand_score(reference, mine[foreground][::7]) > 0.98
