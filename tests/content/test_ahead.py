"""How far ahead of its readers a drive fetches."""

from cloudfs.content.ahead import CROWD, FARTHEST, NEAREST, OnTheWay


def test_one_that_reads_alone_may_fill_the_line():
    line = OnTheWay()
    assert line.share("a") == FARTHEST
    line.begin("a")
    line.begin("a")
    assert line.share("a") == FARTHEST


def test_many_share_the_line():
    line = OnTheWay()
    for name in "abcdefg":
        line.begin(name)
    assert line.share("h") == CROWD // 8
    assert line.share("a") == CROWD // 7


def test_a_crowd_still_gets_something_each():
    line = OnTheWay()
    for number in range(1000):
        line.begin(number)
    assert line.share(1) == NEAREST


def test_what_has_come_takes_no_share():
    line = OnTheWay()
    line.begin("a")
    line.begin("b")
    line.end("b")
    assert line.share("a") == FARTHEST
