# SPDX-License-Identifier: Apache-2.0
"""
Which image answers a request, and what is said when none does.

Not verified here: the service over DDS; see test_segment_service.py and test_sim_time.py.
"""

from discinst_ros.nodes.segment_request import AHEAD_NS, SegmentRequest

SECOND = 1_000_000_000
NOW = 100 * SECOND


def test_image_taken_before_the_request_is_not_wanted():
    request = SegmentRequest(NOW)
    assert not request.wants(NOW - 1, NOW + SECOND)
    assert request.wants(NOW, NOW)
    assert request.wants(NOW + 5, NOW + SECOND)


def test_image_from_the_future_is_not_believed():
    request = SegmentRequest(NOW)
    assert request.wants(NOW + AHEAD_NS, NOW)
    assert not request.wants(NOW + AHEAD_NS + 1, NOW)


def test_only_an_image_that_arrived_after_the_request_is_claimed():
    request = SegmentRequest(NOW)
    assert not request.claim(NOW + 1), 'it may have arrived before, from a clock that is ahead'
    assert not request.wants(NOW - 1, NOW) and not request.claim(NOW - 1)


def test_answer_of_the_image_in_work():
    request = SegmentRequest(NOW)
    assert request.wants(NOW + 1, NOW + 1) and request.wants(NOW + 2, NOW + 2)
    assert request.claim(NOW + 1)
    assert not request.claim(NOW + 2), 'one image is enough'
    assert not request.wants(NOW + 2, NOW + 2)
    request.answer(NOW - 5, 9)
    request.answer(NOW + 1, 3)
    assert request.wait(0) == 3
    assert request.stamp_ns == NOW + 1


def test_the_next_image_may_answer_after_one_failed():
    request = SegmentRequest(NOW)
    assert request.wants(NOW + 1, NOW + 1) and request.claim(NOW + 1)
    request.fail(NOW + 1, 'step is 3')
    assert request.wants(NOW + 2, NOW + 2) and request.claim(NOW + 2)
    request.answer(NOW + 2, 1)
    assert request.wait(0) == 1


def test_no_image_is_claimed_after_the_timeout():
    request = SegmentRequest(NOW)
    assert request.wants(NOW + 1, NOW + 1)
    assert request.wait(0) is None
    assert not request.claim(NOW + 1)


def test_reasons():
    request = SegmentRequest(NOW)
    assert 'no image arrived' in request.why_not(5.0)
    assert 'within 5 s' in request.why_not(5.0)
    request.wants(NOW - 3 * SECOND, NOW + SECOND)
    assert "4.000 s behind this node's clock" in request.why_not(5.0)
    request.wants(NOW + 3 * SECOND, NOW + SECOND)
    assert "2.000 s ahead of this node's clock" in request.why_not(5.0)
    request.wants(NOW + 1, NOW + SECOND)
    request.claim(NOW + 1)
    assert 'none was finished' in request.why_not(5.0)
    request.fail(NOW + 1, 'step is 3')
    assert request.why_not(5.0).endswith('step is 3')


def test_cancelled():
    request = SegmentRequest(NOW)
    request.cancel()
    assert request.wait(60) is None
    assert 'deactivated' in request.why_not(5.0)
