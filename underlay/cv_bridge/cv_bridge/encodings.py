# SPDX-License-Identifier: Apache-2.0
"""What an encoding string says of the pixels, and the way from one encoding to another."""

from dataclasses import dataclass
import re

import cv2
import numpy as np

# OpenCV's name of a channel type and numpy's.
DTYPES = {
    '8U': 'uint8', '8S': 'int8', '16U': 'uint16', '16S': 'int16', '32S': 'int32',
    '32F': 'float32', '64F': 'float64',
}

# Colour, channels and OpenCV's conversion from it. OpenCV names a mosaic by its second row, so
# its BayerBG starts with red, green: rggb here.
COLOURS = {
    'mono': (1, 'GRAY2{}'),
    'rgb': (3, 'RGB2{}'),
    'bgr': (3, 'BGR2{}'),
    'rgba': (4, 'RGBA2{}'),
    'bgra': (4, 'BGRA2{}'),
    'bayer_rggb': (1, 'BayerBG2{}'),
    'bayer_bggr': (1, 'BayerRG2{}'),
    'bayer_gbrg': (1, 'BayerGR2{}'),
    'bayer_grbg': (1, 'BayerGB2{}'),
    'yuv422': (2, 'YUV2{}_UYVY'),
    'yuv422_yuy2': (2, 'YUV2{}_YUY2'),
}
TARGETS = {'mono': 'GRAY', 'rgb': 'RGB', 'bgr': 'BGR', 'rgba': 'RGBA', 'bgra': 'BGRA'}


class CvBridgeError(TypeError):
    """An image or an encoding that CvBridge cannot convert."""


@dataclass(frozen=True)
class Encoding:
    """A parsed encoding string; colour is None for plain numbers such as 16UC1."""

    name: str
    depth: str
    channels: int
    colour: str | None

    @property
    def dtype(self) -> np.dtype:
        """Return the type of one channel, in the byte order of this machine."""
        return np.dtype(DTYPES[self.depth])

    @property
    def type_name(self) -> str:
        """Return the encoding that names the channel type and the count of channels alone."""
        return f'{self.depth}C{self.channels}'


def parse(name: str) -> Encoding:
    """Read an encoding string."""
    if name in ('yuv422', 'yuv422_yuy2'):
        return Encoding(name, '8U', 2, name)
    colour = re.fullmatch(r'(\w+?)(8|16)', name)
    if colour and colour[1] in COLOURS:
        return Encoding(name, colour[2] + 'U', COLOURS[colour[1]][0], colour[1])
    numbers = re.fullmatch(r'(\d+[USF])(?:C([1-9]\d*))?', name)
    if numbers and numbers[1] in DTYPES:
        return Encoding(name, numbers[1], int(numbers[2] or 1), None)
    raise CvBridgeError(f'Unrecognized image encoding [{name}]')


def convert(image: np.ndarray, source: Encoding, target: Encoding) -> np.ndarray:
    """Return a copy of an image, encoded as the target says."""
    if source == target:
        return image.copy()
    if source.colour is None and target.colour is not None:
        raise CvBridgeError(f'[{source.name}] is not a color format. but [{target.name}] is. '
                            'The conversion does not make sense')
    if target.colour is None and source.channels != target.channels:
        raise CvBridgeError(
            f'[{source.name}] and [{target.name}] do not have the same number of channel'
            if source.colour is None else
            f'[{source.name}] is a color format but [{target.name}] is not so they must have '
            'the same OpenCV type, CV_8UC3, CV16UC1 ....')
    if target.colour is not None and source.colour != target.colour:
        try:
            image = cv2.cvtColor(image, _conversion_code(source, target))
        except cv2.error as error:
            raise CvBridgeError(str(error)) from error
    return _change_depth(image, source.dtype, target.dtype)


def _conversion_code(source: Encoding, target: Encoding) -> int:
    """Return OpenCV's number for the way from one colour to another."""
    ways = COLOURS[source.colour or ''][1]
    goal = TARGETS.get(target.colour or '')
    from_mosaic_to_alpha = ways.startswith('Bayer') and target.channels == 4
    if goal is None or from_mosaic_to_alpha:  # OpenCV knows the latter, cv_bridge does not
        raise CvBridgeError(f'Unsupported conversion from [{source.name}] to [{target.name}]')
    return int(getattr(cv2, 'COLOR_' + ways.format(goal)))


def _change_depth(image: np.ndarray, source: np.dtype, target: np.dtype) -> np.ndarray:
    """Return the image with another channel type; 8 and 16 bits map full range to full range."""
    if source == target:
        return image
    scale = {(1, 2): 65535 / 255, (2, 1): 255 / 65535}.get((source.itemsize, target.itemsize), 1)
    scaled = image * np.float64(scale)
    if target.kind in 'iu':
        limits = np.iinfo(target)
        scaled = np.clip(np.rint(scaled), limits.min, limits.max)
    return scaled.astype(target)
