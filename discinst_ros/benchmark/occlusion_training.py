# SPDX-License-Identifier: Apache-2.0
"""Train two networks alike: embeddings of whole images, and masks of boxes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
import time

from discinst_ros.benchmark.occlusion_boxes import box_config, BOX_TRAINING, BoxCrops
from discinst_ros.benchmark.occlusion_recipe import BATCH_SIZE, Recipe, SHARES, VALIDATION
from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.model_config import ModelConfig
from discinst_ros.training.average import RisingAverage
from discinst_ros.training.bandwidth import choose_bandwidth
from discinst_ros.training.batch import Batch
from discinst_ros.training.cli import quieten_lightning
from discinst_ros.training.ctrl_c import told_as_it_is
from discinst_ros.training.progress import make_progress
from discinst_ros.training.sources import DrawnScenes
from discinst_ros.training.stream import EvenBatches, SampleStream, StreamBatches
from discinst_ros.training.task import EmbeddingTask, Trained
from lightning.pytorch import Trainer
import torch
from torch.utils.data import DataLoader


def train_embedding(recipe: Recipe, path: Path) -> float:
    """
    Train with the discriminative loss, as the train command does; return the seconds it took.

    :param path: of the checkpoint that is written, its bandwidth chosen on held-out scenes.
    """
    config = ModelConfig(coordinates=True, delta_v=0.25,
                         long_side_px=max(recipe.width, recipe.height))
    size = recipe.width, recipe.height
    batches = StreamBatches(first=0, done=0, count=recipe.steps, batch_size=BATCH_SIZE)
    loader = DataLoader(SampleStream(recipe.scenes, size), batch_sampler=batches)
    seconds = _fit(recipe, config, loader, path, 'all', recipe.learning_rate)
    held_out = SampleStream(DrawnScenes({'crossings': 1.0}, size, first=0), size)
    choose_bandwidth(path, DataLoader(held_out, batch_sampler=EvenBatches(
        VALIDATION, batch_size=BATCH_SIZE)))
    return seconds


def train_boxes(recipe: Recipe, path: Path) -> float:
    """
    Train the masks of true boxes; return the seconds it took.

    :param path: of the checkpoint that is written.
    """
    crops = BoxCrops(recipe.scenes, scenes_per_step=BATCH_SIZE, steps=recipe.steps,
                     boxes_per_step=recipe.boxes_per_step, side_px=recipe.side_px,
                     seed=recipe.seed)
    return _fit(recipe, box_config(recipe.side_px), DataLoader(crops, batch_size=None), path,
                BOX_TRAINING, recipe.box_learning_rate)


def _fit(recipe: Recipe, config: ModelConfig, loader: DataLoader[Batch], path: Path,
         trained: Trained, learning_rate: float) -> float:
    """
    Train a network, write its averaged weights and return the seconds it took.

    :raises KeyboardInterrupt: after Ctrl-C.
    """
    quieten_lightning()
    # A network compiled before, for another size of input, would be compiled anew for any size.
    torch.compiler.reset()
    torch.manual_seed(recipe.seed)
    task = EmbeddingTask(
        config, cross_entropy=2.0, train_only=trained, learning_rate=learning_rate,
        warmup_steps=recipe.warmup_steps, schedule='cosine', decay_share=0.8, dropout=0.0,
        compiled=recipe.compiled, start_from=recipe.start_from, seed=recipe.seed)
    trainer = Trainer(
        accelerator='cpu', max_steps=recipe.steps, precision='bf16-mixed', gradient_clip_val=5.0,
        callbacks=[RisingAverage(recipe.average), make_progress()], logger=False,
        enable_checkpointing=False, enable_model_summary=False, num_sanity_val_steps=0,
        default_root_dir=path.parent)
    start = time.perf_counter()
    with told_as_it_is():
        trainer.fit(task, loader)
    seconds = time.perf_counter() - start
    save_checkpoint(path, task.network, config, training={
        'trained': trained, 'train_only': trained, 'shares': SHARES, 'seconds': round(seconds),
        **asdict(recipe)})
    return seconds
