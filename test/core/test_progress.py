# SPDX-License-Identifier: Apache-2.0
"""
The progress of a training on a terminal of 80 columns, and in a log file.

Not verified here: what a real terminal makes of tqdm's escape sequences.
"""

from __future__ import annotations

import contextlib
import io
import re

from discinst_ros.training.progress import (
    _NARROW,
    LogProgress,
    make_progress,
    number_text,
    replace_progress,
    TerminalProgress,
    terms_text,
)
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar, TQDMProgressBar
import pytest
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

TERMS = {'loss': 2.5, 'variance': 0.125, 'distance': 1.25, 'regularization': 31.4159,
         'cross_entropy': 0.5, 'dice': 0.25}
TERMS_LINE = 'total 2.500 var 0.125 dist 1.250 reg 31.42 dice 0.250'


class Constant(LightningModule):
    """Logs the same terms at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def training_step(self, batch: torch.Tensor, _: int) -> torch.Tensor:
        for name, value in TERMS.items():
            self.log(f'train/{name}', value)
        return self.weight.sum()

    def validation_step(self, batch: torch.Tensor, _: int) -> None:
        for name, value in {**TERMS, 'sbd': 0.75}.items():
            self.log(f'val/{name}', value)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.1)


def fit(progress: ProgressBar, steps: int = 12, **settings: object) -> None:
    loader = DataLoader(range(5))
    trainer = Trainer(max_steps=steps, accelerator='cpu', logger=False,
                      enable_checkpointing=False, enable_model_summary=False,
                      num_sanity_val_steps=0, callbacks=[progress], **settings)
    trainer.fit(Constant(), loader, loader)


@pytest.mark.parametrize('value, text', [
    (0.0, '0.000'), (0.12345, '0.123'), (9.99949, '9.999'), (12.345, '12.35'), (123.45, '123.5'),
    (4321.0, '4321'), (123456.0, '1e+05'), (float('nan'), 'nan'), (float('inf'), 'inf')])
def test_numbers_are_five_characters_at_most(value: float, text: str) -> None:
    assert number_text(value) == text and len(text) <= 5


def test_terms_have_short_names_and_a_validation_its_scores() -> None:
    train = {f'train/{name}': torch.tensor(value) for name, value in TERMS.items()}
    assert terms_text(train, 'train') == TERMS_LINE
    assert terms_text(train, 'val') == ''
    val = {'val/loss': 1.0, 'val/cross_entropy': 0.1}
    assert terms_text(val, 'val') == 'total 1.000 ce 0.100'
    val |= {'val/sbd': 0.8, 'val/foreground_dice': 0.9}
    assert terms_text(val, 'val') == 'total 1.000 fg 0.900 SBD 0.800'


def test_log_has_a_line_every_few_steps(capsys: pytest.CaptureFixture[str]) -> None:
    fit(LogProgress(every_steps=5))
    lines = [re.sub(r'^\d\d:\d\d:\d\d  ', '', line)
             for line in capsys.readouterr().out.splitlines()]
    steps = [line for line in lines if line.startswith('step')]
    assert [re.match(r'step (\d+)/12 +(\d+)%', line).groups() for line in steps] == [
        ('1', '8'), ('5', '41'), ('10', '83'), ('12', '100')]
    assert all(line.endswith(TERMS_LINE) for line in steps)
    assert all(re.search(r'ETA \d\d:\d\d ', line) for line in steps)
    assert [line for line in lines if line.startswith('validation')] == [
        f'validation {step}: {TERMS_LINE} SBD 0.750' for step in (5, 10)]
    assert len(lines) == 6


def test_log_counts_steps_not_batches(capsys: pytest.CaptureFixture[str]) -> None:
    fit(LogProgress(every_steps=2), steps=4, accumulate_grad_batches=2)
    found = re.findall(r'step (\d)/4', capsys.readouterr().out)
    assert found == ['1', '2', '4']


def test_other_processes_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress = LogProgress(every_steps=1)
    progress.disable()
    fit(progress)
    assert capsys.readouterr().out == ''


def test_a_file_gets_lines_and_lightning_s_bar_is_replaced() -> None:
    assert isinstance(make_progress(), LogProgress)  # pytest's standard output is no terminal
    quiet = {'logger': False, 'enable_checkpointing': False, 'accelerator': 'cpu'}
    trainer = Trainer(callbacks=[TQDMProgressBar()], **quiet)
    replace_progress(trainer)
    assert isinstance(trainer.progress_bar_callback, LogProgress)
    without = Trainer(enable_progress_bar=False, **quiet)
    replace_progress(without)
    assert without.progress_bar_callback is None
    with pytest.raises(ValueError, match='every_steps is 0, expected 1 or more'):
        LogProgress(0)


def test_a_long_training_fits_into_80_columns() -> None:
    meter = tqdm.format_meter(9_900, 10_200, 500_000.0, bar_format=_NARROW, postfix=TERMS_LINE)
    assert meter == f'9900/10200 ETA 4:12:31, {TERMS_LINE}' and len(meter) < 80
    scores = {f'val/{name}': value for name, value in
              {**TERMS, 'sbd': 0.75, 'foreground_dice': 0.9}.items()}
    assert len(f'validation 10200: {terms_text(scores, "val")}') < 80


class Terminal(io.StringIO):
    """Keeps what a terminal would show; tqdm takes its size from the environment."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize('columns', [80, 140])
def test_terminal_of_some_columns(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('discinst_ros.training.progress._REFRESH_S', 0.0)
    monkeypatch.setenv('COLUMNS', str(columns))
    monkeypatch.setenv('LINES', '24')
    terminal = Terminal()
    with contextlib.redirect_stdout(terminal):
        progress = make_progress()
        fit(progress)
    assert isinstance(progress, TerminalProgress)
    shown = terminal.getvalue()
    pieces = [re.sub(r'\x1b\[[\d;]*[A-Za-z]', '', piece) for piece in re.split(r'[\r\n]+', shown)]
    assert max(map(len, pieces)) <= columns
    assert sum(f'validation {step}: {TERMS_LINE} SBD 0.750' in pieces for step in (5, 10)) == 2
    final = [piece for piece in pieces if '12/12' in piece][-1]
    assert re.search(r'12/12.* ETA 00:00, ' + TERMS_LINE, final)
    assert ('100%|' in final) == (columns > 100)
