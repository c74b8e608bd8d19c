# SPDX-License-Identifier: Apache-2.0
"""The Lightning module: one network, one objective, one optimiser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from discinst_ros.checkpoint import load_checkpoint, ModelConfig
from discinst_ros.inference.preprocess import to_input
from discinst_ros.loss import DiscriminativeLoss
from discinst_ros.training.objective import foreground_counts, Objective
from discinst_ros.training.scene_data import Batch
from lightning.pytorch import LightningModule
import torch
from torch import nn, Tensor

#: What is trained unless a recipe says otherwise.
_DEFAULT = ModelConfig()


class EmbeddingTask(LightningModule):
    """
    Train a network to embed instances and to classify pixels.

    :param config: of the network; it travels with the weights.
    :param alpha: weight of the variance term of the discriminative loss.
    :param beta: weight of its distance term.
    :param gamma: weight of its regularization term.
    :param cross_entropy: weight of the classes' cross-entropy.
    :param dice: weight of the classes' dice loss.
    :param learning_rate: of AdamW, at its highest.
    :param weight_decay: of AdamW.
    :param warmup_steps: steps over which the learning rate rises.
    :param decay_share: share of all steps, at the end, over which it falls to zero.
    :param dropout: probability for the network's channel dropout; None keeps the network's own.
    :param compiled: compile the network (needs a C++ compiler; about a minute at the start).
    :param start_from: checkpoint whose weights to start from; None starts afresh.
    """

    def __init__(self, config: ModelConfig = _DEFAULT, alpha: float = 1.0, beta: float = 1.0,
                 gamma: float = 0.001, cross_entropy: float = 1.0, dice: float = 1.0,
                 learning_rate: float = 2e-3, weight_decay: float = 1e-4, warmup_steps: int = 200,
                 decay_share: float = 0.4, dropout: float | None = None, compiled: bool = False,
                 start_from: Path | None = None) -> None:
        super().__init__()
        self.save_hyperparameters({'config': asdict(config)})
        self.config = config
        self.network = config.build()
        if start_from is not None:
            self.network.load_state_dict(load_checkpoint(start_from).state_dict)
        if dropout is not None:
            for module in self.network.modules():
                if isinstance(module, nn.Dropout2d):
                    module.p = dropout
        self.objective = Objective(
            DiscriminativeLoss(delta_v=config.delta_v, delta_d=config.delta_d, alpha=alpha,
                               beta=beta, gamma=gamma),
            cross_entropy=cross_entropy, dice=dice)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.warmup_steps = warmup_steps
        self.decay_share = decay_share
        self.compiled = compiled
        # In a list, so that the compiled twin is no submodule with weights of its own.
        self._run: list[Callable[[Tensor], tuple[Tensor, Tensor]]] = [self.network]
        self._foreground: list[Tensor] = []

    def on_fit_start(self) -> None:
        """Compile, where asked for, once the network is on its device."""
        if self.compiled:
            self._run = [torch.compile(self.network)]

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """Return the loss of a batch and log its terms."""
        terms = self.objective(*self._run[0](to_input(batch['image'], self.config)),
                               batch['labels'], batch['classes'])
        for name, value in terms.items():
            self.log(f'train/{name}', value, prog_bar=name in ('variance', 'distance', 'dice'))
        return terms['loss']  # type: ignore[no-any-return]

    def validation_step(self, batch: Batch, _: int) -> None:
        """Log the loss of held-out images."""
        embeddings, logits = self.network(to_input(batch['image'], self.config))
        terms = self.objective(embeddings, logits, batch['labels'], batch['classes'])
        for name, value in terms.items():
            self.log(f'val/{name}', value, batch_size=len(batch['image']),
                     prog_bar=name == 'loss')
        self._foreground.append(foreground_counts(logits, batch['classes']))

    def on_validation_epoch_end(self) -> None:
        """Log the dice of the predicted foreground."""
        both, total = torch.stack(self._foreground).sum(dim=0)
        self._foreground.clear()
        self.log('val/foreground_dice', 2 * both / total.clamp(min=1), prog_bar=True)

    def configure_optimizers(self) -> dict[str, object]:  # type: ignore[override]
        """AdamW; the rate rises, stays, and falls to zero at the end."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate,
                                      weight_decay=self.weight_decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        return {'optimizer': optimizer,
                'lr_scheduler': {'scheduler': schedule, 'interval': 'step'}}

    def _rate(self, step: int) -> float:
        """Share of the highest learning rate at a step."""
        steps = int(self.trainer.estimated_stepping_batches)
        rise = min(1.0, (step + 1) / max(1, self.warmup_steps))
        fall = min(1.0, (steps - step) / max(1.0, self.decay_share * steps))
        return max(0.0, min(rise, fall))
