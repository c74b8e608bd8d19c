# SPDX-License-Identifier: Apache-2.0
"""What the node says of itself while it does not work."""

from discinst_ros.nodes.states import nothing_wrong, STARTING, why_no_frame
import pytest


@pytest.mark.parametrize(('state', 'starting', 'failure', 'words'), [
    ('unconfigured', False, None, 'the node is unconfigured; configure and activate it first'),
    ('unconfigured', False, 'cannot configure: no weights',
     'the node is unconfigured: cannot configure: no weights'),
    ('unconfigured', True, None, STARTING),
    ('configuring', False, None, STARTING),
    ('inactive', True, None, STARTING),
    ('inactive', False, None, 'the node is inactive; activate it first'),
    ('inactive', False, 'cannot activate: two topics of one name',
     'the node is inactive: cannot activate: two topics of one name'),
    ('finalized', False, 'of an earlier try', 'the node is finalized; start it anew'),
    ('finalized', False, None, 'the node is finalized; start it anew')])
def test_why_there_is_no_frame(state, starting, failure, words):
    assert why_no_frame(state, starting=starting, failure=failure) == words


@pytest.mark.parametrize(('state', 'starting', 'words'), [
    ('unconfigured', False, 'unconfigured: waiting for lifecycle commands'),
    ('unconfigured', True, 'loading the weights'),
    ('configuring', False, 'loading the weights'),
    ('inactive', False, 'inactive: waiting for lifecycle commands'),
    ('finalized', False, 'finalized: the node has ended its work')])
def test_nothing_is_wrong_with_a_node_that_does_not_work(state, starting, words):
    assert nothing_wrong(state, starting=starting, continuous=True) == words


def test_an_active_node_works_or_waits_for_requests():
    assert nothing_wrong('active', starting=False, continuous=True) == 'working'
    assert nothing_wrong('active', starting=False, continuous=False) == 'waiting for ~/segment'
