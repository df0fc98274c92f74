# ruff: noqa: RUF001 - look-alikes are what this is about
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cloudfs.errors import InvalidName, NameTooLong
from cloudfs.model import Entry, Kind
from cloudfs.providers.base import NameRules
from cloudfs.tree.names import LINK_SUFFIX, LONGEST_LINK, LONGEST_NAME, Names, conflict_name
from tests.tree.entries import file, folder

PLAIN = Names(rules=NameRules())
WINDOWS = NameRules(
    forbidden=frozenset('\\:*?"<>|'), controls=False, trailing_dot=False, trailing_space=False
)


def names_of(names: Names, *entries: Entry) -> dict[str, str]:
    """What entries are called here, by id."""
    return {shown.entry.id: shown.name for shown in names.shown(entries)}


def usable(name: str) -> bool:
    """Whether the kernel and Python take *name*, and it leads nowhere."""
    return (
        name not in {"", ".", ".."}
        and "/" not in name
        and "\0" not in name
        and not any("\ud800" <= character <= "\udfff" for character in name)
        and len(name.encode()) <= LONGEST_NAME
    )


# Shown names ------------------------------------------------------------------------------------

# Few letters, so that names collide; and everything that is special.
HOSTILE_NAMES = st.one_of(
    st.lists(
        st.sampled_from(
            [*"ab./\0 ", "..", "\ud800", "é", "日", "(id1)", " (id1)", LINK_SUFFIX, ".txt"]
        ),
        max_size=5,
    ).map("".join),
    st.tuples(st.sampled_from(["a", "日", "a.", "."]), st.integers(80, 300)).map(
        lambda t: t[0] * t[1]
    ),
    st.tuples(st.sampled_from(["a.", "日."]), st.sampled_from("b日"), st.integers(80, 254)).map(
        lambda t: t[0] + t[1] * t[2]
    ),
)
ENTRIES = st.lists(
    st.builds(
        lambda name, entry_id, kind, size, modified: Entry(
            id=entry_id, parent_id=None, name=name, kind=kind, size=size, modified_ns=modified
        ),
        HOSTILE_NAMES,
        st.one_of(
            st.sampled_from(
                ["/", "id1", "id1 2", "/a/b/c", "日" * 30, "same-beginning-and-longer"]
            ),
            st.text("ab/日", min_size=1, max_size=20),
            st.integers(0, 50).map("same-beginning-{}".format),
        ),
        st.sampled_from(Kind),
        st.sampled_from([0, 1, LONGEST_LINK, LONGEST_LINK + 1]),
        st.sampled_from([None, 1, 2]),
    ),
    unique_by=lambda entry: entry.id,
    max_size=12,
)


@settings(max_examples=300)
@given(
    entries=ENTRIES,
    rules=st.sampled_from([NameRules(), WINDOWS]),
    escape=st.booleans(),
    random=st.randoms(),
)
@example(
    entries=[file("a." + "b" * 253, "1"), file("a." + "b" * 253, "2")],
    rules=NameRules(),
    escape=False,
    random=None,
)
def test_shown_names_differ_are_usable_and_do_not_depend_on_the_order(
    entries: list[Entry], rules: NameRules, escape: bool, random
):
    names = Names(rules=rules, escape=escape)
    shown = names.shown(entries)
    assert sorted(s.entry.id for s in shown) == sorted(e.id for e in entries)
    assert len({s.name for s in shown}) == len(entries)
    assert [s.name for s in shown if not usable(s.name)] == []
    again = list(entries)
    if random is not None:
        random.shuffle(again)
    assert names_of(names, *again) == {s.entry.id: s.name for s in shown}


def test_a_name_that_nobody_else_has_is_shown_as_it_is():
    for name in ("plain", "with space ", "日本.txt", "...", "-rf", "a\nb", "\\", "x" * 255):
        assert names_of(PLAIN, file(name, "1"), file("other", "2"))["1"] == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "(no name)"),
        (".", "．"),
        ("..", "．．"),
        ("../../etc/passwd", "..∕..∕etc∕passwd"),
        ("/", "∕"),
        ("a\0b", "a\ufffdb"),
        ("bad\ud800", "bad?"),
        ("x" * 300, "x" * 255),
        ("é" * 200, "é" * 127),
    ],
)
def test_a_name_that_cannot_be_one_here_is_shown_with_look_alikes(name: str, shown: str):
    assert names_of(PLAIN, file(name, "1")) == {"1": shown}


def test_of_two_with_one_name_the_folder_keeps_it_and_then_the_latest_change():
    entries = (
        file("a.txt", "older-id", modified_ns=1),
        file("a.txt", "newer-id", modified_ns=2),
        folder("a.txt", "folder-id"),
    )
    assert names_of(PLAIN, *entries) == {
        "folder-id": "a.txt",
        "newer-id": "a (newer-id).txt",
        "older-id": "a (older-id).txt",
    }
    assert names_of(PLAIN, *entries[:2]) == {"newer-id": "a.txt", "older-id": "a (older-id).txt"}


def test_a_mark_is_a_part_of_the_id_long_enough_to_tell_apart():
    same = [file("a", f"12345678-abcdefgh-{n}") for n in range(4)]
    assert sorted(names_of(PLAIN, *same).values()) == [
        "a",
        "a (12345678)",
        "a (12345678-abcdefg 2)",
        "a (12345678-abcdefg)",
    ]


def test_a_marked_name_does_not_take_the_name_of_another():
    shown = names_of(PLAIN, file("a", "1"), file("a", "2"), file("a (2)", "3"))
    assert (shown["1"], shown["3"]) == ("a", "a (2)")
    assert shown["2"] not in {"a", "a (2)"}


def test_names_that_become_the_same_here_are_told_apart():
    shown = names_of(PLAIN, file("a/b", "1"), file("a∕b", "2"), file("x" * 300, "3"))
    assert len(set(shown.values())) == 3


def test_a_marked_name_keeps_its_extension_and_its_length():
    long = "x" * 251 + ".jpg"
    shown = names_of(PLAIN, file(long, "1"), file(long, "2"))
    assert shown["1"] == long
    assert shown["2"] == "x" * 247 + " (2).jpg"
    hidden = names_of(PLAIN, file(".bashrc", "1"), file(".bashrc", "2"))
    assert hidden["2"] == ".bashrc (2)"
    folders = names_of(PLAIN, folder("v1.2", "1"), folder("v1.2", "2"))
    assert folders["2"] == "v1.2 (2)"


# Symlinks ---------------------------------------------------------------------------------------


def test_a_small_file_with_the_suffix_is_a_symlink():
    (shown,) = PLAIN.shown([file(f"link{LINK_SUFFIX}", size=20)])
    assert (shown.name, shown.is_symlink) == ("link", True)


@pytest.mark.parametrize(
    "entry",
    [
        file(f"large{LINK_SUFFIX}", size=LONGEST_LINK + 1),
        file(f"empty{LINK_SUFFIX}", size=0),
        file(LINK_SUFFIX, size=20),
        folder(f"folder{LINK_SUFFIX}"),
    ],
)
def test_what_cannot_hold_a_target_is_what_it_is(entry: Entry):
    (shown,) = PLAIN.shown([entry])
    assert (shown.name, shown.is_symlink) == (entry.name, False)


def test_without_symlinks_the_suffix_means_nothing():
    names = Names(rules=NameRules(), symlinks=False)
    (shown,) = names.shown([file(f"link{LINK_SUFFIX}", size=20)])
    assert (shown.name, shown.is_symlink) == (f"link{LINK_SUFFIX}", False)


def test_a_symlink_gives_way_to_a_file_of_the_same_name():
    shown = {
        s.entry.id: (s.name, s.is_symlink)
        for s in PLAIN.shown([file(f"a{LINK_SUFFIX}", "link", size=5), file("a", "file")])
    }
    assert shown == {"file": ("a", False), "link": ("a (link)", True)}


def test_a_symlink_does_not_lead_out_of_its_folder_by_its_name():
    (shown,) = PLAIN.shown([file(f"..{LINK_SUFFIX}", size=5)])
    assert (shown.name, shown.is_symlink) == ("．．", True)


def test_a_symlink_is_stored_with_the_suffix():
    assert PLAIN.stored("link", is_symlink=True) == "link.rclonelink"
    with pytest.raises(NameTooLong):
        PLAIN.stored("x" * 250, is_symlink=True)


# Stored names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a:b", "a\\b", "tab\there", "dot.", "space ", "bad\udc80", "", ".", "..", "a/b", "a\0"]
)
def test_a_name_the_service_cannot_store_is_refused(name: str):
    with pytest.raises(InvalidName) as caught:
        Names(rules=WINDOWS).stored(name)
    assert type(caught.value) is InvalidName


def test_a_name_longer_than_the_service_takes_is_refused_as_such():
    for rules, name in (
        (NameRules(longest_bytes=10), "é" * 6),
        (NameRules(longest_chars=5), "123456"),
    ):
        with pytest.raises(NameTooLong):
            Names(rules=rules).stored(name)
        Names(rules=rules).stored(name[:5])


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a:b", "a：b"),
        ("what?", "what？"),
        ("tab\there", "tab\u2409here"),
        ("dot.", "dot．"),
        ("a.b", "a.b"),
        ("space ", "space\u2420"),
        ("a：b", "a\u201b：b"),
        ("\u201b", "\u201b\u201b"),
        ("plain", "plain"),
    ],
)
def test_escaped_names_use_look_alikes_that_are_turned_back(name: str, stored: str):
    names = Names(rules=WINDOWS, escape=True)
    assert names.stored(name) == stored
    assert names_of(names, file(stored, "1")) == {"1": name}


def test_escaping_does_not_make_a_name_of_what_is_none():
    names = Names(rules=WINDOWS, escape=True)
    for name in ("", "a/b", "\udc80"):
        with pytest.raises(InvalidName):
            names.stored(name)


def test_a_look_alike_of_a_slash_from_another_program_leads_nowhere():
    names = Names(rules=NameRules(forbidden=frozenset("/"), controls=False), escape=True)
    shown = names_of(names, file("a／b", "1"), file("a\u2400b", "2"), file("．．", "3"))
    assert all(usable(name) for name in shown.values())


RULES = st.builds(
    NameRules,
    longest_bytes=st.sampled_from([20, 255]),
    longest_chars=st.sampled_from([None, 10]),
    forbidden=st.frozensets(st.sampled_from('\\:*?"<>|%# .\x7f‛：é'), max_size=4),
    controls=st.booleans(),
    trailing_dot=st.booleans(),
    trailing_space=st.booleans(),
)
LOCAL_NAMES = st.text(
    st.one_of(
        st.sampled_from('a.: \\?\t\x1f\x7f‛：．␠␉␀／"é\udc80'),
        st.characters(codec="utf-8", exclude_characters="/\0"),
    ),
    min_size=1,
    max_size=12,
).filter(lambda name: name not in {".", ".."})  # the kernel keeps those to itself


@settings(max_examples=1000)
@given(RULES, LOCAL_NAMES, st.booleans())
def test_what_is_stored_with_escaping_is_shown_again(rules: NameRules, name: str, is_symlink: bool):
    names = Names(rules=rules, escape=True)
    try:
        stored = names.stored(name, is_symlink=is_symlink)
    except InvalidName:
        return
    assert rules.problem(stored) is None
    assert not rules.too_long(stored)
    size = 5 if is_symlink else LONGEST_LINK + 1
    (shown,) = names.shown([file(stored, size=size)])
    assert (shown.name, shown.is_symlink) == (name, is_symlink)


@given(LOCAL_NAMES, LOCAL_NAMES, RULES)
def test_two_names_are_not_stored_as_one(one: str, other: str, rules: NameRules):
    names = Names(rules=rules, escape=True)
    try:
        stored = names.stored(one), names.stored(other)
    except InvalidName:
        return
    assert (stored[0] == stored[1]) == (one == other)


ESCAPABLE = WINDOWS.forbidden | set("\t\n\x01")


@given(st.text(st.sampled_from(sorted(ESCAPABLE | set("ab. "))), min_size=1, max_size=20))
def test_escaping_makes_any_name_storable_that_windows_would_refuse(name: str):
    if name not in {".", ".."}:
        Names(rules=WINDOWS, escape=True).stored(name)


# Other things about names -----------------------------------------------------------------------


def test_case_matters_where_the_service_says_so():
    assert PLAIN.key("Straße") != PLAIN.key("STRASSE")
    other = Names(rules=NameRules(), case_sensitive=False)
    assert other.key("Straße") == other.key("STRASSE")


@pytest.mark.parametrize(
    "name",
    ["4913", ".~lock.a.odt#", "~$report.docx", "a.txt~", "x.TMP", ".a.swp", "a.part",
     "a.crdownload", ".goutputstream-AB12", ".file.txt.Xy12Zz", "sedAb12Cd", ".#a.txt"],
)  # fmt: skip
def test_names_of_short_lived_files_are_known(name: str):
    assert PLAIN.is_temporary(name)


@pytest.mark.parametrize(
    "name", ["a.txt", "49130", "tmp", "template", "party", "sedan.txt", ".bashrc", "a~b", "x.parts"]
)
def test_other_names_are_not_taken_for_short_lived(name: str):
    assert not PLAIN.is_temporary(name)


@pytest.mark.parametrize(
    ("name", "attempt", "expected"),
    [
        ("a.txt", 1, "a (conflict 2024-05-06 here).txt"),
        ("a.txt", 2, "a (conflict 2024-05-06 here 2).txt"),
        ("a.tar.gz", 1, "a.tar (conflict 2024-05-06 here).gz"),
        ("README", 1, "README (conflict 2024-05-06 here)"),
        (".bashrc", 1, ".bashrc (conflict 2024-05-06 here)"),
        ("ends.", 1, "ends (conflict 2024-05-06 here)."),
    ],
)
def test_the_other_side_of_a_conflict_is_named_after_it(name: str, attempt: int, expected: str):
    assert conflict_name(name, "2024-05-06", "here", attempt) == expected


@settings(max_examples=300)
@given(HOSTILE_NAMES.filter(usable), st.text("ab-é", max_size=16), st.integers(1, 1000))
@example("a." + "b" * 253, "host", 1)
@example("日." + "日" * 80, "host", 1)
def test_the_name_of_a_conflict_is_usable_and_says_so(name: str, host: str, attempt: int):
    other = conflict_name(name, "2024-05-06", host, attempt)
    assert usable(other)
    assert f"(conflict 2024-05-06 {host}" in other
    assert other != conflict_name(name, "2024-05-06", host, attempt + 1)
    assert other[0] == name[0]
