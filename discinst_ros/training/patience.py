# SPDX-License-Identifier: Apache-2.0
"""End a training that does not become better any more."""

from __future__ import annotations

from typing import Any, Literal

from lightning.pytorch.callbacks import EarlyStopping


class Patience(EarlyStopping):
    """
    Wait for so many validations without improvement.

    It looks after each validation, before the state is written, and not where an epoch ends: one
    that is resumed where it ended has no validation, so no figure to look at.

    :param monitor: the figure of a validation.
    :param mode: whether the lowest or the highest is the best.
    :param patience: validations without improvement.
    :raises ValueError: for a patience below 0.
    """

    def __init__(self, monitor: str, mode: Literal['min', 'max'], patience: int) -> None:
        if patience < 0:
            raise ValueError(f'patience is {patience}, expected 0 or more')
        super().__init__(monitor, mode=mode, patience=patience, check_finite=False,
                         check_on_train_epoch_end=False)

    @property
    def state_key(self) -> str:
        """Return the name in the state, that of Lightning's own callback."""
        about = {'monitor': self.monitor, 'mode': self.mode}
        return f'{EarlyStopping.__qualname__}{about}'

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the best figure and how long it has stood; the patience is the one given now."""
        super().load_state_dict({**state_dict, 'patience': self.patience})
