# SPDX-License-Identifier: Apache-2.0
"""
The helpers of the benchmarks: fair turns, memory, the line about the machine, what is written.

Events of a GPU and its peak of memory are tested where there is one; nothing else here needs it.
"""

from __future__ import annotations

from functools import partial
import json
import os
import signal
import subprocess
import sys

from discinst_ros.benchmark import hardware, results, timing
from discinst_ros.benchmark.memory import lowering, OutOfMemory, peak_memory
from discinst_ros.benchmark.results import aligned, picture, Results
from discinst_ros.benchmark.timing import clock_of, interleaved, seconds_of, timed, Timing
from discinst_ros.inference.checks import InferenceError
from discinst_ros.out_of_memory import explained
from PIL import Image
import pytest
import torch

CPU = torch.device('cpu')
MEGABYTE = 10**6


class World:
    """A clock that only moves when somebody works."""

    def __init__(self) -> None:
        self.now, self.log = 0.0, []

    def competitor(self, name, *durations):
        """Return a competitor that takes these seconds in turn, the last one from then on."""
        left = list(durations)

        def run():
            self.log.append(name)
            took = left.pop(0) if len(left) > 1 else left[0]
            self.now += took
            return {'time': took}

        return run


def race(world, competitors, **how):
    return interleaved(competitors, now=lambda: world.now, **how)


def test_turns_alternate_and_the_first_is_warm_up():
    world = World()
    found = race(world, {'a': world.competitor('a', 9, 1), 'b': world.competitor('b', 9, 2)},
                 seconds=0, least=3)
    assert ''.join(world.log) == 'ab' + 'ab' + 'ba' + 'ab'
    assert found['a']['time'].samples_s == (1, 1, 1) and found['b']['time'].samples_s == (2, 2, 2)


def test_the_budget_is_shared_equally():
    """Each may use 10 s: the one of 4 s runs twice, the one of 1 s ten times."""
    world = World()
    found = race(world, {'slow': world.competitor('slow', 4), 'fast': world.competitor('fast', 1)},
                 seconds=20, least=1)
    assert len(found['slow']['time'].samples_s) == 2
    assert len(found['fast']['time'].samples_s) == 10


def test_at_most_so_many_rounds_and_no_competitors():
    world = World()
    found = race(world, {'a': world.competitor('a', 1)}, seconds=1e9, most=7)
    assert len(found['a']['time'].samples_s) == 7
    assert race(world, {}, seconds=1) == {}


def test_median_and_quartiles():
    one = Timing((0.001, 0.004, 0.002, 0.100, 0.003))
    assert one.median_s == 0.003 and one.quartiles_s == (0.002, 0.004)
    assert str(one) == '3.00 [2.00-4.00]'
    assert str(Timing((0.25,))) == '250 [250-250]'
    assert one.as_json() == {'median_s': 0.003, 'lower_quartile_s': 0.002,
                             'upper_quartile_s': 0.004, 'repetitions': 5}


def test_clock_of_a_cpu_is_the_wall_clock(monkeypatch):
    moments = iter((10.0, 12.5))
    monkeypatch.setattr(timing.time, 'perf_counter', lambda: next(moments))
    assert seconds_of(lambda: None, clock_of(CPU)) == 2.5


def test_clock_of_the_process_counts_its_work_alone(monkeypatch):
    moments = iter((1.0, 1.25))
    monkeypatch.setattr(timing.time, 'process_time', lambda: next(moments))
    assert seconds_of(lambda: None, clock_of(CPU, timing.PROCESS)) == 0.25
    with pytest.raises(ValueError, match='tells nothing of a GPU'):
        clock_of(torch.device('cuda'), timing.PROCESS)


@pytest.mark.cuda
def test_clock_of_a_gpu_waits_for_the_kernels():
    device = torch.device('cuda')
    matrix = torch.rand(4096, 4096, device=device)
    clock = clock_of(device)

    def work(times):
        for _ in range(times):
            matrix @ matrix

    work(3)
    few, many = seconds_of(partial(work, 5), clock), seconds_of(partial(work, 50), clock)
    assert 4 < many / few < 25


# Memory

def allocate(held, needed):
    """Hold some bytes, and need others for a moment."""
    kept = torch.ones(held, dtype=torch.uint8)

    def action():
        kept.add_(torch.ones(needed, dtype=torch.uint8)[:1])

    return action


def end_at_once():
    os._exit(9)


def test_memory_of_a_known_allocation():
    found = peak_memory(CPU, allocate, 100 * MEGABYTE, 200 * MEGABYTE)
    assert found.prepared_bytes == pytest.approx(100 * MEGABYTE, abs=5 * MEGABYTE)
    assert found.peak_bytes == pytest.approx(300 * MEGABYTE, abs=10 * MEGABYTE)


def test_a_process_that_is_ended_says_what_to_lower():
    with pytest.raises(OutOfMemory, match='too little of it: lower --sizes$'), \
            lowering('lower --sizes'):
        peak_memory(CPU, end_at_once)


INTERRUPTED = '''
import signal
import sys

from discinst_ros.benchmark.memory import peak_memory
import torch

signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored


def wait(path):
    """Hold the pipe open until this process ends."""
    with open(path, 'w') as pipe:
        pipe.write('begun')
        pipe.flush()
        while True:
            signal.pause()


if __name__ == '__mp_main__' and sys.argv[2] == 'import':
    wait(sys.argv[1])
if __name__ == '__main__':
    try:
        peak_memory(torch.device('cpu'), wait, sys.argv[1])
    except KeyboardInterrupt:
        print('stopped')
'''


@pytest.mark.parametrize('stage', ['import', 'measure'])
def test_ctrl_c_ends_the_process_that_measures(tmp_path, stage):
    """As a terminal sends it, to both processes; neither says more than it is told to."""
    script, pipe = tmp_path / 'script.py', tmp_path / 'pipe'
    script.write_text(INTERRUPTED)
    os.mkfifo(pipe)
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, str(script), str(pipe), stage], env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          start_new_session=True) as process:
        with pipe.open() as inner:
            assert inner.read(5) == 'begun'
            os.killpg(process.pid, signal.SIGINT)
            assert inner.read() == ''  # it has ended
        assert process.communicate()[0] == 'stopped\n'


@pytest.mark.cuda
def test_memory_of_a_gpu():
    found = peak_memory(torch.device('cuda'), lambda: partial(
        torch.ones, 64 * MEGABYTE, dtype=torch.uint8, device='cuda'))
    assert found.peak_bytes == pytest.approx(64 * MEGABYTE, rel=0.05)


@pytest.mark.parametrize('error, words', [
    (torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 9 GiB'), 'memory of the GPU'),
    (MemoryError('Unable to allocate 9 TiB'), 'memory of this machine'),
    (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 'memory of this machine'),
    (RuntimeError('cuDNN error: CUDNN_STATUS_ALLOC_FAILED'), 'memory of the GPU')])
def test_out_of_memory_is_a_sentence(error, words):
    with pytest.raises(OutOfMemory, match=f'{words} is not enough: lower it$'), \
            lowering('lower it'):
        raise error


def test_the_cpu_allocator_is_understood():
    with pytest.raises(OutOfMemory), lowering('lower it'):
        torch.empty(2**60, dtype=torch.uint8)


def test_the_sentence_of_the_pipeline_gives_way_to_the_options_of_the_benchmark():
    with pytest.raises(OutOfMemory, match='^the memory of the GPU is not enough: lower it$'), \
            lowering('lower it'), explained(InferenceError, 'an image', 'lower something'):
        raise RuntimeError('CUDA error: out of memory')


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match='a mistake'), lowering('lower it'):
        raise RuntimeError('a mistake')


# The machine

def test_hardware_names_cpu_threads_and_torch(monkeypatch, tmp_path):
    info = tmp_path / 'cpuinfo'
    info.write_text('processor\t: 0\nmodel name\t: Wonder 9000\nmodel name\t: Wonder 9000\n')
    monkeypatch.setattr(hardware, '_CPU_INFO', info)
    line = hardware.hardware(CPU)
    assert line.startswith(f'Wonder 9000, {torch.get_num_threads()} of {os.cpu_count()} CPU')
    assert torch.__version__ in line and 'GPU' in line
    info.write_text('processor\t: 0\n')  # as on ARM
    assert hardware.cpu_model() == os.uname().machine


# What is written

def test_columns_stand_in_line():
    assert aligned([['a', 'bb'], ['ccc', 'd']]) == 'a    bb\nccc   d'


def test_json_holds_all_that_has_to_be_known(tmp_path):
    path = tmp_path / 'new' / 'figures.json'
    Results('loss', 'a machine', {'seed': 3}, [{'ms': 1.5}], ['a note']).write_json(path)
    written = json.loads(path.read_text())
    assert written.pop('date').count('-') == 2
    assert written == {'benchmark': 'loss', 'hardware': 'a machine', 'settings': {'seed': 3},
                       'rows': [{'ms': 1.5}], 'notes': ['a note']}


def test_text_has_hardware_table_and_notes():
    text = Results('loss', 'a machine', {}, [], ['a note']).text(['x', 'y'], [['1', '22']])
    assert text == 'a machine\n\nx   y\n1  22\n\na note'


def test_picture_is_written_whole_or_not_at_all(tmp_path):
    with picture(tmp_path / 'a.png', 2, (4, 2)) as (left, right):
        left.plot([1, 2])
        right.plot([2, 1])
    assert Image.open(tmp_path / 'a.png').size == (440, 220)
    with pytest.raises(KeyError), picture(tmp_path / 'b.png', 1, (4, 2)):
        raise KeyError
    assert not (tmp_path / 'b.png').exists()


def test_timed_tells_one_part():
    assert list(timed(lambda: None, clock_of(CPU))()) == ['time']
    assert results.PICTURE_ENDINGS[0] == '.png'
