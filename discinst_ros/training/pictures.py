# SPDX-License-Identifier: Apache-2.0
"""What the network makes of the same few held-out images, at every validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from discinst_ros.clustering import mean_shift
from discinst_ros.data.image_files import write_image
from discinst_ros.evaluation.metrics import symmetric_best_dice
from discinst_ros.training.task import EmbeddingTask
from discinst_ros.training.whole_images import run_on_whole
from discinst_ros.visualization.colours import RgbImage
from discinst_ros.visualization.projection import balanced_pixels, fit_projection, Projection
from discinst_ros.visualization.sheet import draw_sheet, View
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.types import STEP_OUTPUT
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

#: Axes of the two projections: as colours, and of the scatter.
_COLOURS, _PLANE = 3, 2


class ValidationPictures(Callback):
    """
    Draw the first images of each validation, for TensorBoard and as ``report/image_N.png``.

    The network runs once more on these images, with the weights that are validated; no random
    number is drawn, so a training goes the same way with pictures and without.

    :param count: images; 0 draws none.
    """

    def __init__(self, count: int) -> None:
        if count < 0:
            raise ValueError(f'pictures is {count}, expected 0 or more')
        self.count = count
        self._done = 0
        self._axes: dict[str, Tensor] = {}

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin with the first image again."""
        self._done = 0

    def on_validation_batch_end(self, trainer: Trainer, pl_module: LightningModule,
                                outputs: STEP_OUTPUT, batch: Any, batch_idx: int,
                                dataloader_idx: int = 0) -> None:
        """Draw the images of the batch that are still to be drawn."""
        left = self.count - self._done
        if left <= 0 or not trainer.is_global_zero or trainer.sanity_checking:
            return
        if not isinstance(pl_module, EmbeddingTask):
            raise TypeError('ValidationPictures serves EmbeddingTask, not '
                            f'{type(pl_module).__name__}')
        if pl_module.objective.instance is None:
            return  # only the classes are trained; the embeddings are those of chance
        for view in look(pl_module, {name: values[:left] for name, values in batch.items()}):
            self._done += 1
            _show(trainer, self._done, self._draw(self._done, view))

    def _draw(self, number: int, view: View) -> RgbImage:
        points = view.embeddings.reshape(-1, view.embeddings.shape[-1])
        pixels = balanced_pixels(view.truth)
        if len(pixels):
            points = points[pixels]
        colours, plane = (self._projection(number, points, axes) for axes in (_COLOURS, _PLANE))
        known = view.truth >= 0
        sbd = symmetric_best_dice(view.found * known, view.truth * known)
        count = len(np.unique(view.found[view.found > 0]))
        return draw_sheet(view, colours, plane, found_title=f'found: {count}, SBD {sbd:.2f}')

    def _projection(self, number: int, points: npt.NDArray[np.float32],
                    dimensions: int) -> Projection:
        """Return the axes for an image, as near as may be to those of the time before."""
        key = f'{number}/{dimensions}'
        before = self._axes.get(key)
        found = fit_projection(points, dimensions, like=None if before is None else Projection(
            np.zeros(points.shape[1]), before.cpu().numpy()))
        self._axes[key] = torch.from_numpy(found.axes)
        return found

    def state_dict(self) -> dict[str, Any]:
        """Remember the axes, so that colours stay the same across a resume."""
        return {'axes': self._axes}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the axes."""
        self._axes = dict(state_dict['axes'])


@torch.no_grad()
def look(task: EmbeddingTask, batch: dict[str, Tensor]) -> list[View]:
    """
    Run the network and the clustering on images.

    The bandwidth is delta_d where the configuration has none yet; at the end of the training the
    best one near it is chosen. Where the class scores are not trained, objects are looked for in
    the true foreground.

    :param batch: ``image`` B×H×W×3 uint8, ``labels`` and ``classes`` B×H×W int64.
    :return: of each image; the truth is at the size of the embeddings.
    """
    config = task.config
    embeddings, logits = run_on_whole(task.network, batch, config)
    size = embeddings.shape[-2:]
    images = torch.nn.functional.interpolate(
        batch['image'].movedim(-1, 1).float(), size, mode='area').movedim(1, -1)
    labels, classes = (_resized(batch[name], size) for name in ('labels', 'classes'))
    foreground = (logits.argmax(dim=1) if task.objective.trains_classes
                  else classes.clamp(min=0))
    radii = config.clustering_radii(config.bandwidth or config.delta_d)
    views = []
    for index, embedding in enumerate(embeddings.float()):
        found = mean_shift(embedding, foreground[index], **radii)
        truth = _numbered(labels[index], classes[index])
        views.append(View(images[index].round().byte().cpu().numpy(), truth.cpu().numpy(),
                          found.cpu().numpy(), embedding.movedim(0, -1).cpu().numpy(),
                          config.delta_v, config.delta_d))
    return views


def _resized(values: Tensor, size: torch.Size) -> Tensor:
    """Return B×h×w, each pixel from the nearest one of B×H×W."""
    return torch.nn.functional.interpolate(
        values[:, None].double(), size, mode='nearest-exact')[:, 0].long()


def _numbered(labels: Tensor, classes: Tensor) -> Tensor:
    """Return instances, which are pairs of class and label, as 1..N; 0 and -1 stay."""
    pairs = torch.where(labels > 0, labels + classes.clamp(min=0) * (labels.max() + 1), 0)
    numbers = torch.unique(pairs, return_inverse=True)[1]
    if (pairs > 0).all():
        numbers = numbers + 1
    return torch.where(labels < 0, -1, numbers)


def _show(trainer: Trainer, number: int, picture: RgbImage) -> None:
    """Write a picture into the run's folder and to TensorBoard."""
    path = Path(trainer.default_root_dir) / 'report' / f'image_{number}.png'
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, picture)
    for logger in trainer.loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_image(f'validation/image_{number}', picture,
                                        trainer.global_step, dataformats='HWC')
