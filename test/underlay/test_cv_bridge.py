# SPDX-License-Identifier: Apache-2.0
"""
CvBridge, on bytes made by hand.

All of it holds for vision_opencv's cv_bridge too, but for the tests marked as the stand-in's own.
"""

import array
from importlib.util import find_spec

import pytest

pytest.importorskip('sensor_msgs', reason='needs the ROS messages')
pytest.importorskip('cv_bridge', reason='needs the underlay or ROS')

from cv_bridge import CvBridge, CvBridgeError  # noqa: E402
import numpy as np  # noqa: E402
from sensor_msgs.msg import CompressedImage, Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

# The real package carries a compiled module; the stand-in does not.
stand_in_only = pytest.mark.skipif(
    find_spec('cv_bridge.boost') is not None, reason="the stand-in is stricter than upstream's")

RED, GREEN, BLUE = 200, 100, 50
# cvtColor's weights, ITU-R BT.601: 0.299 red + 0.587 green + 0.114 blue, rounded.
GREY = 124


def message(encoding, height, width, data, step=None, big_endian=False):
    """Make an image message of the bytes given."""
    return Image(
        encoding=encoding, height=height, width=width, is_bigendian=int(big_endian),
        step=len(data) // height if step is None else step, data=array.array('B', bytes(data)))


def one_pixel(encoding, *channels):
    """Make a 1×1 message of 8-bit channels."""
    return message(encoding, 1, 1, bytes(channels))


@pytest.fixture
def bridge():
    return CvBridge()


def test_rows_follow_the_step(bridge):
    data = [1, 2, 3, 4, 5, 6, 99, 99,
            7, 8, 9, 10, 11, 12, 99, 99]
    image = bridge.imgmsg_to_cv2(message('8UC1', 2, 6, data, step=8))
    assert image.tolist() == [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]


def test_padding_need_not_be_whole_pixels_of_mono16(bridge):
    data = [1, 0, 2, 0, 99, 99, 3, 0, 4, 0, 99, 99]
    image = bridge.imgmsg_to_cv2(message('mono16', 2, 2, data, step=6))
    assert image.tolist() == [[1, 2], [3, 4]]


@stand_in_only
def test_padding_need_not_be_whole_pixels_of_colour(bridge):
    data = [1, 2, 3, 99, 4, 5, 6, 99]
    image = bridge.imgmsg_to_cv2(message('rgb8', 2, 1, data, step=4))
    assert image.tolist() == [[[1, 2, 3]], [[4, 5, 6]]]


@pytest.mark.parametrize('big_endian, expected', [(False, [0x0201, 0x0403]),
                                                  (True, [0x0102, 0x0304])])
def test_byte_order_of_depth(bridge, big_endian, expected):
    image = bridge.imgmsg_to_cv2(message('16UC1', 1, 2, [1, 2, 3, 4], big_endian=big_endian))
    assert image.dtype == np.uint16
    assert image.dtype.isnative
    assert image.tolist() == [expected]


def test_big_endian_array_is_written_as_it_is(bridge):
    written = bridge.cv2_to_imgmsg(np.array([[0x0102]], dtype='>u2'), '16UC1')
    assert written.is_bigendian
    assert bytes(written.data) == b'\x01\x02'
    assert bridge.imgmsg_to_cv2(written).tolist() == [[0x0102]]


@pytest.mark.parametrize('encoding, dtype, channels', [
    ('rgb8', 'uint8', 3), ('bgr8', 'uint8', 3), ('rgba8', 'uint8', 4), ('bgra8', 'uint8', 4),
    ('mono8', 'uint8', 1), ('mono16', 'uint16', 1), ('8UC1', 'uint8', 1), ('8UC2', 'uint8', 2),
    ('8UC3', 'uint8', 3), ('8UC4', 'uint8', 4), ('16UC1', 'uint16', 1), ('32FC1', 'float32', 1),
    ('bayer_rggb8', 'uint8', 1), ('bayer_bggr8', 'uint8', 1), ('bayer_gbrg8', 'uint8', 1),
    ('bayer_grbg8', 'uint8', 1), ('yuv422', 'uint8', 2), ('yuv422_yuy2', 'uint8', 2),
])
def test_round_trip(bridge, encoding, dtype, channels):
    shape = (4, 6) if channels == 1 else (4, 6, channels)
    image = np.random.default_rng(7).integers(0, 256, shape).astype(dtype)
    header = Header(frame_id='camera')
    written = bridge.cv2_to_imgmsg(image, encoding, header)
    assert (written.encoding, written.height, written.width) == (encoding, 4, 6)
    assert written.step == 6 * channels * image.dtype.itemsize
    assert not written.is_bigendian
    assert written.header.frame_id == 'camera'
    read = bridge.imgmsg_to_cv2(written)
    assert read.dtype == image.dtype
    np.testing.assert_array_equal(read, image)
    np.testing.assert_array_equal(bridge.imgmsg_to_cv2(written, encoding), image)


def test_passthrough_names_the_type(bridge):
    assert bridge.cv2_to_imgmsg(np.zeros((2, 3, 3), np.uint8)).encoding == '8UC3'
    assert bridge.cv2_to_imgmsg(np.zeros((2, 3), np.float32)).encoding == '32FC1'


def test_image_with_gaps_in_memory_is_written_dense(bridge):
    image = np.arange(24, dtype=np.uint8).reshape(4, 6)[::2, ::3]
    assert list(bridge.cv2_to_imgmsg(image, 'mono8').data) == [0, 3, 12, 15]


COLOURS = {
    'rgb8': (RED, GREEN, BLUE), 'bgr8': (BLUE, GREEN, RED),
    'rgba8': (RED, GREEN, BLUE, 255), 'bgra8': (BLUE, GREEN, RED, 255), 'mono8': (GREY,),
}


@pytest.mark.parametrize('source', ['rgb8', 'bgr8', 'rgba8', 'bgra8'])
@pytest.mark.parametrize('target', list(COLOURS))
def test_channel_order(bridge, source, target):
    image = bridge.imgmsg_to_cv2(one_pixel(source, *COLOURS[source]), target)
    assert image.reshape(-1).tolist() == list(COLOURS[target])


@pytest.mark.parametrize('target', list(COLOURS))
def test_grey_fills_the_colours(bridge, target):
    channels = len(COLOURS[target])
    image = bridge.imgmsg_to_cv2(one_pixel('mono8', 80), target)
    assert image.reshape(-1).tolist() == [80, 80, 80, 255][:channels]


def test_sixteen_bits_map_full_range_to_full_range(bridge):
    wide = np.array([[0, 257, 128 * 257 + 128, 128 * 257 + 129, 65535]], np.uint16)
    narrow = [[0, 1, 128, 129, 255]]
    wide_message = bridge.cv2_to_imgmsg(wide, 'mono16')
    assert bridge.imgmsg_to_cv2(wide_message, 'mono8').tolist() == narrow
    assert bridge.imgmsg_to_cv2(wide_message, 'bgr8')[..., 1].tolist() == narrow
    narrow_message = bridge.cv2_to_imgmsg(np.array([[0, 1, 255]], np.uint8), 'mono8')
    assert bridge.imgmsg_to_cv2(narrow_message, 'mono16').tolist() == [[0, 257, 65535]]


def test_plain_numbers_change_type_without_scale(bridge):
    metres = bridge.cv2_to_imgmsg(np.array([[1.4, 2.6]], np.float32), '32FC1')
    assert bridge.imgmsg_to_cv2(metres, '16UC1').tolist() == [[1, 3]]


@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_bayer_mosaic_of_one_colour(bridge, pattern):
    value = {'r': RED, 'g': GREEN, 'b': BLUE}
    tile = np.array([[value[pattern[0]], value[pattern[1]]],
                     [value[pattern[2]], value[pattern[3]]]], np.uint8)
    mosaic = bridge.cv2_to_imgmsg(np.tile(tile, (4, 4)), f'bayer_{pattern}8')
    colour = bridge.imgmsg_to_cv2(mosaic, 'rgb8')
    assert colour.shape == (8, 8, 3)
    assert (colour == (RED, GREEN, BLUE)).all()
    assert (bridge.imgmsg_to_cv2(mosaic, 'bgr8') == (BLUE, GREEN, RED)).all()
    # The demosaicing rounds its grey in another order: one off is right.
    assert abs(bridge.imgmsg_to_cv2(mosaic, 'mono8').astype(int) - GREY).max() <= 1


@pytest.mark.parametrize('encoding, two_pixels', [
    ('yuv422', [128, 81, 128, 145]), ('yuv422_yuy2', [81, 128, 145, 128])])
def test_yuv_without_chroma_is_grey(bridge, encoding, two_pixels):
    yuv = message(encoding, 1, 2, two_pixels)
    assert bridge.imgmsg_to_cv2(yuv, 'mono8').tolist() == [[81, 145]]
    # Video range: luma 16..235 becomes 0..255, so (y - 16) * 255 / 219.
    assert bridge.imgmsg_to_cv2(yuv, 'rgb8').tolist() == [[[76, 76, 76], [150, 150, 150]]]


def test_yuv_red_is_red(bridge):
    red, green, blue = bridge.imgmsg_to_cv2(
        message('yuv422', 1, 2, [90, 81, 240, 81]), 'rgb8')[0, 0].astype(int)
    assert red > 240
    assert max(green, blue) < 15


@pytest.mark.parametrize('source, target, words', [
    ('16UC1', 'bgr8', r'\[16UC1\] is not a color format. but \[bgr8\] is. '
                      'The conversion does not make sense'),
    ('8UC3', 'rgb8', r'\[8UC3\] is not a color format'),
    ('mono8', '8UC3', r'\[mono8\] is a color format but \[8UC3\] is not'),
    ('8UC1', '8UC3', 'do not have the same number of channel'),
    ('rgb8', 'bayer_rggb8', 'Unsupported conversion'),
    ('bayer_rggb8', 'rgba8', 'Unsupported conversion'),
])
def test_senseless_conversion(bridge, source, target, words):
    pixel_bytes = {'16UC1': 2, 'rgb8': 3, '8UC3': 3}.get(source, 1)
    image = message(source, 2, 2, bytes(4 * pixel_bytes))
    with pytest.raises(CvBridgeError, match=words):
        bridge.imgmsg_to_cv2(image, target)


def test_unknown_encoding(bridge):
    with pytest.raises(CvBridgeError, match=r'Unrecognized image encoding \[purple8\]'):
        bridge.imgmsg_to_cv2(message('purple8', 1, 1, [0]))
    with pytest.raises(CvBridgeError, match=r'Unrecognized image encoding \[purple8\]'):
        bridge.cv2_to_imgmsg(np.zeros((1, 1), np.uint8), 'purple8')


def test_data_shorter_than_the_rows(bridge):
    with pytest.raises(TypeError):  # upstream leaves this one to numpy; CvBridgeError is one too
        bridge.imgmsg_to_cv2(message('rgb8', 2, 2, bytes(11), step=6))


@stand_in_only
def test_malformed_messages_are_named(bridge):
    with pytest.raises(CvBridgeError, match=r'height \* step != size  or  2 \* 6 != 11'):
        bridge.imgmsg_to_cv2(message('rgb8', 2, 2, bytes(11), step=6))
    with pytest.raises(CvBridgeError, match=r'step < width .* or  5 != 2 \* 1 \* 3'):
        bridge.imgmsg_to_cv2(message('rgb8', 2, 2, bytes(12), step=5))


def test_type_must_be_that_of_the_encoding(bridge):
    with pytest.raises(CvBridgeError, match='bgr8, but image has incompatible type 8UC1'):
        bridge.cv2_to_imgmsg(np.zeros((2, 2), np.uint8), 'bgr8')
    with pytest.raises(TypeError, match='not a numpy array'):
        bridge.cv2_to_imgmsg([[1, 2]])


@stand_in_only
def test_arrays_that_are_no_image(bridge):
    with pytest.raises(CvBridgeError, match='type int64'):
        bridge.cv2_to_imgmsg(np.zeros((2, 2), np.int64))
    with pytest.raises(CvBridgeError, match=r'shape \(0, 4\)'):
        bridge.cv2_to_imgmsg(np.zeros((0, 4), np.uint8))


def test_compressed_round_trip(bridge):
    image = np.random.default_rng(3).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    packed = bridge.cv2_to_compressed_imgmsg(image, 'png')
    assert packed.format == 'png'
    np.testing.assert_array_equal(bridge.compressed_imgmsg_to_cv2(packed), image)
    np.testing.assert_array_equal(
        bridge.compressed_imgmsg_to_cv2(packed, 'rgb8'), image[..., ::-1])


def test_jpg_is_the_default_and_close(bridge):
    packed = bridge.cv2_to_compressed_imgmsg(np.full((16, 16), 90, np.uint8))
    assert packed.format == 'jpg'
    image = bridge.compressed_imgmsg_to_cv2(packed)
    assert image.shape == (16, 16)
    assert abs(image.astype(int) - 90).max() <= 1  # a flat image loses only to rounding


@stand_in_only
@pytest.mark.parametrize('data', [b'', b'not an image'])
def test_undecodable_data(bridge, data):
    with pytest.raises(CvBridgeError, match=f"cannot decode {len(data)} bytes .* 'jpeg'"):
        bridge.compressed_imgmsg_to_cv2(CompressedImage(format='jpeg', data=data))


@stand_in_only
def test_unknown_compression(bridge):
    with pytest.raises(CvBridgeError):
        bridge.cv2_to_compressed_imgmsg(np.zeros((2, 2), np.uint8), 'purple')


@stand_in_only
def test_a_method_that_is_missing_names_the_real_package(bridge):
    with pytest.raises(AttributeError, match="'CvBridge.encoding_to_cvtype2'.*-cv-bridge"):
        bridge.encoding_to_cvtype2('bgr8')


@stand_in_only
def test_what_is_missing_names_the_real_package():
    with pytest.raises(ImportError, match="'cvtColorForDisplay'.*ros-<distro>-cv-bridge"):
        from cv_bridge import cvtColorForDisplay  # noqa: F401
