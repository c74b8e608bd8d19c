# SPDX-License-Identifier: Apache-2.0
"""Commands that run quietly into a log, while one line tells how far they are."""

from collections.abc import Callable, Mapping
from pathlib import Path
import subprocess
import sys
import threading
import time

TICK_S = 1.0
TAIL_LINES = 25


class CommandError(Exception):
    """A command ended with an error; `output` is what it printed."""

    def __init__(self, command: str, returncode: int, output: str, log: Path) -> None:
        super().__init__(f'{command} ended with exit code {returncode}')
        self.output = output
        self.log = log

    def tail(self) -> str:
        return '\n'.join(self.output.splitlines()[-TAIL_LINES:])


class StatusLine:
    """One line on a terminal that is written again and again; silent in a file or pipe."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._detail = ''
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> 'StatusLine':
        if sys.stdout.isatty():
            self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._ticker.is_alive():
            self._ticker.join()
            print('\r\033[K', end='', flush=True)

    def show(self, detail: str) -> None:
        self._detail = detail

    def _tick(self) -> None:
        while not self._over.wait(TICK_S):
            elapsed_s = time.monotonic() - self._started
            print(f'\r\033[K      {elapsed_s:3.0f} s  {self._detail[:80]}', end='', flush=True)


def run(command: list[str], *, log: Path, environment: Mapping[str, str],
        detail: Callable[[str], str | None] = lambda line: None) -> str:
    """
    Run a command to its end.

    :param command: the program and its arguments
    :param log: the file that receives what it prints, after what is there
    :param environment: its variables
    :param detail: turns a printed line into what the terminal shows, or None to leave that be
    :return: what it printed
    :raises CommandError: if it fails
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    output: list[str] = []
    with log.open('a', encoding='utf-8') as file, StatusLine() as status:
        print('$', *command, file=file, flush=True)
        with subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding='utf-8', errors='replace') as process:
            assert process.stdout is not None
            for line in process.stdout:
                file.write(line)
                output.append(line)
                if shown := detail(line):
                    status.show(shown)
    if process.returncode:
        raise CommandError(Path(command[0]).name, process.returncode, ''.join(output), log)
    return ''.join(output)
