# SPDX-License-Identifier: Apache-2.0
"""
The report of a training: it names the numbers that the run produced, however the run ended.

Not verified here: a signal from outside; that Lightning turns one into the exceptions that are
raised here is Lightning's to test.
"""

from __future__ import annotations

from collections.abc import Iterator
import csv
from pathlib import Path
import re
import signal
from types import SimpleNamespace
from typing import Any

from discinst_ros.checkpoint import load_checkpoint
from discinst_ros.commands import run as run_command
from discinst_ros.evaluation.cli import make_parser as evaluate_parser
from discinst_ros.markdown import table
from discinst_ros.training.cli import main
from discinst_ros.training.history import History, LEARNING_RATE
from discinst_ros.training.next_commands import commands, Scoring, to_score_on
from discinst_ros.training.report import _broken_off, _ending, flattened
from discinst_ros.training.report_text import report_text, RunFacts
from discinst_ros.training.task import EmbeddingTask
from discinst_ros.whole_file import write_whole
from lightning.pytorch.callbacks import EarlyStopping
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SMALL = ['--trainer.max_steps', '4', '--trainer.accelerator', 'cpu', '--data.width', '48',
         '--data.height', '40', '--data.batch_size', '2', '--data.workers', '0',
         '--trainer.log_every_n_steps', '1', '--data.samples_per_epoch', '4',
         '--data.validation_images', '2', '--pictures', '1']


@pytest.fixture(scope='module')
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train for four steps, then resume for two more."""
    out = tmp_path_factory.mktemp('runs') / 'small'
    assert main([*SMALL, '--out', str(out), '--model.config.delta_v', '0.4']) == 0
    assert main([*SMALL, '--out', str(out), '--model.config.delta_v', '0.4', '--trainer.max_steps',
                 '6', '--resume', str(out / 'last.ckpt')]) == 0
    return out


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that sets which exception ends the training, and after how many steps."""
    handler = signal.getsignal(signal.SIGINT)  # Lightning switches it off after Ctrl-C
    training_step = EmbeddingTask.training_step

    def end_with(exception: BaseException, steps: int) -> None:
        def step(self: EmbeddingTask, *arguments: Any) -> Any:
            if self.global_step == steps:
                raise exception
            return training_step(self, *arguments)
        monkeypatch.setattr(EmbeddingTask, 'training_step', step)

    yield end_with
    signal.signal(signal.SIGINT, handler)


def history_of(run: Path) -> list[dict[str, str]]:
    with (run / 'report' / 'history.csv').open() as file:
        return list(csv.DictReader(file))


def test_history_is_what_tensorboard_has_and_goes_on_after_a_resume(run: Path) -> None:
    rows = history_of(run)
    assert [row['step'] for row in rows] == list('123456')
    events = EventAccumulator(str(run))
    events.Reload()
    for name in ('train/variance', 'train/distance', 'train/regularization', 'train/loss'):
        logged = [event.value for event in events.Scalars(name)]
        assert [float(row[name]) for row in rows] == pytest.approx(logged, rel=1e-6)
    assert [row['step'] for row in rows if row['val/loss']] == ['2', '4', '6']
    validated = [event.value for event in events.Scalars('val/loss')]
    assert [float(row['val/loss']) for row in rows if row['val/loss']] == pytest.approx(
        validated, rel=1e-6)
    assert all(float(row[LEARNING_RATE]) >= 0 for row in rows)


def test_what_a_resumed_training_does_again_is_there_once(
        tmp_path: Path, interrupted: Any) -> None:
    """Killed after step 7, resumed from the validation after step 4."""
    arguments = [*SMALL, '--data.samples_per_epoch', '8', '--out', str(tmp_path)]
    arguments[1] = '8'
    interrupted(ValueError('killed'), steps=7)
    assert main(arguments) == 1
    interrupted(ValueError('never'), steps=-1)
    assert main([*arguments, '--resume', str(tmp_path / 'last.ckpt')]) == 0
    assert [row['step'] for row in history_of(tmp_path)] == list('12345678')
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    steps = [event.step for event in events.Scalars('train/loss')]
    assert steps == sorted(set(steps))
    assert [event.value for event in events.Scalars('val/loss')] == pytest.approx(
        [float(row['val/loss']) for row in history_of(tmp_path) if row['val/loss']], rel=1e-6)


def test_report_names_the_figures_of_the_run(run: Path) -> None:
    report = (run / 'report.md').read_text()
    rows = history_of(run)
    validated = [row for row in rows if row['val/loss']]
    best = min(validated, key=lambda row: float(row['val/loss']))
    assert report.startswith('# Training small\n\nFinished.\n')
    assert re.search(r'^\| steps \| 6 of 2 images, 3 epochs \|$', report, re.MULTILINE)
    for term in ('loss', 'variance', 'distance', 'regularization', 'dice'):
        line = re.search(rf'^\| {term} \| (\S+) \| (\S+) \|(.*)\|$', report, re.MULTILINE)
        assert line is not None
        assert line[1] == f'{float(rows[-1]["train/" + term]):.4g}'
        assert line[2] == f'{float(validated[-1]["val/" + term]):.4g}'
        assert (f'{float(best["val/loss"]):.4g} at step {best["step"]}' in line[3]) == (
            term == 'loss')
    assert '| `model.config.delta_v` | `0.4` |' in report


def test_report_marks_the_bandwidth_that_the_checkpoint_carries(run: Path) -> None:
    report = (run / 'report.md').read_text()
    rows = re.findall(r'^\| ([\d.]+) \| (\**)[\d.]+\** \| (\**)[\d.]+\** \|$', report,
                      re.MULTILINE)
    assert len(rows) == 7
    for column, name in ((1, 'last'), (2, 'best')):
        marked, = (float(row[0]) for row in rows if row[column])
        bandwidth = load_checkpoint(run / f'{name}.safetensors').config.bandwidth
        assert marked == pytest.approx(bandwidth, abs=1e-3)


def test_report_shows_files_that_are_there_and_commands_that_name_them(run: Path) -> None:
    report = (run / 'report.md').read_text()
    targets = re.findall(r'\]\(([^)]+)\)', report)
    assert {'report/curves.png', 'report/image_1.png', 'report/history.csv',
            'config.yaml'} == set(targets)
    assert all((run / target).is_file() for target in targets)
    commands = re.search(r'```bash\n(.*)```', report, re.DOTALL)
    assert commands is not None
    assert f'evaluate sticks shapes --checkpoint {run}/best.safetensors\n' in commands[1]
    assert f'perception.launch.py checkpoint:={run.resolve()}/best.safetensors\n' in commands[1]
    assert f'tensorboard --logdir {run}\n' in commands[1]


def test_ctrl_c_leaves_a_report_that_says_so(tmp_path: Path, interrupted: Any) -> None:
    interrupted(KeyboardInterrupt(), steps=3)
    assert run_command('train', [*SMALL, '--out', str(tmp_path)]) == 130  # as of a shell
    report = (tmp_path / 'report.md').read_text()
    assert '\n**Stopped by Ctrl-C** at step 3. `--resume' in report
    assert f'`--resume {tmp_path}/last.ckpt`' in report
    assert [row['step'] for row in history_of(tmp_path)] == ['1', '2', '3']
    assert 'Not chosen: the training did not come to its end.' in report
    assert 'report/curves.png' in report and 'report/image_1.png' in report


def test_an_error_leaves_a_report_without_the_pictures_of_an_earlier_run(
        tmp_path: Path, interrupted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stale = tmp_path / 'report' / 'image_1.png'
    stale.parent.mkdir()
    stale.touch()
    interrupted(ValueError('the loss is\nnot finite'), steps=1)
    assert main([*SMALL, '--out', str(tmp_path)]) == 1
    report = (tmp_path / 'report.md').read_text()
    assert '**Broken off at step 1:** the loss is not finite. No state had been' in report
    assert 'The training ended before its first validation.' in report
    assert not stale.exists() and 'image_1' not in report
    assert 'evaluate' not in report.replace('`evaluate --sweep`', '')


def test_the_report_has_the_sentence_of_a_process_that_loads() -> None:
    told = ValueError('Caught ValueError in DataLoader worker process 0.\nOriginal Traceback '
                      "(most recent call last):\n  line 1\nmodule.FolderError: 'x' has no labels.")
    assert _broken_off(told, 3) == "**Broken off at step 3:** 'x' has no labels."


def test_a_report_that_cannot_be_written_does_not_hide_what_happened(
        tmp_path: Path, interrupted: Any, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    def full(*_: object) -> None:
        raise OSError(28, 'No space left on device')

    interrupted(ValueError('the loss is not finite'), steps=1)
    monkeypatch.setattr('discinst_ros.training.report.write_whole', full)
    assert main([*SMALL, '--out', str(tmp_path)]) == 1
    assert 'the loss is not finite' in capsys.readouterr().err
    assert 'report.md was not written: [Errno 28] No space left on device' in caplog.text


def test_a_file_is_written_whole_or_stays(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / 'new' / 'file.txt'
    write_whole(path, 'before')
    monkeypatch.setattr('os.replace', lambda *_: (_ for _ in ()).throw(OSError('full')))
    with pytest.raises(OSError, match='full'):
        write_whole(path, 'after')
    assert path.read_text() == 'before' and list(path.parent.iterdir()) == [path]


def test_a_training_that_never_began_leaves_no_report(tmp_path: Path, interrupted: Any) -> None:
    interrupted(ValueError('no instance at all'), steps=0)
    assert main([*SMALL, '--out', str(tmp_path)]) == 1
    assert not (tmp_path / 'report.md').exists()


@pytest.mark.parametrize('step, epoch, waited, sentence', [
    (100, 3, 0, 'Finished.'),
    (100, 3, 2, 'Finished.'),
    (40, 5, 0, 'Finished.'),
    (40, 3, 0, 'Stopped early at step 40 of 100.'),
    (40, 3, 2, 'Stopped early at step 40 of 100: val/loss did not improve over 2 validations.')])
def test_ending(step: int, epoch: int, waited: int, sentence: str) -> None:
    stopping = EarlyStopping('val/loss', patience=2)
    stopping.wait_count = waited
    trainer: Any = SimpleNamespace(max_steps=100, max_epochs=5, global_step=step,
                                   current_epoch=epoch, callbacks=[stopping])
    assert _ending(trainer) == sentence


def test_history_keeps_the_last_of_accumulated_batches_and_its_time() -> None:
    history = History()
    for step, value in ((1, 4.0), (1, 3.0), (2, 2.0)):
        history._append('train/loss', step, value)
    history._before_s = 5.0
    resumed = History()
    resumed.load_state_dict(history.state_dict())
    assert resumed.scalars == {'train/loss': [(1, 3.0), (2, 2.0)]}
    assert resumed.elapsed_s == 5.0


def test_text_without_anything_to_tell(tmp_path: Path) -> None:
    facts = RunFacts('Finished.', 0, 0, 0.0, {}, {'data.x': 'a|b'}, Scoring(('sticks',), True),
                     'today', 'CPU')
    report = report_text(facts, tmp_path)
    assert '## Figures' not in report and '## Pictures' not in report and '![' not in report
    assert '| `data.x` | `a\\|b` |' in report
    assert '| time | 0:00:00, validations included |' in report and 'nan' not in report


def test_tables_and_full_names() -> None:
    assert table(('a', 'b'), [('1', '2')]) == '| a | b |\n| --- | --- |\n| 1 | 2 |'
    assert flattened({'model': {'config': {'dim': 8}, 'empty': {}}, 'out': 'runs'}) == {
        'model.config.dim': 8, 'model.empty': {}, 'out': 'runs'}


@pytest.mark.parametrize('given, arguments, unseen', [
    ({'train': {'sticks': 1.0, 'shapes': 2.0}}, 'sticks shapes', True),
    ({'train': 'my images'}, 'my images', False),
    ({'train': {'sticks': 1.0, 'a': 2.0}, 'split': 'train', 'format': 'coco'},
     'a --format coco --split train', False),
    ({'train': 'a', 'val': 'b', 'split': 'train', 'options': {'crowd': 'instance'}},
     'b --crowd instance', True),
    ({'train': 'a', 'split': 'train', 'val_split': 'val'}, 'a --split val', True),
    ({'train': 'a', 'val': 'sticks', 'format': 'coco'}, 'sticks', True)])
def test_what_is_scored_on(given: dict[str, Any], arguments: str, unseen: bool) -> None:
    data = {'val': None, 'split': None, 'val_split': None, 'format': 'auto', 'options': None,
            **given}
    found = to_score_on(SimpleNamespace(**data))
    assert (' '.join(found.arguments), found.unseen) == (arguments, unseen)
    # the command takes them
    evaluate_parser().parse_args(found.arguments)


def test_commands_are_those_of_what_was_trained(tmp_path: Path) -> None:
    folder = tmp_path / 'my run'
    weights = folder / 'best.safetensors'
    seen, unseen = Scoring(('my images',), False), Scoring(('sticks',), True)
    text = commands(seen, weights, folder, 'all')
    assert text.startswith('Score it (on all images of the training, those that it has seen')
    assert f"evaluate 'my images' --checkpoint '{weights}'\n" in text
    assert f"--logdir '{folder}'\n" in text
    assert commands(unseen, weights, folder, 'all').startswith(
        'Score it on images that it has not seen')
    alone = commands(unseen, weights, folder, 'embedding')
    assert f"--checkpoint '{weights}' --true-semantics\n" in alone
    assert '-p semantics_checkpoint:=CLASSES.safetensors\n' in alone
    classes = commands(unseen, weights, folder, 'semantics')
    assert f"--checkpoint EMBEDDING.safetensors --semantics '{weights}'\n" in classes
