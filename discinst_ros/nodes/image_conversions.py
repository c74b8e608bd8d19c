# SPDX-License-Identifier: Apache-2.0
"""
Camera messages to arrays and back: pure functions, checked at the door.

Everything that a broken driver can send is refused with a :class:`MessageError` here, so that
neither cv_bridge nor the core ever sees it.
"""

from __future__ import annotations

from typing import Any

from cv_bridge import CvBridge, CvBridgeError
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

#: Bytes per pixel of the encodings that an image may have.
COLOUR_ENCODINGS = {
    'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1,
    'bayer_rggb8': 1, 'bayer_bggr8': 1, 'bayer_gbrg8': 1, 'bayer_grbg8': 1,
    'uyvy': 2, 'yuyv': 2, 'yuv422': 2, 'yuv422_yuy2': 2,
}
#: cv_bridge has known these by their older names for longer.
_OLD_NAMES = {'uyvy': 'yuv422', 'yuyv': 'yuv422_yuy2'}
#: Two pixels share their colour.
_IN_PAIRS = {*_OLD_NAMES, *_OLD_NAMES.values()}
#: Bytes per pixel of the encodings that a depth image may have.
DEPTH_ENCODINGS = {'16UC1': 2, 'mono16': 2, '32FC1': 4}
#: What a 16-bit depth value counts.
METRES_PER_DEPTH_UNIT = 0.001
#: The largest one, which some drivers write where there is none.
_NO_DEPTH = np.iinfo(np.uint16).max

_BRIDGE = CvBridge()


class MessageError(ValueError):
    """
    A message that cannot be used.

    :ivar kind: the few words under which such messages are counted.
    """

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


def image_from_msg(msg: Image) -> npt.NDArray[np.uint8]:
    """
    Return the H×W×3 uint8 RGB array of a colour or grey image.

    :raises MessageError: where the message contradicts itself or is no such image.
    """
    _check_layout(msg, 'image', COLOUR_ENCODINGS)
    if msg.encoding in _IN_PAIRS and msg.width % 2:
        raise MessageError('image of odd width', f'image: width is {msg.width}, expected an even '
                           f'one, as in {msg.encoding} two pixels share their colour')
    return _bridge('image', msg, 'rgb8', COLOUR_ENCODINGS[msg.encoding])


def image_to_msg(rgb: npt.NDArray[np.uint8], header: Header) -> Image:
    """Return an rgb8 message."""
    return _to_msg(rgb, 'rgb8', header)


def image_from_compressed_msg(msg: CompressedImage) -> npt.NDArray[np.uint8]:
    """
    Return the H×W×3 uint8 RGB array of a JPEG or PNG image; of a compressed mosaic as well.

    :raises MessageError: where the data is no such image.
    """
    try:
        decoded = _BRIDGE.compressed_imgmsg_to_cv2(msg) if len(msg.data) else None
    except Exception:  # OpenCV and cv_bridge raise different types from version to version
        decoded = None
    if decoded is None:
        raise MessageError('image not decodable', f'image: {len(msg.data)} bytes of format '
                           f'{msg.format!r} are no JPEG or PNG image')
    if decoded.dtype != np.uint8:
        raise MessageError('image with wrong encoding', f'image: format {msg.format!r} holds '
                           f'{decoded.dtype} pixels, expected 8 bits per channel')
    if decoded.ndim == 2:
        decoded = decoded[:, :, np.newaxis]
    mosaic = _mosaic(msg.format)
    if decoded.shape[2] == 1 and mosaic is not None:
        height, width = decoded.shape[:2]
        return image_from_msg(Image(encoding=mosaic, width=width, height=height, step=width,
                                    data=decoded.tobytes()))
    # Grey is repeated; colour comes as BGR or BGRA.
    channels = [0, 0, 0] if decoded.shape[2] == 1 else [2, 1, 0]
    return np.ascontiguousarray(decoded[:, :, channels])


def image_to_compressed_msg(rgb: npt.NDArray[np.uint8], header: Header, *,
                            image_format: str = 'png') -> CompressedImage:
    """Return the image as a PNG or JPEG message."""
    msg = _BRIDGE.cv2_to_compressed_imgmsg(np.ascontiguousarray(rgb[:, :, ::-1]), image_format)
    msg.header = header
    return msg


def depth_from_msg(msg: Image) -> npt.NDArray[np.float32]:
    """
    Return H×W float32 metres along the optical axis, NaN = none.

    :param msg: 16UC1 in millimetres, where 0 and 65535 mean none, or 32FC1 in metres, where 0,
        negative, NaN and infinity do.
    :raises MessageError: where the message contradicts itself or is no depth image.
    """
    _check_layout(msg, 'depth', DEPTH_ENCODINGS)
    raw = _bridge('depth', msg, 'passthrough', DEPTH_ENCODINGS[msg.encoding])
    depth = raw.astype(np.float32)
    if raw.dtype.kind == 'u':
        depth *= METRES_PER_DEPTH_UNIT
        depth[raw == _NO_DEPTH] = np.nan
    with np.errstate(invalid='ignore'):
        depth[~(np.isfinite(depth) & (depth > 0))] = np.nan
    return depth


def depth_to_msg(depth: npt.NDArray[np.float32], header: Header, *,
                 encoding: str = '32FC1') -> Image:
    """
    Return a depth message.

    :param depth: H×W float32 metres, NaN = none.
    :param encoding: 32FC1 keeps the metres, 16UC1 rounds to millimetres and writes 0 for none.
    """
    if encoding == '32FC1':
        return _to_msg(depth.astype(np.float32), encoding, header)
    if encoding != '16UC1':
        raise ValueError(f'depth encoding {encoding!r}: expected 16UC1 or 32FC1')
    units = np.rint(np.nan_to_num(depth / METRES_PER_DEPTH_UNIT, nan=0.0, posinf=0.0, neginf=0.0))
    units[units >= _NO_DEPTH] = 0
    return _to_msg(units.astype(np.uint16), encoding, header)


def label_image_from_msg(msg: Image) -> npt.NDArray[np.uint16]:
    """
    Return the H×W uint16 label image of a mono16 message.

    :raises MessageError: where the message is no such image.
    """
    _check_layout(msg, 'label image', {'mono16': 2, '16UC1': 2})
    return _bridge('label image', msg, 'passthrough', 2).astype(np.uint16)


def label_image_to_msg(labels: npt.NDArray[np.uint16], header: Header) -> Image:
    """Return a mono16 message."""
    return _to_msg(labels, 'mono16', header)


def _mosaic(image_format: str) -> str | None:
    """
    Return the encoding of the mosaic that was compressed as it is, None where none was.

    image_transport writes 'bayer_rggb8; png compressed ' for a mosaic that it keeps, or names it
    once more at the end; 'mono8' and 'bgr8' there mean that it has converted it.
    """
    encoding, _, rest = image_format.partition(';')
    _, compressed, target = rest.partition('compressed')
    is_mosaic = encoding.startswith('bayer_') and encoding in COLOUR_ENCODINGS
    return encoding if is_mosaic and compressed and target.strip() in ('', encoding) else None


def _check_layout(msg: Image, what: str, pixel_sizes: dict[str, int]) -> None:
    """Refuse an image whose header promises what its data does not hold."""
    pixel_size = pixel_sizes.get(msg.encoding)
    if pixel_size is None:
        raise MessageError(
            f'{what} with wrong encoding', f'{what}: encoding {msg.encoding!r} is not supported, '
            f'expected one of {", ".join(pixel_sizes)}')
    if not (msg.width and msg.height):
        raise MessageError(
            f'{what} of zero size', f'{what}: size is {msg.width}×{msg.height}, expected at least '
            'one pixel')
    if msg.step < msg.width * pixel_size:
        raise MessageError(
            f'{what} with too small step', f'{what}: step is {msg.step} bytes, expected at least '
            f'{msg.width * pixel_size} for {msg.width} pixels of {msg.encoding}')
    if len(msg.data) < msg.step * msg.height:
        raise MessageError(
            f'{what} with too short data', f'{what}: data has {len(msg.data)} bytes, expected '
            f'{msg.step * msg.height} for step {msg.step} and height {msg.height}')


def _bridge(what: str, msg: Image, encoding: str, pixel_size: int) -> npt.NDArray[Any]:
    try:
        return np.asarray(_BRIDGE.imgmsg_to_cv2(_as_bridge_takes_it(msg, pixel_size),
                                                desired_encoding=encoding))
    except (CvBridgeError, TypeError, ValueError) as error:
        raise MessageError(f'{what} not decodable', f'{what}: {msg.encoding} of '
                           f'{msg.width}×{msg.height}, step {msg.step}: {error}') from error


def _as_bridge_takes_it(msg: Image, pixel_size: int) -> Image:
    """Return the image with rows end to end: cv_bridge takes a row for a number of pixels."""
    step, encoding = msg.width * pixel_size, _OLD_NAMES.get(msg.encoding, msg.encoding)
    if (msg.step, msg.encoding) == (step, encoding):
        return msg
    rows = np.frombuffer(msg.data, np.uint8)[:msg.step * msg.height].reshape(msg.height, msg.step)
    return Image(header=msg.header, width=msg.width, height=msg.height, encoding=encoding,
                 is_bigendian=msg.is_bigendian, step=step, data=rows[:, :step].tobytes())


def _to_msg(array: npt.NDArray[Any], encoding: str, header: Header) -> Image:
    msg = _BRIDGE.cv2_to_imgmsg(np.ascontiguousarray(array), encoding=encoding)
    msg.header = header
    return msg
