import pytest

from cloudfs.providers.base import Provider

OPTIONAL = ["copy", "set_modified", "quota"]


@pytest.mark.parametrize("verb", OPTIONAL)
async def test_what_is_declared_is_there(provider: Provider, verb: str):
    """A verb that is declared is overridden; one that is overridden may still not be offered."""
    overridden = getattr(type(provider), verb) is not getattr(Provider, verb)
    if getattr(provider.capabilities, verb):
        assert overridden
    if getattr(type(provider).capabilities, verb):
        assert overridden


@pytest.mark.parametrize("verb", OPTIONAL)
async def test_what_is_there_is_declared_by_the_class(provider: Provider, verb: str):
    """The class declares the most that a server of its kind can do."""
    overridden = getattr(type(provider), verb) is not getattr(Provider, verb)
    assert getattr(type(provider).capabilities, verb) == overridden
