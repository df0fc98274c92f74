import tomllib

import pytest

from cloudfs.cli.tomlfile import CannotEdit, value, with_table

WORK = ("remotes", "work")

FILE = '''\
# mine
[mount]
metadata_ttl = 5  # short

[remotes.play]
type = "memory"   # [remotes.work] is the other one
text = """
[remotes.work]
password = "not this one"
"""

[remotes.work] # the office
# how it is reached
url = "https://a.test/#x" # the # of the url is none
list = [
  1, # one
  2,
]
password = "old"

[remotes.work.endpoints]
"folder.size" = "GET /x"

[remotes.last]
type = "memory"
'''


def changed(text: str, **changes: object) -> str:
    """The text with changes in [remotes.work]; whatever they do not concern must be as it was."""
    return with_table(text, WORK, changes)


def test_only_the_line_of_the_setting_changes():
    assert changed(FILE, password="new") == FILE.replace('"old"', '"new"')


def test_the_comment_after_a_setting_stays():
    assert changed(FILE, url="u") == FILE.replace(
        '"https://a.test/#x" # the # of', '"u"  # the # of'
    )


def test_a_new_setting_goes_to_the_end_of_its_table():
    assert changed(FILE, username="ann") == FILE.replace(
        'password = "old"\n', 'password = "old"\nusername = "ann"\n'
    )


def test_a_setting_is_taken_away_with_all_of_its_lines():
    assert changed(FILE, list=None) == FILE.replace("list = [\n  1, # one\n  2,\n]\n", "")
    assert changed(FILE, nothing=None) == FILE


def test_a_setting_of_several_lines_is_replaced_whole():
    without = FILE.replace("list = [\n  1, # one\n  2,\n]\n", "list = [3]\n")
    assert changed(FILE, list=[3]) == without


def test_a_table_that_is_not_there_is_appended():
    begun = "# mine\n[mount]\nro = true"
    assert changed(begun, type="s3") == f'{begun}\n\n[remotes.work]\ntype = "s3"\n'
    assert changed("", type="s3") == '[remotes.work]\ntype = "s3"\n'


def test_a_table_at_the_end_of_a_file_without_a_last_newline_is_changed():
    text = '[remotes.work]\ntype = "s3"'
    assert changed(text, a=1) == '[remotes.work]\ntype = "s3"\na = 1\n'
    assert changed("[remotes.work]", a=1) == "[remotes.work]\na = 1\n"


def test_a_name_with_odd_characters_is_quoted():
    text = with_table("", ("remotes", "ann@example.com"), {"type": "s3"})
    assert text == '[remotes."ann@example.com"]\ntype = "s3"\n'
    assert with_table(text, ("remotes", "ann@example.com"), {"type": "x"}) == text.replace(
        "s3", "x"
    )


@pytest.mark.parametrize("header", ["[ remotes . work ]", '["remotes"."work"]', "[remotes.'work']"])
def test_a_header_may_be_spelled_in_any_way(header: str):
    assert changed(f"{header}\na = 1\n", a=2) == f"{header}\na = 2\n"


def test_line_ends_of_other_systems_stay():
    text = "[remotes.work]\r\na = 1\r\n[mount]\r\n"
    assert changed(text, b=2) == "[remotes.work]\r\na = 1\r\nb = 2\n[mount]\r\n"


@pytest.mark.parametrize(
    "text",
    [
        'remotes.work = {type = "s3"}\n',
        '[remotes]\nwork = {type = "s3"}\n',
        '[remotes]\nwork.type = "s3"\n',
        "[[remotes.work]]\na = 1\n",
        "remotes = 3\n",
    ],
)
def test_a_table_in_another_form_is_refused(text: str):
    with pytest.raises(CannotEdit):
        changed(text, type="webdav")


def test_a_table_below_may_come_before():
    text = "[remotes.work.endpoints]\nx = 1\n"
    assert changed(text, a=1) == f"{text}\n[remotes.work]\na = 1\n"


def test_a_setting_in_another_form_is_refused():
    with pytest.raises(CannotEdit):
        changed("[remotes.work]\na.b = 1\na.c = 2\n", a=3)


@pytest.mark.parametrize(
    "example",
    ["", 'a"b\\c', "tab\t nl\n cr\r", "\x00\x1b\x7f\x85\u2028", "ü 🙂", "#", True, False, 3, 2.5],
)
def test_values_mean_the_same_when_they_are_read_again(example: object):
    assert tomllib.loads(f"x = {value(example)}") == {"x": example}
    assert tomllib.loads(f"x = {value([example])}") == {"x": [example]}


@pytest.mark.parametrize("example", ["\udcff", {"a": 1}, None])
def test_what_the_file_cannot_hold_is_refused(example: object):
    with pytest.raises(CannotEdit):
        value(example)
