# SPDX-License-Identifier: Apache-2.0
"""What perception_node says of itself while it does not work, by the state of its lifecycle."""

from __future__ import annotations

#: The answer of ``~/segment`` to who asked too early; :class:`InstanceClient` then asks again.
STARTING = 'the node is still loading its weights; ask again'


def why_no_frame(state: str, *, starting: bool, failure: str | None) -> str:
    """
    Return why a node in a state other than active has no frame to give.

    :param starting: it is on its way, by itself.
    :param failure: why it could not be configured or activated, if that was tried.
    """
    if starting or state == 'configuring':
        return STARTING
    if state in ('unconfigured', 'inactive') and failure is not None:
        return f'the node is {state}: {failure}'
    return f'the node is {state}; ' + {
        'inactive': 'activate it first', 'finalized': 'start it anew'}.get(
            state, 'configure and activate it first')


def nothing_wrong(state: str, *, starting: bool, continuous: bool) -> str:
    """Return what /diagnostics says of a node with which nothing is wrong."""
    if state == 'active':
        return 'working' if continuous else 'waiting for ~/segment'
    if starting or state == 'configuring':
        return 'loading the weights'
    if state == 'finalized':
        return 'finalized: the node has ended its work'
    return f'{state}: waiting for lifecycle commands'
