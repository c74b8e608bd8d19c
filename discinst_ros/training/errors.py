# SPDX-License-Identifier: Apache-2.0
"""What ends a training early, said in one sentence."""

from __future__ import annotations


class TrainingError(ValueError):
    """A training that cannot go on; the message says why and what to do."""
