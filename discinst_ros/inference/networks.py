# SPDX-License-Identifier: Apache-2.0
"""What looks at an image: the network that embeds and the one of the classes, mostly the same."""

from __future__ import annotations

from discinst_ros.inference.checks import InferenceError
from discinst_ros.inference.fields import check_scores, Fields, highest
from discinst_ros.inference.model import Model, prepared
from discinst_ros.inference.preprocess import to_input
from discinst_ros.inference.stopwatch import Stopwatch
from discinst_ros.instances import Intrinsics
from discinst_ros.out_of_memory import explained
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

#: What to do where an image does not fit.
LOWER = ('give smaller images, train with a smaller long_side_px, or take a smaller network, or '
         'on a GPU the device cpu')


class Networks:
    """One or two networks on a device: embeddings of the first, classes of the last."""

    def __init__(self, embedding: Model, semantics: Model | None, device: torch.device) -> None:
        """
        Take the networks to the device.

        :param embedding: gives the embeddings, and the class scores unless another does.
        :param semantics: another network, whose class scores are used instead.
        :raises InferenceError: where they do not fit there.
        """
        self.device = device
        self._models = [Model(prepared(model.network, device), model.config)
                        for model in (embedding, semantics) if model is not None]

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names by class id, of the network that gives the classes."""
        return self._models[-1].config.class_names

    @property
    def sees_depth(self) -> bool:
        """Whether a network looks at depth, so that no image can do without."""
        return any(model.config.depth is not None for model in self._models)

    @torch.inference_mode()
    def look(self, rgb: npt.NDArray[np.uint8], depth: npt.NDArray[np.float32] | None,
             intrinsics: Intrinsics | None, watch: Stopwatch) -> Fields:
        """
        Return what they say of every pixel.

        :param rgb: H×W×3, checked, as the other two are.
        :param depth: H×W metres, NaN = none; networks that see colours alone do without.
        :param intrinsics: of the image, where there is depth.
        :param watch: notes the time of the stages.
        :raises InferenceError: where depth is missing that they see, the image does not fit into
            memory, or class scores are not finite.
        """
        size = (rgb.shape[0], rgb.shape[1])
        with explained(InferenceError, f'an image of {size[1]}x{size[0]}', LOWER):
            writable = np.require(rgb, requirements=('C', 'W'))  # torch warns of any other
            image = torch.from_numpy(writable).to(self.device)[None]
            seen = self._depth(depth, intrinsics)
            inputs = [to_input(image, model.config, *seen) for model in self._models]
            watch.lap('preprocess')
            answers = [model.network(x) for model, x in zip(self._models, inputs, strict=True)]
            embeddings, scores = answers[0][0], answers[-1][1]
            if scores.shape[-2:] != embeddings.shape[-2:]:
                scores = functional.interpolate(
                    scores, embeddings.shape[-2:], mode='bilinear', align_corners=False)
            check_scores(scores[0])
            fields = Fields(embeddings[0], highest(scores[0]), scores[0], size)
            watch.lap('network')
        return fields

    def _depth(self, depth: npt.NDArray[np.float32] | None, camera: Intrinsics | None
               ) -> tuple[Tensor | None, Tensor | None]:
        """Return depth (1×H×W) and camera (1×4) for the networks that see them."""
        if not self.sees_depth:
            return None, None
        if depth is None or camera is None:
            raise InferenceError('the weights were trained to see depth and this image has no '
                                 f'{"depth" if depth is None else "intrinsics"}; give both, or '
                                 'take weights that see colours alone')
        metres = torch.from_numpy(np.ascontiguousarray(depth))
        return metres.to(self.device)[None], torch.tensor(
            [(camera.fx, camera.fy, camera.cx, camera.cy)], dtype=torch.float32,
            device=self.device)
