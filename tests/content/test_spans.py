from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cloudfs.content.spans import Spans

RANGE = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair)))
STEP = st.one_of(st.tuples(st.just("add"), RANGE), st.tuples(st.just("cut"), st.integers(0, 60)))


@given(st.lists(STEP, max_size=20), RANGE)
def test_spans_behave_like_a_set_of_integers(steps, question):
    spans, model = Spans(), set()
    for what, value in steps:
        if what == "add":
            spans.add(*value)
            model |= set(range(*value))
        else:
            spans.cut(value)
            model = {x for x in model if x < value}
    assert {x for start, stop in spans for x in range(start, stop)} == model
    assert spans.total == len(model)
    ranges = list(spans)
    assert all(start < stop for start, stop in ranges)
    assert all(a[1] < b[0] for a, b in pairwise(ranges))
    start, stop = question
    pieces = list(spans.within(start, stop))
    assert [x for a, b, _ in pieces for x in range(a, b)] == list(range(start, stop))
    assert all((x in model) == present for a, b, present in pieces for x in range(a, b))
    assert spans.covers(start, stop) == all(x in model for x in range(start, stop))
