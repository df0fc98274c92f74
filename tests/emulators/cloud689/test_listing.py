"""Reference 3.2, 3.3, 3.4 and 3.17: folders listed, files looked at, things found."""

import pytest

from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from tests.emulators.cloud689.client import Client

NO_FILE, NO_FOLDER = (404, "File not found"), (404, "Folder not found")


async def test_a_listing_is_as_in_the_reference(api: Client):
    folder = await api.folder("Drafts")
    file = await api.file("list.csv", b"a,b\n" * 38 + b"end")
    body = (await api.post("project/f/browse")).json()
    assert list(body) == ["result", "status_code", "total_records"]
    assert (body["status_code"], body["total_records"]) == (200, None)
    me = (await api.ok("user/info"))["user_id"]
    assert list(body["result"].items()) == [
        (
            "member",
            [
                {
                    "user_id": me,
                    "project_role_id": 1,
                    "status": 1,
                    "create_date": "2023/11/14 22:13:20",
                }
            ],
        ),
        (
            "project",
            {
                "project_id": api.project,
                "team_id": Cloud689Emulator.team_id,
                "name": "Documents",
                "description": "",
                "project_type": 1,
                "create_date": "2023/11/14 22:13:20",
                "modify_date": "2023/11/14 22:13:20",
                "max_download": 1,
                "status": 1,
            },
        ),
        ("file_info", body["result"]["file_info"]),
    ]
    shown_folder, shown_file = body["result"]["file_info"]
    assert list(shown_folder.items()) == [
        ("id", folder),
        ("name", "Drafts"),
        ("file_type", 0),
        ("is_folder", True),
        ("last_modified_date", None),
        ("parent_folder_id", None),
        ("file_size", 0),
        ("status", 1),
        ("is_encrypt", 0),
        ("thumbnail", None),
        ("content_type", None),
    ]
    assert list(shown_file.items()) == [
        ("id", file),
        ("name", "list.csv"),
        ("file_type", 5),
        ("is_folder", False),
        ("last_modified_date", "2023/11/14 17:13:20"),
        ("parent_folder_id", None),
        ("file_size", 155),
        ("status", 1),
        ("is_encrypt", 0),
        ("thumbnail", None),
        ("content_type", "text/csv"),
    ]


async def test_entries_below_name_their_folder(api: Client):
    outer = await api.folder("outer")
    inner = await api.folder("inner", outer)
    await api.file("f", folder=inner)
    (entry,) = await api.ls(outer)
    assert (entry["id"], entry["parent_folder_id"]) == (inner, outer)
    (entry,) = await api.ls(inner)
    assert entry["parent_folder_id"] == inner


async def test_a_folder_comes_in_one_answer(api: Client, emulator: Cloud689Emulator):
    for number in range(500):
        emulator.write(f"/Documents/f{number:03}", b"")
    assert await api.names() == [f"f{number:03}" for number in range(500)]


async def test_names_are_not_unique(api: Client):
    files = {await api.file("same", b"%d" % number) for number in range(3)}
    folders = {await api.folder("same") for _ in range(2)}
    entries = await api.ls()
    assert {entry["id"] for entry in entries} == files | folders
    assert {entry["name"] for entry in entries} == {"same"}
    assert [entry["is_folder"] for entry in entries] == [True, True, False, False, False]


async def test_case_matters_and_nothing_is_normalised(api: Client):
    names = ["A", "a", "\u00e9", "e\u0301"]
    for name in names:
        await api.file(name)
    assert set(await api.names()) == set(names)


@pytest.mark.parametrize(
    ("name", "number", "type_"),
    [
        ("a.pdf", 1, "application/pdf"),
        ("a.PDF", 1, "application/pdf"),
        (
            "a.docx",
            2,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("a.xlsx", 3, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (
            "a.pptx",
            4,
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        ("a.csv", 5, "text/csv"),
        ("a.tar.gz", 5, "application/gzip"),
        ("a", 5, "application/octet-stream"),
        (".pdf", 5, "application/octet-stream"),
    ],
)
async def test_kinds_of_files_have_numbers(api: Client, name: str, number: int, type_: str):
    made = await api.upload(name)
    (entry,) = await api.ls()
    for found in (made, entry, await api.stat(made["file_id"])):
        assert (found["file_type"], found["content_type"]) == (number, type_)


async def test_a_listing_may_hold_folders_only(api: Client):
    await api.folder("d")
    await api.file("f")
    assert await api.names(folder_only=True) == ["d"]
    assert await api.names(folder_only=False) == ["d", "f"]


async def test_a_search_looks_into_the_folder_or_the_whole_project(api: Client):
    outer = await api.folder("Reports")
    inner = await api.folder("deep", outer)
    await api.file("report.txt", folder=inner)
    await api.file("other")
    assert await api.names(search_key="rePORT") == ["Reports"]
    assert await api.names(inner, search_key="rePORT") == ["report.txt"]
    for folder in (None, inner):
        found = await api.ls(folder, search_key="report", search_global=True)
        assert [entry["name"] for entry in found] == ["Reports", "report.txt"]
        assert [entry["parent_folder_id"] for entry in found] == [None, inner]
    everything = await api.names(search_global=True)
    assert set(everything) == {"Reports", "deep", "report.txt", "other"}
    folders = await api.names(search_key="e", search_global=True, folder_only=True)
    assert set(folders) == {"Reports", "deep"}


async def test_a_file_is_told_with_the_folders_above(api: Client):
    outer = await api.folder("outer")
    inner = await api.folder("inner", outer)
    file = await api.file("a.pdf", b"%PDF", inner)
    found = await api.ok("project/f/info", f_id=file)
    assert list(found) == ["file", "path"]
    assert found["path"] == [
        {"folder_id": outer, "name": "outer"},
        {"folder_id": inner, "name": "inner"},
    ]
    me = (await api.ok("user/info"))["user_id"]
    shown = found["file"]
    for name, value in {
        "file_id": file,
        "team_id": Cloud689Emulator.team_id,
        "user_id": me,
        "upload_file_id": file,
        "is_encrypt": 0,
        "title": "a.pdf",
        "description": "a.pdf",
        "file_type": 1,
        "create_date": "2023/11/14 22:13:20",
        "modify_date": "2023/11/14 22:13:20",
        "file_size": 4,
        "thumbnail": None,
        "status": 1,
        "in_recycle_bin": 0,
        "content_type": "application/pdf",
    }.items():
        assert shown[name] == value
    assert len([name for name in shown if "contents_id" in name]) == 4
    top = await api.file("top")
    assert (await api.ok("project/f/info", f_id=top))["path"] == []


async def test_only_files_are_told_so(api: Client):
    folder = await api.folder("d")
    assert await api.refused("project/f/info", f_id=folder) == NO_FILE
    assert await api.refused("project/f/browse", folder_id=await api.file("f")) == NO_FOLDER
    assert await api.refused("project/f/browse", folder_id="acme") == NO_FOLDER
