# SPDX-License-Identifier: Apache-2.0
"""The terms that training minimises: by hand, and against counts of pixels and plain loops."""

from itertools import product

from discinst_ros.loss import DiscriminativeLoss
from discinst_ros.training.objective import Objective
from discinst_ros.training.semantic_losses import (
    cross_entropy_loss,
    dice_loss,
    foreground_counts,
    lovasz_loss,
)
import numpy as np
import pytest
import torch


def certain(classes, num_classes=2):
    """Logits that say ``classes`` with certainty."""
    one_hot = torch.nn.functional.one_hot(torch.tensor(classes), num_classes)
    return one_hot.movedim(-1, 1).float() * 200 - 100


def random_case(seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(3, 4, 5, 6, generator=generator)
    classes = torch.randint(-1, 4, (3, 5, 6), generator=generator)
    classes[2] = -1  # an image of which nothing is known
    return logits, classes


def jaccard_loss(wrong, truth):
    """One minus intersection over union of a mask in which the pixels ``wrong`` are wrong."""
    guess = truth ^ wrong
    return 1 - (guess & truth).sum() / (guess | truth).sum()


def test_dice_by_hand():
    truth = torch.tensor([[[1, 1, 0, -1]]])
    assert dice_loss(certain([[[1, 1, 0, 1]]]), truth).item() == pytest.approx(0.0)
    assert dice_loss(certain([[[1, 0, 0, 0]]]), truth).item() == pytest.approx(1 - 2 / 3)
    # An undecided pixel says 0.5: overlap 0.5·2, mass 3·0.25 + 2.
    assert dice_loss(torch.zeros(1, 2, 1, 4), truth).item() == pytest.approx(1 - 2 / 2.75)


def test_cross_entropy_counts_every_image_the_same():
    logits, classes = random_case()
    expected = 0.0
    for image, truth in zip(logits.double(), classes):
        losses = [-image[:, y, x].log_softmax(0)[truth[y, x]]
                  for y, x in product(range(5), range(6)) if truth[y, x] >= 0]
        expected += float(sum(losses)) / max(1, len(losses)) / 3
    assert cross_entropy_loss(logits, classes).item() == pytest.approx(expected, rel=1e-5)


def test_lovasz_of_certain_guesses_is_the_jaccard_loss():
    """Equal to the set function at its corners: Berman et al., section 3."""
    generator = np.random.default_rng(3)
    guess, truth = generator.integers(0, 3, (2, 1, 4, 5))
    truth[0, 0, 0] = -1
    known = truth >= 0
    expected = np.mean([1 - ((guess == k) & (truth == k)).sum()
                        / (((guess == k) & known) | (truth == k)).sum()
                        for k in np.unique(truth[known])])
    loss = lovasz_loss(certain(guess.tolist(), 3), torch.from_numpy(truth))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_lovasz_of_unsure_guesses_is_the_extension():
    """The mean of the Jaccard loss over all thresholds of the errors, which is another form."""
    logits, classes = random_case(4)
    expected = []
    for image, truth in zip(logits.double().softmax(1).numpy(), classes.numpy()):
        known = truth >= 0
        losses = [0.0]
        for k in np.unique(truth[known]):
            mask = truth[known] == k
            errors = np.abs(mask - image[k][known])
            levels = np.concatenate(([0.0], np.sort(errors)))
            losses.append(sum((high - low) * jaccard_loss(errors >= high, mask)
                              for low, high in zip(levels, levels[1:])))
        expected.append(sum(losses) / max(1, len(losses) - 1))
    loss = lovasz_loss(logits, classes)
    assert loss.item() == pytest.approx(np.mean(expected), rel=1e-5)


def test_lovasz_gradient():
    logits, classes = random_case(5)
    logits = logits.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: lovasz_loss(x, classes), (logits,), atol=1e-4)


@pytest.mark.parametrize('function', [cross_entropy_loss, dice_loss, lovasz_loss])
def test_mean_over_processes_is_the_loss_of_all_images(function):
    logits, classes = random_case(6)
    parts = [function(logits[[k]], classes[[k]]) for k in range(3)]
    assert function(logits, classes).item() == pytest.approx(torch.stack(parts).mean().item())


def test_objective_weighs_its_terms():
    logits, classes = random_case()
    embeddings, labels = torch.randn(3, 4, 5, 6), torch.randint(-1, 4, (3, 5, 6))
    instance = DiscriminativeLoss()
    terms = Objective(instance, cross_entropy=2.0, dice=0.5, lovasz=0.25)(
        embeddings, logits, labels, classes)
    expected = (instance(embeddings, labels, classes).total
                + 2 * cross_entropy_loss(logits, classes) + 0.5 * dice_loss(logits, classes)
                + 0.25 * lovasz_loss(logits, classes))
    assert terms['loss'].item() == pytest.approx(expected.item(), rel=1e-5)
    assert set(terms) == {'loss', 'variance', 'distance', 'regularization', 'cross_entropy',
                          'dice', 'lovasz'}


def test_objective_without_any_label_is_zero():
    embeddings = torch.randn(1, 4, 5, 5, requires_grad=True)
    logits = torch.randn(1, 2, 5, 5, requires_grad=True)
    nothing = torch.full((1, 5, 5), -1)
    terms = Objective(DiscriminativeLoss(), cross_entropy=1, dice=1, lovasz=1)(
        embeddings, logits, nothing, nothing)
    terms['loss'].backward()
    assert terms['loss'].item() == 0.0
    assert not embeddings.grad.any() and not logits.grad.any()


def test_image_without_instances_only_teaches_the_background():
    embeddings = torch.randn(2, 4, 5, 5)
    labels = torch.zeros(2, 5, 5, dtype=torch.int64)
    labels[1, :2], labels[1, 3:] = 1, 2
    objective = Objective(DiscriminativeLoss())
    logits = torch.zeros(2, 2, 5, 5)
    alone = objective(embeddings[1:], logits[1:], labels[1:], labels[1:].clamp(max=1))
    both = objective(embeddings, logits, labels, labels.clamp(max=1))
    assert both['loss'].item() == pytest.approx(alone['loss'].item() / 2)


def test_objective_leaves_out_what_is_not_trained():
    logits, classes = random_case()
    embeddings = torch.randn(3, 4, 5, 6, requires_grad=True)
    labels = torch.randint(-1, 4, (3, 5, 6))
    terms = Objective(None, cross_entropy=1.0)(embeddings, logits, labels, classes)
    terms['loss'].backward()
    assert set(terms) == {'loss', 'cross_entropy'} and not embeddings.grad.any()
    given = Objective(DiscriminativeLoss())
    assert not given.trains_classes
    assert set(given(embeddings, logits, labels, classes)) == {
        'loss', 'variance', 'distance', 'regularization'}


@pytest.mark.parametrize('weights, words', [
    ({}, 'nothing is left to train'), ({'dice': -1.0}, 'dice is -1.0')])
def test_objective_refuses(weights, words):
    with pytest.raises(ValueError, match=words):
        Objective(None, **weights)


def test_instances_of_different_classes_do_not_repel():
    embeddings = torch.zeros(1, 2, 1, 4)  # all means at one place
    labels = torch.tensor([[[1, 1, 2, 2]]])
    apart = Objective(DiscriminativeLoss())
    logits = torch.zeros(1, 3, 1, 4)
    same = apart(embeddings, logits, labels, torch.ones_like(labels))
    other = apart(embeddings, logits, labels, labels)
    assert same['distance'].item() == pytest.approx(9.0)  # (2·1.5 - 0)²
    assert other['distance'].item() == 0.0


def test_foreground_counts():
    counts = foreground_counts(certain([[[1, 0, 1, 1]]]), torch.tensor([[[1, 1, 0, -1]]]))
    assert counts.tolist() == [1.0, 4.0]
