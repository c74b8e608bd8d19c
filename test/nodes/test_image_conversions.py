# SPDX-License-Identifier: Apache-2.0
"""
Camera messages to arrays and back, and what broken drivers send.

Not verified here: cv_bridge's own conversions of colour, Bayer and YUV encodings, which have
tests of their own, and what the node does with a refused message.
"""

import cv2
from discinst_ros.nodes.image_conversions import (
    COLOUR_ENCODINGS,
    depth_from_msg,
    depth_to_msg,
    image_from_compressed_msg,
    image_from_msg,
    image_to_compressed_msg,
    image_to_msg,
    label_image_from_msg,
    label_image_to_msg,
    MessageError,
)
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header


@pytest.fixture
def header():
    header = Header(frame_id='camera')
    header.stamp.sec = 7
    return header


@pytest.fixture
def rgb():
    return np.random.default_rng(1).integers(0, 256, (6, 5, 3), dtype=np.uint8)


def image_msg(encoding, width, height, step, data):
    return Image(encoding=encoding, width=width, height=height, step=step, data=data)


def test_image_round_trip(rgb, header):
    msg = image_to_msg(rgb, header)
    assert (msg.encoding, msg.width, msg.height, msg.step) == ('rgb8', 5, 6, 15)
    assert msg.header == header
    np.testing.assert_array_equal(image_from_msg(msg), rgb)


def test_png_round_trip(rgb, header):
    msg = image_to_compressed_msg(rgb, header)
    assert msg.header == header
    np.testing.assert_array_equal(image_from_compressed_msg(msg), rgb)


def test_jpeg_keeps_the_order_of_the_channels(header):
    red = np.zeros((16, 16, 3), dtype=np.uint8)
    red[..., 0] = 200
    decoded = image_from_compressed_msg(image_to_compressed_msg(red, header, image_format='jpg'))
    # JPEG rounds: a few grey levels
    assert np.abs(decoded.astype(int) - red).max() <= 4


def test_grey_jpeg_becomes_three_channels():
    grey = np.full((8, 8), 90, dtype=np.uint8)
    data = cv2.imencode('.jpg', grey)[1].tobytes()
    decoded = image_from_compressed_msg(CompressedImage(format='mono8; jpeg', data=data))
    assert decoded.shape == (8, 8, 3)
    assert np.abs(decoded.astype(int) - 90).max() <= 2


def test_padded_rows_are_left_out(rgb, header):
    msg = image_to_msg(rgb, header)
    rows = [bytes(rgb[row].tobytes()) + b'\xff\xff\xff' for row in range(6)]
    msg.step, msg.data = 18, b''.join(rows)
    np.testing.assert_array_equal(image_from_msg(msg), rgb)


def test_bgr_and_grey_become_rgb():
    bgr = image_msg('bgr8', 1, 1, 3, [1, 2, 3])
    np.testing.assert_array_equal(image_from_msg(bgr), [[[3, 2, 1]]])
    grey = image_msg('mono8', 2, 1, 2, [9, 200])
    np.testing.assert_array_equal(image_from_msg(grey), [[[9] * 3, [200] * 3]])


@pytest.mark.parametrize('encoding', COLOUR_ENCODINGS)
def test_every_listed_encoding_converts(encoding):
    step = 4 * COLOUR_ENCODINGS[encoding]
    array = image_from_msg(image_msg(encoding, 4, 4, step, bytes(range(4 * step))))
    assert array.shape == (4, 4, 3)
    assert array.dtype == np.uint8


@pytest.mark.parametrize('encoding, data', [('uyvy', [128, 90, 128, 200]),
                                            ('yuyv', [90, 128, 200, 128])])
def test_grey_of_both_orders_of_yuv(encoding, data):
    """Without colour Y is the grey level, but for the range of video: 16 is 0 and 235 is 255."""
    levels = [round((y - 16) * 255 / 219) for y in (90, 200)]
    image = image_from_msg(image_msg(encoding, 2, 1, 4, data))
    np.testing.assert_allclose(image, [[[level] * 3 for level in levels]], atol=1)


@pytest.mark.parametrize('new, old', [('uyvy', 'yuv422'), ('yuyv', 'yuv422_yuy2')])
def test_new_names_of_yuv_mean_the_old_ones(new, old):
    data = np.random.default_rng(0).integers(0, 256, 4 * 10, dtype=np.uint8).tobytes()
    np.testing.assert_array_equal(image_from_msg(image_msg(new, 4, 4, 10, data)),
                                  image_from_msg(image_msg(old, 4, 4, 10, data)))


#: Half red, half grey, and what a sensor with red, green; green, blue sees of it.
HALVES = np.full((16, 32, 3), 150, dtype=np.uint8)
HALVES[:, :16] = 200, 0, 0
MOSAIC = HALVES[..., 1].copy()
MOSAIC[::2, ::2] = HALVES[::2, ::2, 0]
MOSAIC[1::2, 1::2] = HALVES[1::2, 1::2, 2]


@pytest.mark.parametrize('image_format', [
    'bayer_rggb8; png compressed ', 'bayer_rggb8; png compressed bayer_rggb8'])
def test_a_compressed_mosaic_has_its_colours(image_format):
    data = cv2.imencode('.png', MOSAIC)[1].tobytes()
    decoded = image_from_compressed_msg(CompressedImage(format=image_format, data=data))
    np.testing.assert_array_equal(decoded, image_from_msg(
        image_msg('bayer_rggb8', 32, 16, 32, MOSAIC.tobytes())))
    # away from the border of the halves and of the image
    np.testing.assert_array_equal(decoded[4:12, 4:12], HALVES[4:12, 4:12])
    np.testing.assert_array_equal(decoded[4:12, 20:28], HALVES[4:12, 20:28])


@pytest.mark.parametrize('image_format', [
    'bayer_rggb8; jpeg compressed bgr8', 'bayer_rggb8; png compressed ', 'jpeg'])
def test_colours_stay_whatever_they_were_made_of(image_format):
    data = cv2.imencode('.png', HALVES[..., ::-1])[1].tobytes()
    np.testing.assert_array_equal(
        image_from_compressed_msg(CompressedImage(format=image_format, data=data)), HALVES)


@pytest.mark.parametrize('image_format', [
    'bayer_rggb8; jpeg compressed mono8', 'mono8; jpeg compressed mono8', 'png', 'bayer_rggb8'])
def test_grey_that_is_no_mosaic_stays_grey(image_format):
    data = cv2.imencode('.png', MOSAIC)[1].tobytes()
    decoded = image_from_compressed_msg(CompressedImage(format=image_format, data=data))
    np.testing.assert_array_equal(decoded, np.stack([MOSAIC] * 3, axis=2))


@pytest.mark.parametrize('msg, kind, words', [
    (image_msg('16UC1', 2, 2, 4, bytes(8)), 'image with wrong encoding', "'16UC1' .* rgb8"),
    (image_msg('', 2, 2, 6, bytes(12)), 'image with wrong encoding', "''"),
    (image_msg('rgb8', 0, 2, 0, b''), 'image of zero size', '0×2'),
    (image_msg('yuyv', 3, 2, 6, bytes(12)), 'image of odd width', 'width is 3'),
    (image_msg('rgb8', 2, 0, 6, b''), 'image of zero size', '2×0'),
    (image_msg('rgb8', 2, 2, 5, bytes(12)), 'image with too small step',
     '5 bytes, expected at least 6'),
    (image_msg('rgb8', 2, 2, 6, bytes(11)), 'image with too short data',
     '11 bytes, expected 12'),
])
def test_broken_image_is_refused(msg, kind, words):
    with pytest.raises(MessageError, match=words) as caught:
        image_from_msg(msg)
    assert caught.value.kind == kind


@pytest.mark.parametrize('data', [b'', b'no image', b'\xff\xd8\xff\xe0 cut'])
def test_broken_compressed_image_is_refused(data):
    with pytest.raises(MessageError, match=f'{len(data)} bytes of format .jpeg.') as caught:
        image_from_compressed_msg(CompressedImage(format='jpeg', data=data))
    assert caught.value.kind == 'image not decodable'


def test_sixteen_bit_png_is_refused():
    data = cv2.imencode('.png', np.zeros((4, 4), dtype=np.uint16))[1].tobytes()
    with pytest.raises(MessageError, match='uint16'):
        image_from_compressed_msg(CompressedImage(format='16UC1; png', data=data))


def test_metric_depth_round_trip(header):
    depth = np.array([[0.5, np.nan], [1.25, 3.0]], dtype=np.float32)
    msg = depth_to_msg(depth, header)
    assert msg.encoding == '32FC1'
    np.testing.assert_array_equal(depth_from_msg(msg), depth)


def test_millimetre_depth_round_trip(header):
    depth = np.array([[0.5, np.nan], [1.2504, 3.0]], dtype=np.float32)
    msg = depth_to_msg(depth, header, encoding='16UC1')
    np.testing.assert_array_equal(np.frombuffer(msg.data, '<u2'), [500, 0, 1250, 3000])
    # half a millimetre of rounding
    np.testing.assert_allclose(depth_from_msg(msg), depth, atol=0.0005001)


def test_depth_too_far_for_millimetres_is_none(header):
    msg = depth_to_msg(np.array([[70.0]], dtype=np.float32), header, encoding='16UC1')
    assert np.isnan(depth_from_msg(msg)).all()


@pytest.mark.parametrize('encoding', ['16UC1', 'mono16'])
@pytest.mark.parametrize('order', ['<u2', '>u2'])
def test_the_largest_16_bit_depth_is_none(encoding, order):
    data = np.array([[65534, 65535, 0, 1]], order)
    msg = image_msg(encoding, 4, 1, 8, data.tobytes())
    msg.is_bigendian = order == '>u2'
    np.testing.assert_allclose(depth_from_msg(msg), [[65.534, np.nan, np.nan, 0.001]], rtol=1e-6)


def test_what_rounds_to_the_largest_16_bit_depth_is_written_as_none(header):
    msg = depth_to_msg(np.array([[65.534, 65.5347]], np.float32), header, encoding='16UC1')
    np.testing.assert_array_equal(np.frombuffer(msg.data, '<u2'), [65534, 0])


def test_depth_honours_the_byte_order():
    msg = image_msg('16UC1', 1, 1, 2, b'\x03\xe8')
    msg.is_bigendian = 1
    np.testing.assert_allclose(depth_from_msg(msg), [[1.0]], rtol=1e-6)


def test_zero_infinite_and_negative_depth_is_none():
    data = np.array([[0, np.inf, -np.inf, -1, np.nan, 2]], dtype='<f4')
    depth = depth_from_msg(image_msg('32FC1', 6, 1, 24, data.tobytes()))
    np.testing.assert_array_equal(depth, [[np.nan] * 5 + [2]])


@pytest.mark.parametrize('msg, kind', [
    (image_msg('rgb8', 2, 2, 6, bytes(12)), 'depth with wrong encoding'),
    (image_msg('32FC1', 2, 2, 7, bytes(16)), 'depth with too small step'),
    (image_msg('32FC1', 2, 2, 8, bytes(15)), 'depth with too short data'),
    (image_msg('16UC1', 0, 0, 0, b''), 'depth of zero size'),
])
def test_broken_depth_is_refused(msg, kind):
    with pytest.raises(MessageError, match='^depth: ') as caught:
        depth_from_msg(msg)
    assert caught.value.kind == kind


def test_unknown_depth_encoding_is_refused(header):
    with pytest.raises(ValueError, match='16UC1 or 32FC1'):
        depth_to_msg(np.zeros((1, 1), dtype=np.float32), header, encoding='64FC1')


def test_label_image_round_trip(header):
    labels = np.array([[0, 1, 300], [65535, 2, 0]], dtype=np.uint16)
    msg = label_image_to_msg(labels, header)
    assert (msg.encoding, msg.step, msg.header) == ('mono16', 6, header)
    np.testing.assert_array_equal(label_image_from_msg(msg), labels)


@pytest.mark.parametrize('encoding, channels, padding', [
    ('rgb8', 3, 1), ('bgr8', 3, 2), ('rgba8', 4, 3), ('mono8', 1, 11)])
def test_rows_that_end_within_a_pixel_are_not_skewed(encoding, channels, padding):
    """Drivers align rows to 4, 32 or 64 bytes, which is no number of pixels of three bytes."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (6, 5, channels), dtype=np.uint8)
    rows = np.zeros((6, 5 * channels + padding), np.uint8)
    rows[:, :5 * channels] = pixels.reshape(6, -1)
    padded = Image(width=5, height=6, encoding=encoding, step=rows.shape[1], data=rows.tobytes())
    tight = Image(width=5, height=6, encoding=encoding, step=5 * channels, data=pixels.tobytes())
    np.testing.assert_array_equal(image_from_msg(padded), image_from_msg(tight))


def test_padded_depth_of_odd_steps():
    depth = np.arange(1, 13, dtype='<u2').reshape(3, 4)
    rows = np.zeros((3, 11), np.uint8)
    rows[:, :8] = depth.view(np.uint8)
    msg = Image(width=4, height=3, encoding='16UC1', step=11, data=rows.tobytes())
    np.testing.assert_allclose(depth_from_msg(msg), depth * 0.001, rtol=1e-6)
