# SPDX-License-Identifier: Apache-2.0
"""The Lightning module: one network, one objective, one optimiser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
import math
from typing import Any, Literal, TypeAlias

from discinst_ros.loss import DiscriminativeLoss
from discinst_ros.model_config import ModelConfig
from discinst_ros.training.batch import Batch, network_input
from discinst_ros.training.bounds import check_numbers
from discinst_ros.training.errors import TrainingError
from discinst_ros.training.held_out import HeldOutScores
from discinst_ros.training.objective import Objective
from discinst_ros.training.schedule import Fall, share_of_rate
from discinst_ros.training.starting_network import starting_network
from discinst_ros.training.whole_images import run_on_whole
from lightning.pytorch import LightningModule
import numpy as np
import torch
from torch import nn, Tensor

#: What is trained unless a recipe says otherwise.
_DEFAULT = ModelConfig()
#: Which of the two outputs is trained.
Trained: TypeAlias = Literal['all', 'embedding', 'semantics']


class EmbeddingTask(LightningModule):
    """
    Train a network to embed instances and to classify pixels.

    :param config: of the network; it travels with the weights.
    :param alpha: weight of the variance term of the discriminative loss.
    :param beta: weight of its distance term.
    :param gamma: weight of its regularization term.
    :param cross_entropy: weight of the classes' cross-entropy.
    :param dice: weight of the classes' dice loss.
    :param lovasz: weight of the classes' Lovász-softmax loss.
    :param train_only: all, embedding (the foreground is given) or semantics; a network trained
        for one alone serves beside a second checkpoint for the other.
    :param learning_rate: of AdamW, at its highest.
    :param weight_decay: of AdamW; 0 makes it Adam.
    :param warmup_steps: steps over which the learning rate rises.
    :param schedule: how the learning rate falls to zero, linear or cosine.
    :param decay_share: share of all steps, at the end, over which it falls; 0 = it stays.
    :param dropout: probability for the network's dropout; null keeps the network's own.
    :param freeze_batch_norm: keep the statistics and the scales of batch norm as they are.
    :param compiled: compile the network (needs a C++ compiler; about a minute at the start).
    :param start_from: checkpoint whose weights to start from, a .safetensors file; those that
        fit are taken.
    :param trunk: weights of a VGG-16 trained on ImageNet, .pth or .safetensors, for the networks
        that stand on it: segnet and dilation.
    :param checkpoint_gradients: compute parts of the network twice instead of keeping what is
        inside them: slower, and with less memory.
    :param seed: of the dropout.
    :raises ValueError: for numbers that are out of bounds, and settings that contradict.
    """

    def __init__(self, config: ModelConfig = _DEFAULT, alpha: float = 1.0, beta: float = 1.0,
                 gamma: float = 0.001, cross_entropy: float = 1.0, dice: float = 1.0,
                 lovasz: float = 0.0, train_only: Trained = 'all', learning_rate: float = 2e-3,
                 weight_decay: float = 1e-4, warmup_steps: int = 200, schedule: Fall = 'linear',
                 decay_share: float = 0.4, dropout: float | None = None,
                 freeze_batch_norm: bool = False, compiled: bool = False,
                 start_from: str | None = None, trunk: str | None = None,
                 checkpoint_gradients: bool = False, seed: int = 1) -> None:
        super().__init__()
        check_numbers(alpha=alpha, beta=beta, gamma=gamma, learning_rate=learning_rate,
                      weight_decay=weight_decay, warmup_steps=warmup_steps)
        check_numbers(most=1, decay_share=decay_share, dropout=dropout)
        self.config = config
        self.network = starting_network(
            config, start_from=start_from, trunk=trunk, dropout=dropout,
            checkpoint_gradients=checkpoint_gradients, compiled=compiled)
        embedding = DiscriminativeLoss(delta_v=config.delta_v, delta_d=config.delta_d,
                                       alpha=alpha, beta=beta, gamma=gamma)
        semantics = {} if train_only == 'embedding' else {
            'cross_entropy': cross_entropy, 'dice': dice, 'lovasz': lovasz}
        self.objective = Objective(None if train_only == 'semantics' else embedding, **semantics)
        self.save_hyperparameters({'config': asdict(config), 'train_only': self.trained})
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.warmup_steps = warmup_steps
        self.schedule: Fall = schedule
        self.decay_share = decay_share
        self.compiled = compiled
        self.seed = seed
        self.freeze_batch_norm = freeze_batch_norm
        if freeze_batch_norm:
            for module in self._batch_norms():
                module.requires_grad_(False)
            self.train()
        self._held_out = HeldOutScores(config, self.objective)
        # In a list, so that the compiled twin is no submodule with weights of its own.
        self._run: list[Callable[[Tensor], tuple[Tensor, Tensor]]] = [self.network]

    @property
    def trained(self) -> Trained:
        """Which outputs are trained; not the classes where all their weights are 0."""
        if not self.objective.trains_classes:
            return 'embedding'
        return 'semantics' if self.objective.instance is None else 'all'

    @property
    def monitor(self) -> tuple[str, Literal['min', 'max']]:
        """What decides which weights are the best: a figure of the validation, and its sense."""
        return ('val/loss', 'min') if self.objective.instance is None else ('val/sbd', 'max')

    def train(self, mode: bool = True) -> EmbeddingTask:
        """Switch between training and evaluation; frozen batch norm stays in evaluation."""
        super().train(mode)
        if self.freeze_batch_norm:
            for module in self._batch_norms():
                module.eval()
        return self

    def on_fit_start(self) -> None:
        """Compile, where asked for, once the network is on its device."""
        if self.compiled:
            # Cut where buckets of gradients end, the branches of a bottleneck do not compile; a
            # network as small as these has little to gain from sending some gradients early.
            torch._dynamo.config.optimize_ddp = False
            self._run = [torch.compile(self.network)]

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """
        Return the loss of a batch and log its terms.

        :raises TrainingError: where it is not finite.
        """
        # Dropout follows from the step, so that a resumed training draws what it would have.
        place = (self.seed, self.global_step, batch_idx, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))
        terms = self.objective(*self._run[0](network_input(batch, self.config)),
                               batch['labels'], batch['classes'])
        if not torch.isfinite(terms['loss']):
            raise TrainingError(self._not_finite(terms))
        for name, value in terms.items():
            self.log(f'train/{name}', value)
        return terms['loss']  # type: ignore[no-any-return]

    def validation_step(self, batch: Batch, _: int) -> None:
        """Score held-out images."""
        embeddings, logits = run_on_whole(self.network, batch, self.config)
        self._held_out.update(embeddings, logits, batch)

    def on_validation_epoch_end(self) -> None:
        """Log the scores of all held-out images, of all processes together."""
        for name, value in self._held_out.compute(self.trainer.strategy).items():
            self.log(f'val/{name}', value)

    def configure_optimizers(self) -> dict[str, object]:  # type: ignore[override]
        """AdamW; the rate rises, stays, and falls to zero at the end."""
        optimizer = torch.optim.AdamW(
            (parameter for parameter in self.parameters() if parameter.requires_grad),
            lr=self.learning_rate, weight_decay=self.weight_decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        return {'optimizer': optimizer,
                'lr_scheduler': {'scheduler': schedule, 'interval': 'step'}}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the rate and the decay that are given now, not those of the state."""
        for optimizer in checkpoint['optimizer_states']:
            for group in optimizer['param_groups']:
                if group['initial_lr']:  # a rate of 0 has no share; the schedule sets the next
                    group['lr'] *= self.learning_rate / group['initial_lr']
                group['initial_lr'] = self.learning_rate
                group['weight_decay'] = self.weight_decay
        for schedule in checkpoint['lr_schedulers']:
            schedule['base_lrs'] = [self.learning_rate] * len(schedule['base_lrs'])

    def _rate(self, step: int) -> float:
        steps = self.trainer.estimated_stepping_batches
        if math.isinf(steps) and self.decay_share:
            raise TrainingError('the training has no last step, towards which the learning rate '
                                'could fall; give trainer.max_steps or trainer.max_epochs, or '
                                'model.decay_share 0')
        return share_of_rate(
            step, steps=steps,
            warmup_steps=self.warmup_steps, decay_share=self.decay_share, fall=self.schedule)

    def _not_finite(self, terms: dict[str, Tensor]) -> str:
        wrong = [f'{name} is {value.item()}' for name, value in terms.items()
                 if name != 'loss' and not torch.isfinite(value)] or ['their weighted sum']
        return (f'the loss is not finite at step {self.global_step}: {", ".join(wrong)}; go on '
                'from the last checkpoint with --resume and a lower --model.learning_rate or '
                '--trainer.gradient_clip_val')

    def _batch_norms(self) -> list[nn.Module]:
        return [module for module in self.network.modules()
                if isinstance(module, nn.modules.batchnorm._BatchNorm)]
