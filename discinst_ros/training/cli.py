# SPDX-License-Identifier: Apache-2.0
"""The train command: dataset in, weights out."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
import logging
from pathlib import Path
import sys
import warnings

from discinst_ros.commands import TERMINATED
from discinst_ros.evaluation.calibrate import calibrate
from discinst_ros.out_of_memory import explained
from discinst_ros.training.average import RisingAverage
from discinst_ros.training.bandwidth import BandwidthChoice, choose_bandwidth
from discinst_ros.training.ctrl_c import told_as_it_is
from discinst_ros.training.errors import lost_worker, sentence, TrainingError
from discinst_ros.training.instance_watch import InstanceWatch
from discinst_ros.training.next_commands import to_score_on
from discinst_ros.training.patience import Patience
from discinst_ros.training.save_state import check_state, SaveState, STATE_FILE
from discinst_ros.training.save_weights import SaveWeights
from discinst_ros.training.settings import TrainCLI
from discinst_ros.training.watch import watch
from discinst_ros.whole_file import write_whole
from discinst_ros.writable import check_writable, path_of
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback
from lightning.pytorch.callbacks import LearningRateMonitor
from lightning.pytorch.utilities.exceptions import SIGTERMException

_log = logging.getLogger(__name__)


def train(arguments: Sequence[str] | None = None) -> Path | None:
    """
    Run a training from its command line.

    :param arguments: without the program's name; None takes the process's.
    :return: the folder of the run; None in all processes of a training but the first.
    :raises SIGTERMException: after a termination signal.
    :raises KeyboardInterrupt: after Ctrl-C.
    """
    quieten_lightning()
    cli = TrainCLI(None if arguments is None else list(arguments))
    settings = cli.config
    out = path_of(settings['out'])
    check_writable(Namespace(out=out), folders=['out'])
    resume = settings['resume']
    state = None if resume is None else (
        out / STATE_FILE if resume == 'last' else path_of(resume))
    if state is not None:
        check_state(state, cli.model)
    cli.trainer.callbacks[:0] = _callbacks(cli)  # type: ignore[attr-defined]
    report = watch(cli.trainer, settings.as_dict(), pictures=settings['pictures'],
                   scoring=to_score_on(settings.data))
    data = settings.data
    with explained(TrainingError, f'{data.batch_size} images of {data.width}x{data.height}',
                   'lower data.batch_size, or data.width and data.height, or set '
                   'model.checkpoint_gradients true, or trainer.precision bf16-mixed'):
        _fit(cli, state)
    if not cli.trainer.is_global_zero:
        return None
    report.add_bandwidths(_settle(cli, out))
    return out


def _fit(cli: TrainCLI, state: Path | None) -> None:
    """
    Train.

    :param state: to go on from; None begins anew.
    :raises TrainingError: where a process that loads data was lost, which torch makes a
        RuntimeError of.
    :raises KeyboardInterrupt: after Ctrl-C.
    """
    try:
        with told_as_it_is():
            cli.trainer.fit(cli.model, cli.datamodule, ckpt_path=state, weights_only=True)
    except RuntimeError as error:
        if not lost_worker(error):
            raise
        raise TrainingError(sentence(error)) from error


def _callbacks(cli: TrainCLI) -> list[Callback]:
    """Return what watches over a training; the order matters, see each."""
    settings = cli.config
    monitor, mode = cli.model.monitor
    callbacks: list[Callback] = [
        InstanceWatch(), SaveWeights(monitor, mode, _recorded(cli)),
        RisingAverage(settings['average'])]
    if cli.trainer.loggers:
        callbacks.append(LearningRateMonitor('step'))
    if settings['patience'] is not None:
        callbacks.append(Patience(monitor, mode, settings['patience']))
    return [*callbacks, SaveState(settings['checkpoint_every_steps'])]


def _recorded(cli: TrainCLI) -> dict[str, object]:
    """Return the settings that are kept in the checkpoints: all that shaped the weights."""
    settings, augment = cli.config, cli.datamodule.augment
    model = settings.model.as_dict()
    model.pop('config')
    for name in ('start_from', 'trunk'):
        if model[name] is not None:
            model[name] = Path(model[name]).name
    return {**model, 'train_only': cli.model.trained, 'average': settings['average'],
            'batch_size': settings.data.batch_size, 'width': settings.data.width,
            'height': settings.data.height, 'augment': augment and asdict(augment),
            'precision': settings.trainer.precision}


def _settle(cli: TrainCLI, out: Path) -> dict[str, BandwidthChoice]:
    """
    Choose on held-out images what the trained network is to be used with.

    The best weights were found with one bandwidth for all; where the last ones are better when
    each has its own, they become the best.

    :return: the bandwidth of each checkpoint; nothing without an embedding.
    """
    objective = cli.model.objective
    if objective.instance is None:
        return {}
    samples, sees_depth = cli.datamodule.validation_samples, cli.model.config.depth is not None
    found = {}
    for name in ('last', 'best'):
        path = out / f'{name}.safetensors'
        found[name] = choose_bandwidth(path, cli.datamodule.all_validation_images(),
                                       true_foreground=not objective.trains_classes,
                                       device=cli.trainer.strategy.root_device)
        if objective.trains_classes:  # otherwise the classes will be another network's
            scored = map(samples.__getitem__, range(len(samples)))
            calibrate(path, (one for one in scored if not sees_depth or one.depth is not None))
    if found['last'].score > found['best'].score:
        _log.info('with a bandwidth of its own the last checkpoint is better than the best one '
                  '(%.3f, %.3f) and takes its place', found['last'].score, found['best'].score)
        write_whole(out / 'best.safetensors', (out / 'last.safetensors').read_bytes())
        found['best'] = found['last']
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    _name_command(arguments)
    try:
        out = train(arguments)
    except (ValueError, OSError, MisconfigurationException) as error:
        print(f'train: {sentence(error)}', file=sys.stderr)
        return 1
    except SIGTERMException:
        print('train: stopped by a termination signal; go on with --resume', file=sys.stderr)
        return TERMINATED
    if out is not None:
        print(f'weights: {out}/best.safetensors; figures and pictures: {out}/report.md')
    return 0


def _name_command(arguments: Sequence[str] | None) -> None:
    """Let Lightning, which starts the command once for each GPU, start it as it was started."""
    spec = getattr(sys.modules['__main__'], '__spec__', None)
    if arguments is not None and spec is not None and spec.name == 'discinst_ros.__main__':
        sys.argv[1:] = ['train', *arguments]


def quieten_lightning() -> None:
    """Leave out advertisements and hints that are not about this training."""
    warnings.filterwarnings('ignore', module='lightning')
    logging.getLogger('lightning.pytorch.utilities.rank_zero').addFilter(
        lambda record: 'Tip:' not in record.getMessage() and 'TPU' not in record.getMessage())
    logging.getLogger('lightning.pytorch.trainer.connectors.checkpoint_connector').setLevel(
        logging.WARNING)
    logging.getLogger('discinst_ros').setLevel(logging.INFO)
    logging.basicConfig(format='%(message)s')


if __name__ == '__main__':
    sys.exit(main())
