# SPDX-License-Identifier: Apache-2.0
"""The settings of an augmentation, and the order in which they act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
import math
from numbers import Real

from discinst_ros.data.augment.colour import photograph
from discinst_ros.data.augment.cut_paste import paste
from discinst_ros.data.augment.depth import spoil_depth
from discinst_ros.data.augment.geometry import look
from discinst_ros.data.augment.prints import print_over
from discinst_ros.data.augment.views import draw_scale, draw_view
from discinst_ros.data.augment.visibility import ignore_hidden, pixels_per_id
from discinst_ros.data.sample import Sample
import numpy as np

#: Least and greatest value of each setting; of a range, of both of its ends.
_LIMITS = {
    'width': (32, math.inf), 'height': (32, math.inf),
    'rotation_rad': (-math.pi, math.pi), 'scale': (0.1, 10), 'crop': (0, 1),
    'paste_count': (1, 100), 'paste_scale': (0.1, 10), 'paste_shadow': (0, 1),
    'depth_shadow': (0, 0.2), 'depth_shift': (0, 0.2),
    'depth_patch_count': (1, 100), 'depth_hole_count': (1, 100),
    'min_visible_share': (0, 1), 'min_visible_px': (0, math.inf),
    'brightness': (0.1, 10), 'white_balance': (0, 0.9), 'contrast': (0.1, 10), 'gamma': (0.1, 10),
    'saturation': (0, 4), 'hue_rad': (-math.pi, math.pi), 'blur_sigma_px': (0.1, 20),
    'noise_sigma': (0, 100), 'jpeg_quality': (1, 100),
}


class AugmentationError(ValueError):
    """A setting that is no probability, no range, or out of bounds."""


@dataclass(frozen=True)
class Augmentation:
    """
    How samples are varied; the defaults suit a few dozen images of parts seen from above.

    A range is drawn from evenly, one of factors evenly on a logarithmic scale.

    :param width: of what comes out, pixels; the sample's own unless given.
    :param height: of what comes out, pixels; the sample's own unless given.
    :param full_resolution: scale 1 does not reduce larger images, for a node that does not.
    :param flip_horizontal_probability: of left and right changing places.
    :param flip_vertical_probability: of top and bottom changing places.
    :param quarter_turns: turn by 0, 90, 180 or 270 degrees, each as often.
    :param rotation_rad: range of a further rotation.
    :param scale: range of factors of size; at 1 things look as large as the node sees them: the
        longer side of the image is that of what comes out, or shorter.
    :param crop: how far from the middle the view may lie, as a share of the room there is.
    :param paste_probability: of instances of another sample being pasted.
    :param paste_count: range of their number.
    :param paste_scale: range of factors of their size.
    :param paste_shadow: range of the share of light that their shadows take.
    :param print_probability: of an instance being printed over in other colours, for objects whose
        look says nothing.
    :param depth_shadow_probability: of a band without depth along its steps, behind them or on
        both sides, as of two cameras that look from different places.
    :param depth_shadow: range of its width, as a share of the longer side.
    :param depth_misplaced_probability: of the depth lying beside the colours, as of two cameras
        that are registered badly.
    :param depth_shift: range of how far, as a share of the longer side.
    :param depth_mistaken_probability: of patches of wrong distances, as stereo has them.
    :param depth_patch_count: range of their number.
    :param depth_loss_probability: of an image having no depth at all.
    :param depth_holes_probability: of more holes in the depth than it has.
    :param depth_hole_count: range of their number.
    :param depth_cut_probability: of there being no depth behind a line, or beyond a distance.
    :param depth_speckle_probability: of wrong or missing depth in a few pixels here and there.
    :param depth_speckle_share: range of the share of all pixels that are.
    :param min_visible_share: instances of which pasted ones leave less are ignored.
    :param min_visible_px: instances with fewer pixels in the end are ignored.
    :param colour_probability: of light and colours being changed at all.
    :param brightness: range of factors of the light.
    :param white_balance: greatest change of a channel, as a share of it.
    :param contrast: range of factors of the distance from the mean.
    :param gamma: range of exponents of the tone curve.
    :param saturation: range of factors; 0 is grey.
    :param hue_rad: range of turns about the grey axis.
    :param blur_probability: of the lens being out of focus.
    :param blur_sigma_px: range of its Gaussian.
    :param noise_probability: of the sensor adding noise.
    :param noise_sigma: range of its standard deviation, in grey levels of 255.
    :param jpeg_probability: of the picture being compressed.
    :param jpeg_quality: range of its quality, 1 to 100.
    :raises AugmentationError: for a setting out of bounds.
    """

    width: int | None = None
    height: int | None = None
    full_resolution: bool = False
    flip_horizontal_probability: float = 0.5
    flip_vertical_probability: float = 0.5
    quarter_turns: bool = True
    rotation_rad: tuple[float, float] = (-math.pi / 4, math.pi / 4)
    scale: tuple[float, float] = (0.75, 1.35)
    crop: float = 1.0
    paste_probability: float = 0.5
    paste_count: tuple[int, int] = (1, 6)
    paste_scale: tuple[float, float] = (0.9, 1.1)
    paste_shadow: tuple[float, float] = (0.0, 0.6)
    print_probability: float = 0.0
    depth_shadow_probability: float = 0.0
    depth_shadow: tuple[float, float] = (0.003, 0.02)
    depth_misplaced_probability: float = 0.0
    depth_shift: tuple[float, float] = (0.0, 0.03)
    depth_mistaken_probability: float = 0.0
    depth_patch_count: tuple[int, int] = (1, 20)
    depth_loss_probability: float = 0.05
    depth_holes_probability: float = 0.3
    depth_hole_count: tuple[int, int] = (1, 8)
    depth_cut_probability: float = 0.2
    depth_speckle_probability: float = 0.1
    depth_speckle_share: tuple[float, float] = (0.0, 0.05)
    min_visible_share: float = 0.1
    min_visible_px: int = 20
    colour_probability: float = 0.8
    brightness: tuple[float, float] = (0.65, 1.4)
    white_balance: float = 0.1
    contrast: tuple[float, float] = (0.75, 1.3)
    gamma: tuple[float, float] = (0.75, 1.3)
    saturation: tuple[float, float] = (0.5, 1.5)
    hue_rad: tuple[float, float] = (-0.15, 0.15)
    blur_probability: float = 0.2
    blur_sigma_px: tuple[float, float] = (0.3, 1.2)
    noise_probability: float = 0.3
    noise_sigma: tuple[float, float] = (1.0, 8.0)
    jpeg_probability: float = 0.2
    jpeg_quality: tuple[int, int] = (50, 95)

    def __post_init__(self) -> None:
        """Refuse what is no probability, no range, or out of bounds."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            low, high = _LIMITS.get(field.name, (0, 1))
            is_range = isinstance(field.default, tuple)
            ends = value if is_range and isinstance(value, (tuple, list)) else (value,)
            if len(ends) == 1 + is_range and all(isinstance(end, Real) for end in ends) and (
                    low <= ends[0] <= ends[-1] <= high):
                continue
            wanted = 'a range (low, high)' if is_range else 'a number'
            raise AugmentationError(
                f'augmentation: {field.name} is {value}, expected {wanted} '
                + (f'of {low} or more' if high == math.inf else f'from {low:.4g} to {high:.4g}'))

    @classmethod
    def none(cls) -> Augmentation:
        """Return what changes nothing."""
        return cls(
            flip_horizontal_probability=0, flip_vertical_probability=0, quarter_turns=False,
            rotation_rad=(0, 0), scale=(1, 1), crop=0, paste_probability=0,
            depth_loss_probability=0, depth_holes_probability=0, depth_cut_probability=0,
            depth_speckle_probability=0, min_visible_px=0,
            colour_probability=0, blur_probability=0, noise_probability=0, jpeg_probability=0)

    def __call__(self, sample: Sample, rng: np.random.Generator, *,
                 other: Callable[[], Sample] | None = None) -> Sample:
        """
        Return the sample varied: seen otherwise, then with others in front, then photographed.

        The sample is not written to; what a draw leaves as it is, is shared with it.

        :param rng: source of all that is random: the same state gives the same result.
        :param other: gives a sample whose instances may be pasted; without it none are.
        :raises ValueError: where instances are to be pasted and a sample has no labels.
        """
        scale = draw_scale(self.scale, rng)
        height, width = sample.image.shape[:2]
        sample = look(sample, draw_view(self, (width, height), scale, rng))
        counts = None if sample.labels is None else pixels_per_id(sample.labels)
        if other is not None and rng.random() < self.paste_probability:
            sample, counts = paste(sample, other(), self, scale, rng)
        if sample.labels is not None and counts is not None:
            sample = replace(sample, labels=ignore_hidden(
                sample.labels, counts, self.min_visible_share, self.min_visible_px))
        sample = print_over(sample, self, rng)
        if sample.depth is not None:
            sample = replace(sample, depth=spoil_depth(sample.depth, self, rng))
        return replace(sample, image=photograph(sample.image, self, rng))
