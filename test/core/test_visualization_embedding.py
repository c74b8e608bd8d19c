# SPDX-License-Identifier: Apache-2.0
"""
Embeddings as colours and as a scatter, and curves: what is drawn says what the numbers say.

Not verified here: that the pictures are good to look at.
"""

from __future__ import annotations

from discinst_ros.visualization.curves import draw_curves, smoothed
from discinst_ros.visualization.embedding import embedding_colours
from discinst_ros.visualization.figures import new_figure, to_rgb
from discinst_ros.visualization.projection import balanced_pixels, fit_projection
from discinst_ros.visualization.scatter import draw_scatter, separation
from discinst_ros.visualization.sheet import draw_sheet, View
import numpy as np
import numpy.typing as npt
import pytest
from sklearn.decomposition import PCA

Points = npt.NDArray[np.float64]


def cloud(seed: int, count: int = 300, dimensions: int = 6) -> Points:
    """Points that spread differently along each of some oblique axes."""
    random = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(random.normal(size=(dimensions, dimensions)))
    return random.normal(size=(count, dimensions)) * np.arange(1, dimensions + 1) @ turn + 3


def fields(distance: float = 3.0) -> tuple[Points, npt.NDArray[np.int64]]:
    """Return a 20×30 image of two objects and a background, each with one embedding."""
    labels = np.zeros((20, 30), np.int64)
    labels[2:18, 2:10], labels[2:18, 20:28] = 1, 2
    centres = np.array([[0.0, 0, 0, 0], [1, 0, 0, 0], [1, distance, 0, 0]])
    return centres[labels], labels


def test_projection_is_principal_component_analysis() -> None:
    points = cloud(0)
    reference = PCA(3).fit(points)
    projection = fit_projection(points, 3)
    np.testing.assert_allclose(projection.centre, reference.mean_)
    np.testing.assert_allclose(np.abs(projection.axes.T @ reference.components_.T), np.eye(3),
                               atol=1e-9)
    np.testing.assert_allclose(np.abs(projection(points)), np.abs(reference.transform(points)))


def test_projection_stays_where_the_axes_of_an_analysis_would_swap() -> None:
    random = np.random.default_rng(1)
    points = random.normal(size=(400, 5)) * [3.0, 2.9, 2.8, 0.1, 0.1]
    before = fit_projection(points, 3)
    later = points * [2.8, 2.9, 3.0, 1, 1] / [3.0, 2.9, 2.8, 1, 1]
    alone, following = fit_projection(later, 3), fit_projection(later, 3, like=before)
    assert np.abs(np.diag(before.axes.T @ alone.axes)).min() < 0.5
    np.testing.assert_allclose(before.axes.T @ following.axes, np.eye(3), atol=1e-2)
    # the same subspace, seen from another side
    np.testing.assert_allclose(following.axes @ following.axes.T, alone.axes @ alone.axes.T,
                               atol=1e-9)


def test_projection_of_fewer_dimensions_than_axes() -> None:
    projection = fit_projection(cloud(2, dimensions=2), 3)
    assert projection.axes.shape == (2, 3) and not projection.axes[:, 2].any()


def test_balanced_pixels_take_as_many_of_each() -> None:
    labels = np.zeros((40, 40), np.int64)
    labels[:20], labels[30, :5], labels[39] = 7, 3, -1
    chosen = balanced_pixels(labels, per_instance=50)
    values, counts = np.unique(labels.ravel()[chosen], return_counts=True)
    assert values.tolist() == [3, 7] and counts.tolist() == [5, 50]
    assert len(set(chosen)) == 55
    rows = chosen[labels.ravel()[chosen] == 7] // 40
    assert rows.min() == 0 and rows.max() == 19  # spread over all of the object
    assert balanced_pixels(np.zeros((3, 3), np.int64)).size == 0


def test_two_clusters_have_two_colours_and_one_embedding_one() -> None:
    embeddings, labels = fields()
    projection = fit_projection(embeddings.reshape(-1, 4)[balanced_pixels(labels)], 3)
    picture = embedding_colours(embeddings, labels > 0, projection, unit=1.5).astype(int)
    for label in (1, 2):
        assert (np.ptp(picture[labels == label], axis=0) == 0).all()
    assert np.abs(picture[5, 5] - picture[5, 25]).max() > 200
    assert picture[labels == 0].max() < 100  # darker than what is trained


def test_differences_below_the_unit_stay_small() -> None:
    """Two embeddings 0.2 apart, of 1.5 for a full colour, are 0.2/3 of the colours apart."""
    embeddings, labels = fields(distance=0.2)
    projection = fit_projection(embeddings.reshape(-1, 4)[balanced_pixels(labels)], 3)
    picture = embedding_colours(embeddings, labels > 0, projection, unit=1.5).astype(int)
    apart = np.abs(picture[5, 5] - picture[5, 25]).max()
    assert apart == pytest.approx(0.2 / 3 * 230, abs=1)


def test_embeddings_without_foreground_are_not_dark() -> None:
    embeddings, labels = fields()
    projection = fit_projection(embeddings.reshape(-1, 4), 3)
    picture = embedding_colours(embeddings, labels > 99, projection, unit=1.5)
    assert picture.max() > 200


def test_circles_have_the_margins_as_radii_around_the_means() -> None:
    """Measured on the picture: how colourful it is at each distance from the mean."""
    random = np.random.default_rng(3)
    labels = np.repeat([1, 5], (40, 200))
    points = np.concatenate([random.normal(0, 0.02, (40, 3)),
                             random.normal(0, 0.02, (200, 3)) + [4, 0, 0]])
    figure = new_figure(900, 420)
    axes = figure.add_axes((0, 0, 1, 1))
    projection = fit_projection(points, 2)
    draw_scatter(axes, points, labels, projection, delta_v=0.5, delta_d=1.5)
    picture = to_rgb(figure).astype(int)
    (x_low, x_high), (y_low, y_high) = axes.get_xlim(), axes.get_ylim()
    assert (x_high - x_low) / 900 == pytest.approx((y_high - y_low) / 420)
    rows, columns = np.mgrid[:420, :900] + 0.5
    x, y = x_low + columns / 900 * (x_high - x_low), y_high - rows / 420 * (y_high - y_low)
    colourful = np.ptp(picture, axis=2)
    for label in (1, 5):
        mean = projection(points[labels == label].mean(axis=0))
        distance = np.hypot(x - mean[0], y - mean[1])
        for radius, least, most in ((0.5, 0.2, 1.0), (1.5, 1.1, 1.9)):
            bins = np.arange(least, most, 0.02)
            ink = [colourful[(distance >= start) & (distance < start + 0.02)].mean()
                   for start in bins]
            assert bins[int(np.argmax(ink))] + 0.01 == pytest.approx(radius, abs=0.021)
            assert max(ink) > 5 * np.median(ink) + 5


def test_separation_by_hand() -> None:
    # means 0 and 4; of the first four points two, of the second all are within 0.5 of their mean
    points = np.array([[-2.0], [-0.3], [0.3], [2.0], [4.0], [4.0]])
    labels = np.array([1, 1, 1, 1, 2, 2])
    share = separation(points, labels, delta_v=0.5, delta_d=1.5)
    assert share.within == pytest.approx((2 / 4 + 1) / 2) and share.apart == 1.0
    assert separation(points, labels, delta_v=0.5, delta_d=2.1).apart == 0.0
    assert np.isnan(separation(points[:4], labels[:4], delta_v=0.5, delta_d=1.5).apart)


def test_sheet_shows_what_was_found_where_it_was() -> None:
    embeddings, labels = fields()
    image = np.full((20, 30, 3), 128, np.uint8)
    colours, plane = (fit_projection(embeddings.reshape(-1, 4), axes) for axes in (3, 2))

    def sheet(found: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        view = View(image, labels, found, embeddings, 0.5, 1.5)
        return draw_sheet(view, colours, plane).astype(np.int64)

    right, swapped, nothing = sheet(labels), sheet((3 - labels) * (labels > 0)), sheet(labels * 0)
    # other numbers for the same objects: the same colours
    np.testing.assert_array_equal(right, swapped)
    height, width = right.shape[:2]
    changed = np.argwhere((right != nothing).any(axis=2))
    assert (changed[:, 1] > 2 * width / 3).all() and (changed[:, 0] < height / 2).all()


def test_sheet_of_an_image_without_objects() -> None:
    embeddings, labels = fields()
    view = View(np.zeros((20, 30, 3), np.uint8), labels * 0, labels * 0, embeddings, 0.5, 1.5)
    projections = [fit_projection(embeddings.reshape(-1, 4), axes) for axes in (3, 2)]
    assert draw_sheet(view, *projections).std() > 10


def test_curves_have_a_panel_for_each_figure() -> None:
    steps = list(range(0, 400, 20))
    history = {'train/loss': [(step, 100.0 * 0.98 ** step) for step in steps],
               'val/loss': [(200, 3.0), (400, 2.0)], 'val/sbd': [(200, 0.4), (400, 0.6)],
               'learning_rate': [(step, 0.001 * step) for step in steps]}
    loss, rate, sbd = draw_curves(history).axes
    assert [axes.get_title() for axes in (loss, rate, sbd)] == ['loss', 'learning rate', 'sbd']
    assert loss.get_yscale() == 'log' and rate.get_yscale() == sbd.get_yscale() == 'linear'
    drawn = {line.get_label(): line.get_xydata().tolist() for line in loss.get_lines()}
    assert drawn['validation'] == [[200, 3.0], [400, 2.0]]
    assert [list(pair) for pair in history['train/loss']] in list(drawn.values())


def test_smoothing_by_hand() -> None:
    values = [float(number % 2) for number in range(40)]  # a window of 2 to both sides
    smooth = smoothed(values)
    assert smooth[0] == 0.0 and smooth[1] == pytest.approx(1 / 3)
    assert smooth[10] == pytest.approx(2 / 5) and smooth[11] == pytest.approx(3 / 5)
    assert smoothed([1.0, 5.0]) == [1.0, 5.0]
