import pytest

from cloudfs.providers.base import Provider

OPTIONAL = [
    ("copy", "copy"),
    ("set_modified", "set_modified"),
    ("quota", "quota"),
    ("remove_many", "removes_at_once"),
    ("download_links", "links_at_once"),
]


@pytest.mark.parametrize(("verb", "declared"), OPTIONAL)
async def test_what_is_declared_is_there(provider: Provider, verb: str, declared: str):
    """A verb that is declared is overridden; one that is overridden may still not be offered."""
    overridden = getattr(type(provider), verb) is not getattr(Provider, verb)
    if getattr(provider.capabilities, declared):
        assert overridden


@pytest.mark.parametrize(("verb", "declared"), OPTIONAL)
async def test_what_is_there_is_declared_by_the_class(provider: Provider, verb: str, declared: str):
    """The class declares the most that a server of its kind can do."""
    overridden = getattr(type(provider), verb) is not getattr(Provider, verb)
    assert bool(getattr(type(provider).capabilities, declared)) == overridden
