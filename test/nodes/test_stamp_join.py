# SPDX-License-Identifier: Apache-2.0
"""Messages of one stamp are joined, those that have lost their others are not."""

from discinst_ros.nodes.stamp_join import CAPACITY, StampJoin


def joined():
    """Return a join of two topics, and what it has called back with."""
    found = []
    return StampJoin(2, lambda *messages: found.append(messages)), found


def test_whatever_comes_first():
    join, found = joined()
    join.add(1, 5, 'label image')
    join.add(0, 6, 'later')
    join.add(0, 5, 'instances')
    join.add(1, 6, 'later, too')
    assert found == [('instances', 'label image'), ('later', 'later, too')]


def test_what_was_lost_is_not_made_up_for_by_another_image_of_the_stamp():
    """A simulation that begins anew has the stamps of the one before."""
    join, found = joined()
    join.add(0, 5, 'instances')  # its label image is lost
    join.add(0, 6, 'next')
    join.add(1, 6, 'next, too')
    join.add(1, 5, 'label image of the second time')
    join.add(0, 5, 'instances of the second time')
    assert found == [('next', 'next, too'),
                     ('instances of the second time', 'label image of the second time')]


def test_few_wait():
    join, found = joined()
    for stamp_ns in range(CAPACITY + 1):
        join.add(0, stamp_ns, stamp_ns)
    join.add(1, 0, 'too late')
    assert not found
    join.add(1, CAPACITY, 'in time')
    assert found == [(CAPACITY, 'in time')]
