"""Reference 3.12: many requests in one."""

import json
from typing import Any

import httpx
import pytest

from cloudfs.emulators.server import Running
from tests.emulators.podspace.client import TOKEN, Client, refusal

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def operation(method: str, url: str, **more: Any) -> dict[str, Any]:
    fixed = {"params": {}, "silent": False, "payload": url, "headers": HEADERS}
    return {"url": url, "method": method, **fixed, **more}


async def batch(api: Client, *operations: Any) -> list[Any]:
    response = await api.http.post("batch", json={"operations": operations})
    assert response.status_code == 200
    body = response.json()
    assert list(body) == ["results"]
    assert all(list(found) == ["payload", "status", "body"] for found in body["results"])
    return list(body["results"])


async def test_the_batch_of_the_reference(api: Client, running: Running):
    hash_ = (await api.upload("f", b"x"))["hash"]
    delete = operation("DELETE", f"/files/{hash_}", payload=hash_)
    (found,) = await batch(api, delete)
    assert (found["payload"], found["status"]) == (hash_, 200)
    body = json.loads(found["body"])
    assert (body["status"], body["path"], body["result"]) == (200, f"/api/files/{hash_}", 1)
    assert running.emulator.tree() == {}


async def test_operations_run_in_order_and_independently(api: Client):
    root = (await api.stat("ROOT"))["hash"]
    found = await batch(
        api,
        operation("POST", "/folders", params={"name": "a", "parentHash": root}),
        operation("POST", "/folders?name=a"),
        operation("POST", "folders", params={"name": "b é+"}),
        operation("GET", "/files/ROOT/exist", params={"fileName": "a", "nothing": None}),
        operation("GET", "/nothing"),
        operation("PATCH", "/folders"),
        operation("GET", "/folders/ROOT/children", params={"size": 1, "desc": True}),
    )
    assert [one["status"] for one in found] == [200, 409, 200, 200, 404, 405, 200]
    bodies = [json.loads(one["body"]) for one in found]
    assert bodies[1]["errorCode"] == 203
    assert bodies[3]["result"] == bodies[0]["result"]
    assert bodies[6]["result"]["list"][0]["name"] == "b é+"
    assert bodies[6]["result"]["count"] == 2


async def test_a_token_of_its_own_wins(api: Client, friend: Client):
    theirs = operation("GET", "/me", headers={"authorization": f"Bearer {friend.token}"})
    mine = operation("GET", "/me", headers=None)
    wrong = operation("GET", "/me", headers={"Authorization": "Bearer x"})
    found = await batch(api, theirs, mine, wrong)
    names = [json.loads(one["body"]).get("result", {}).get("username") for one in found]
    assert names == ["ali", "sara", None]
    assert found[2]["status"] == 401


async def test_only_what_answers_in_json_can_be_batched(api: Client):
    file = (await api.upload("f", b"x"))["hash"]
    nested = operation("POST", "/batch")
    for wrong in (operation("GET", f"/files/{file}"), nested):
        (found,) = await batch(api, wrong)
        assert (found["status"], json.loads(found["body"])["errorCode"]) == (400, 101)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"url": "/me"}, {"url": 1, "method": "GET"}, {"url": "/é", "method": "GET"},
     {"url": "/me", "method": "GET", "params": [1]}, {"url": "/me", "method": "GET", "headers": 1},
     {"url": "/me", "method": "GET", "params": {"a": "\ud800"}}],
)  # fmt: skip
async def test_what_is_no_operation_is_refused_alone(api: Client, wrong: dict[str, Any]):
    content = json.dumps({"operations": [wrong, operation("GET", "/me")]})
    response = await api.http.post("batch", content=content)
    first, second = response.json()["results"]
    assert (first["status"], second["status"]) == (400, 200)


@pytest.mark.parametrize(
    "body",
    ["", "{", "{}", "[]", '{"operations":{}}', '{"operations":[1]}',
     json.dumps({"operations": [operation("GET", "/me")] * 51})],
)  # fmt: skip
async def test_what_is_no_batch_is_refused(api: Client, body: str):
    response: httpx.Response = await api.http.post("batch", content=body)
    assert refusal(response) == (400, 101)


async def test_fifty_operations_fit(api: Client):
    assert len(await batch(api, *[operation("GET", "/me")] * 50)) == 50
