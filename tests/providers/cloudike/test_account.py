"""Comments, permanent tokens, values (reference 2.4, 3.22)."""

import httpx
import pytest

from cloudfs.errors import InvalidRequest, NotFound, Unsupported
from cloudfs.model import EntryId
from cloudfs.providers.cloudike.particulars import PermanentToken
from tests.providers.cloudike.extras import FullCloudike


async def test_comments_are_written_changed_and_removed(service: FullCloudike):
    service.add_folder("/d")
    service.add_file("/d/ü?")
    provider = service.provider()
    file = await provider.stat(EntryId("/d/ü?"))
    service.calls.clear()
    await provider.comments.add(file, "so?")
    (comment,) = await provider.comments.of(file)
    assert (comment.text, comment.owner) == ("so?", "94")
    assert comment.created_ns
    await provider.comments.edit(comment, "so!")
    assert [one.text for one in await provider.comments.of(file)] == ["so!"]
    await provider.comments.remove(comment)
    assert await provider.comments.of(file) == ()
    with pytest.raises(NotFound):
        await provider.comments.remove(comment)
    sent = [(call.method, call.route, call.params) for call in service.calls]
    assert sent[:3] == [
        ("POST", "workflow/comment/d/%C3%BC%3F", {"text": "so?"}),
        ("GET", "workflow/comments/d/%C3%BC%3F", {}),
        ("POST", "workflow/comment/edit", {"id": comment.id, "text": "so!"}),
    ]
    assert ("POST", "workflow/comment/delete", {"id": comment.id}) in sent


async def test_a_comment_is_not_taken_for_another_call(service: FullCloudike):
    service.add_file("/edit")
    provider = service.provider()
    file = await provider.stat(EntryId("/edit"))
    with pytest.raises(Unsupported):
        await provider.comments.add(file, "x")
    with pytest.raises(InvalidRequest):
        await provider.comments.add(await provider.root(), "  ")


async def test_permanent_tokens_are_told_and_ended(service: FullCloudike):
    provider = service.provider()
    tokens = await provider.tokens.all()
    assert tokens[0] == PermanentToken("t1", "laptop", 1332230619075 * 10**6)
    for _ in range(2):
        await provider.tokens.remove(tokens[0])
    assert set(service.tokens) == {"t2"}
    (first, _) = service.of("accounts/remove_permanent_token/")
    assert (first.method, first.params) == ("POST", {"token_id": "t1"})


async def test_values_are_kept_by_keys(service: FullCloudike):
    provider = service.provider()
    assert await provider.account_values.get("k & ü") is None
    await provider.account_values.set("k & ü", "v")
    assert await provider.account_values.get("k & ü") == "v"
    assert service.of("accounts/set_value/")[0].params == {"key": "k & ü", "value": "v"}
    assert service.of("accounts/get_value/")[0].params == {"key": "k & ü"}
    for wrong in (provider.account_values.get(""), provider.account_values.set("", "v")):
        with pytest.raises(InvalidRequest):
            await wrong


async def test_a_value_that_is_no_text_is_told_as_text(service: FullCloudike):
    service.fail("accounts/get_value/", httpx.Response(200, json={"k": 5}))
    assert await service.provider().account_values.get("k") == "5"
