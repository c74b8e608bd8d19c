# SPDX-License-Identifier: Apache-2.0
"""What a camera can replay, and the pictures that are kept of it."""

import cv2
from discinst_ros.data.folder import FolderError, write_sample
from discinst_ros.data.pictures import PictureFolder
from discinst_ros.data.sample import Sample
from discinst_ros.data.sources import open_source, SourceError
from discinst_ros.data.tote import load_tote
import numpy as np
import pytest


def test_the_tote_is_a_real_rgbd_image_with_eight_objects():
    tote = load_tote()
    assert (tote.name, tote.image.shape, tote.image.dtype) == ('tote', (480, 640, 3), np.uint8)
    # Clockwise from the upper left: the hose is grey, the tote's rim red, the soap green.
    red, green, blue = tote.image[130, 60].astype(int)
    assert red > 2 * green and red > 2 * blue
    red, green, blue = tote.image[440, 300].astype(int)
    assert green > red
    assert set(np.unique(tote.labels)) == set(range(9))
    on_objects = tote.depth[tote.labels > 0]
    assert 0.4 < np.nanmedian(on_objects) < 0.9
    assert not (tote.depth <= 0).any()
    assert tote.intrinsics.fx == pytest.approx(517.62, abs=0.01)
    assert (tote.intrinsics.width, tote.intrinsics.height) == (640, 480)


def test_demo_shows_the_tote_and_drawn_scenes():
    samples = open_source('demo')
    names = [samples[index].name for index in range(len(samples))]
    assert names == ['tote', 'sticks-1', 'sticks-2', 'sticks-3', 'sticks-4', 'sticks-5']


@pytest.mark.parametrize('kind', ['sticks', 'shapes', 'parts'])
def test_drawn_scenes_differ_and_come_again(kind):
    first, again = open_source(kind), open_source(kind)
    assert np.array_equal(first[0].image, again[0].image)
    assert not np.array_equal(first[0].image, first[1].image)
    assert first[0].depth is not None and first[0].intrinsics is not None


def test_a_folder(tmp_path):
    image = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    write_sample(tmp_path, Sample(name='bin', image=image))
    samples = open_source(str(tmp_path))
    assert len(samples) == 1
    assert np.array_equal(samples[0].image, image)


def test_what_cannot_be_replayed(tmp_path):
    with pytest.raises(SourceError, match="'totes' is neither a folder nor one of tote, sticks, "
                                          'shapes, parts, crossings, demo'):
        open_source('totes')
    with pytest.raises(FolderError, match='has no images'):
        open_source(str(tmp_path))


def test_the_newest_picture_of_a_name_stays(tmp_path):
    pictures = PictureFolder(tmp_path / 'deep' / 'folder')
    old, new = (np.full((2, 3, 3), value, dtype=np.uint8) for value in (10, 200))
    new[0, 0] = 255, 0, 0
    path = pictures.keep('heap 1/left', old)
    assert pictures.keep('heap 1/left', new) == path
    assert path.name == 'heap_1_left.png'
    assert np.array_equal(cv2.imread(str(path))[:, :, ::-1], new)
    assert list(path.parent.iterdir()) == [path]


def test_no_picture_leaves_its_folder(tmp_path):
    path = PictureFolder(tmp_path / 'demo').keep('../../secret', np.zeros((1, 1, 3), np.uint8))
    assert path.parent == tmp_path / 'demo'
