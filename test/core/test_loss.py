# SPDX-License-Identifier: Apache-2.0
"""
The discriminative loss against the paper's equations, written as plain float64 loops.

Not verified here: that training with it separates objects (see test_training.py).
"""

import itertools

from discinst_ros.loss import discriminative_loss, DiscriminativeLoss
import numpy as np
import pytest
import torch


def loop_loss(embeddings, labels, classes=None, delta_v=0.5, delta_d=1.5):
    """Return (variance, distance, regularization) by looping, one instance after another."""
    embeddings = embeddings.detach().double().numpy()
    labels = labels.numpy()
    classes = np.zeros_like(labels) if classes is None else classes.numpy()
    terms = np.zeros(3)
    batch = len(embeddings)
    for image, ids, kinds in zip(embeddings, labels, classes):
        per_class = []
        for kind in sorted(set(kinds[(ids > 0) & (kinds >= 0)].tolist())):
            means, pulls = [], []
            for label in sorted(set(ids[(ids > 0) & (kinds == kind)].tolist())):
                pixels = image[:, (ids == label) & (kinds == kind)].T
                mean = pixels.mean(axis=0)
                spread = np.sqrt(((pixels - mean) ** 2).sum(axis=1))
                pulls.append((np.maximum(spread - delta_v, 0) ** 2).mean())
                means.append(mean)
            pushes = [max(2 * delta_d - np.sqrt(((a - b) ** 2).sum()), 0) ** 2
                      for a, b in itertools.permutations(means, 2)]
            per_class.append((np.mean(pulls), np.mean(pushes) if pushes else 0.0,
                              np.mean([np.sqrt((m ** 2).sum()) for m in means])))
        if per_class:
            terms += np.mean(per_class, axis=0) / batch
    return terms


def terms_of(result):
    return np.array([term.item() for term in (result.variance, result.distance,
                                              result.regularization)])


def random_batch(seed, *, dtype=torch.float64, ids=(0, 1, 2, 3, 7, 300), scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(3, 4, 9, 11, generator=generator, dtype=torch.float64) * scale
    choice = torch.randint(len(ids), (3, 9, 11), generator=generator)
    labels = torch.tensor(ids)[choice]
    return embeddings.to(dtype), labels


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('ids', [(0, 1, 2), (0, 3, 9, 65535), (0, 5), (-1, 0, 1, 2, 4)])
def test_equals_the_loop(seed, ids):
    embeddings, labels = random_batch(seed, ids=ids)
    expected = loop_loss(embeddings, labels)
    # float64 on both sides: only the order of summation differs.
    np.testing.assert_allclose(terms_of(discriminative_loss(embeddings, labels)), expected,
                               rtol=1e-12)


@pytest.mark.parametrize('seed', range(4))
def test_equals_the_loop_with_classes(seed):
    embeddings, labels = random_batch(seed)
    classes = torch.randint(-1, 3, labels.shape, generator=torch.Generator().manual_seed(seed))
    expected = loop_loss(embeddings, labels, classes)
    result = discriminative_loss(embeddings, labels, classes=classes)
    np.testing.assert_allclose(terms_of(result), expected, rtol=1e-12)


def test_huge_sparse_ids_equal_small_ones():
    """Ids beyond the table's range take the other way of numbering; the result is the same."""
    embeddings, labels = random_batch(0, ids=(0, 1, 2))
    far = torch.where(labels == 2, 2**40, labels)
    np.testing.assert_allclose(terms_of(discriminative_loss(embeddings, far)),
                               terms_of(discriminative_loss(embeddings, labels)), rtol=1e-12)


def test_the_largest_ids_equal_small_ones():
    torch.manual_seed(0)
    embeddings = torch.randn(3, 4, 6, 6)
    small = torch.randint(0, 4, (3, 6, 6))
    large = torch.tensor((0, 7, 2**62, 2**63 - 1))[small]
    classes = torch.randint(0, 3, (3, 6, 6))
    for given in (None, classes):
        torch.testing.assert_close(
            discriminative_loss(embeddings, large, classes=given).total,
            discriminative_loss(embeddings, small, classes=given).total)


def test_by_hand():
    """Two instances on a line: pixels at 0 and 2 (mean 1), and one pixel at 2."""
    embeddings = torch.tensor([0.0, 2.0, 2.0, 9.0]).reshape(1, 1, 1, 4)
    labels = torch.tensor([[[1, 1, 5, 0]]])
    result = discriminative_loss(embeddings, labels, alpha=2.0, beta=3.0, gamma=0.5)
    # Variance: ((1 - .5)² + (1 - .5)²)/2 = .25 and 0, mean .125; distance: (3 - 1)² = 4;
    # regularization: (1 + 2)/2 = 1.5.
    assert terms_of(result) == pytest.approx([0.125, 4.0, 1.5])
    assert float(result.total) == pytest.approx(2 * 0.125 + 3 * 4.0 + 0.5 * 1.5)


def test_small_objects_count_like_big_ones():
    """The variance of an instance is a mean over its own pixels."""
    embeddings = torch.zeros(1, 1, 1, 102)
    embeddings[..., :100] = torch.arange(100).float() % 2 * 4  # mean 2, spread 2
    embeddings[..., 100], embeddings[..., 101] = 50.0, 54.0  # the same for two pixels
    labels = torch.ones(1, 1, 102, dtype=torch.int64)
    labels[..., 100:] = 2
    result = discriminative_loss(embeddings, labels)
    assert float(result.variance) == pytest.approx(1.5**2)
    assert float(result.distance) == 0.0


def test_zero_where_the_margins_hold():
    embeddings = torch.tensor([0.0, 0.4, 3.6, 4.0]).reshape(1, 1, 2, 2)
    labels = torch.tensor([[[1, 1], [2, 2]]])
    result = discriminative_loss(embeddings, labels, gamma=0.0)
    assert float(result.total) == 0.0


def test_instances_of_different_classes_do_not_repel():
    embeddings = torch.zeros(1, 2, 1, 2)
    labels = torch.tensor([[[1, 2]]])
    together = discriminative_loss(embeddings, labels, classes=torch.tensor([[[1, 1]]]))
    apart = discriminative_loss(embeddings, labels, classes=torch.tensor([[[1, 2]]]))
    assert float(together.distance) == pytest.approx(9.0)
    assert float(apart.distance) == 0.0


def test_an_image_without_instances_contributes_zero():
    embeddings, labels = random_batch(1)
    labels[1] = 0
    alone = discriminative_loss(embeddings[[0, 2]], labels[[0, 2]])
    beside = discriminative_loss(embeddings, labels)
    np.testing.assert_allclose(terms_of(beside), terms_of(alone) * 2 / 3, rtol=1e-12)


@pytest.mark.parametrize('ids', [(0,), (0, 1), (-1,), (1, 2, 3)])
@pytest.mark.parametrize('fill', [None, 0.0])
def test_gradients_stay_finite(ids, fill):
    """No instance, one instance, all pixels and means at one point."""
    embeddings, labels = random_batch(2, ids=ids, dtype=torch.float32)
    if fill is not None:
        embeddings.fill_(fill)
    embeddings.requires_grad_()
    result = discriminative_loss(embeddings, labels)
    result.total.backward()
    assert torch.isfinite(result.total)
    assert torch.isfinite(embeddings.grad).all()


def test_one_pixel_instances():
    embeddings = torch.randn(1, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    labels = torch.arange(1, 17).reshape(1, 4, 4)
    result = discriminative_loss(embeddings, labels)
    assert result.variance.item() == 0.0
    np.testing.assert_allclose(terms_of(result), loop_loss(embeddings, labels), rtol=1e-12)
    result.total.backward()
    assert torch.isfinite(embeddings.grad).all()


def test_gradcheck():
    embeddings, labels = random_batch(3, scale=0.7)
    classes = torch.randint(0, 2, labels.shape, generator=torch.Generator().manual_seed(3))
    embeddings.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda e: discriminative_loss(e, labels, classes=classes).total, (embeddings,))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_sums_in_float32(dtype):
    """65,536 pixels of one instance: a sum or a count in half precision would be far off."""
    embeddings = (torch.arange(65536) % 2 * 4.0).reshape(1, 1, 256, 256)
    labels = torch.ones(1, 256, 256, dtype=torch.int64)
    result = discriminative_loss(embeddings.to(dtype), labels)
    assert result.total.dtype == torch.float32
    assert terms_of(result) == pytest.approx([1.5**2, 0.0, 2.0])


def test_inside_autocast():
    embeddings, labels = random_batch(4, dtype=torch.float32)
    with torch.autocast('cpu', torch.bfloat16):
        inside = discriminative_loss(embeddings, labels)
    assert terms_of(inside) == pytest.approx(terms_of(discriminative_loss(embeddings, labels)))


def test_module_holds_the_settings():
    embeddings, labels = random_batch(5)
    settings = {'delta_v': 0.3, 'delta_d': 2.0, 'alpha': 0.5, 'beta': 2.0, 'gamma': 0.1}
    module = DiscriminativeLoss(**settings)
    assert float(module(embeddings, labels).total) == pytest.approx(
        float(discriminative_loss(embeddings, labels, **settings).total))
    assert 'delta_d=2.0' in repr(module)


@pytest.mark.parametrize('embeddings, labels, message', [
    (torch.zeros(3, 8, 64), torch.zeros(3, 8, 64, dtype=torch.int64),
     'embeddings: expected BxDxHxW float, got 3x8x64 float32'),
    (torch.zeros(1, 2, 3, 4, dtype=torch.int64), torch.zeros(1, 3, 4, dtype=torch.int64),
     'got 1x2x3x4 int64'),
    (torch.zeros(1, 2, 3, 4), torch.zeros(1, 3, 4), 'labels: expected 1x3x4 int64'),
    (torch.zeros(1, 2, 3, 4), torch.zeros(1, 3, 5, dtype=torch.int64), 'got 1x3x5 int64'),
])
def test_bad_input_is_named(embeddings, labels, message):
    with pytest.raises(ValueError, match=message):
        discriminative_loss(embeddings, labels)


@pytest.mark.cuda
def test_cuda_equals_cpu():
    embeddings, labels = random_batch(6)
    on_gpu = discriminative_loss(embeddings.cuda(), labels.cuda())
    np.testing.assert_allclose(terms_of(on_gpu), loop_loss(embeddings, labels), rtol=1e-10)
