# SPDX-License-Identifier: Apache-2.0
"""What many bins came to, with intervals over bins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from discinst_ros.benchmark.bootstrap import between, draw_again, DRAWS
from discinst_ros.benchmark.picking_bin import BinRecord
import numpy as np
import numpy.typing as npt

Rates = npt.NDArray[np.float64]


def totals(records: Sequence[BinRecord]) -> dict[str, Any]:
    """Return the figures of one method over bins."""
    def total(name: str) -> int:
        return sum(int(getattr(one, name)) for one in records)

    faults: Counter[str] = sum((one.faults for one in records), Counter())
    low, high = between(rates(records))
    return {
        'bins': len(records), 'tries': total('tries'), 'lifted': total('lifted'),
        'intended': total('intended'), 'intended_rate': _share(total('intended'), total('tries')),
        'intended_rate_low': low, 'intended_rate_high': high, 'fitting': total('fitting'),
        'fitting_rate': _share(total('fitting'), total('tries')), 'several': total('several'),
        'several_share': _share(total('several'), total('lifted')),
        'emptied': total('emptied'), 'falsely_empty': total('falsely_empty'),
        'falsely_empty_share': _share(total('falsely_empty'), len(records)),
        'objects': total('objects'), 'left': total('left'), 'spilled': total('spilled'),
        'endings': dict(Counter(one.ending for one in records)),
        'faults': dict(faults.most_common())}


def rates(records: Sequence[BinRecord], of: str = 'intended', *, seed: int = 0) -> Rates:
    """
    Return the share of tries that lift the intended object, of bins drawn anew many times.

    Bins are drawn, not tries: those of one bin depend on one another. Methods that had the same
    number of bins get the same draws.

    :param of: what is counted: 'intended', or 'fitting' where the mask has to be right, too.
    :param seed: of the draws.
    :return: (DRAWS,), NaN where nothing was tried.
    """
    if not records:
        return np.full(DRAWS, np.nan)
    counts = np.array([(getattr(one, of), one.tries) for one in records], np.float64)
    lifted, tries = counts[draw_again(len(counts), seed=seed)].sum(axis=1).T
    with np.errstate(invalid='ignore', divide='ignore'):
        return np.asarray(lifted / tries)


def compared(ours: Sequence[BinRecord], theirs: Sequence[BinRecord], of: str = 'intended'
             ) -> dict[str, float]:
    """
    Return ratio and difference of the rates of two methods on the same bins.

    :param of: as in :func:`rates`.
    """
    drawn, other = rates(ours, of), rates(theirs, of)
    with np.errstate(invalid='ignore', divide='ignore'):
        ratio, difference = drawn / other, drawn - other
    one, two = (totals(records)[f'{of}_rate'] for records in (ours, theirs))
    found = {'ratio': one / two if two else float('nan'), 'difference': one - two}
    for name, values in (('ratio', ratio), ('difference', difference)):
        found[f'{name}_low'], found[f'{name}_high'] = between(values)
    return found


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float('nan')
