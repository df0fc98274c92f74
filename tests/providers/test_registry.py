"""A line of the registry leads to a provider."""

import pytest

from cloudfs.errors import ConfigError
from cloudfs.providers.base import Provider
from cloudfs.providers.registry import SERVICES, service


@pytest.mark.parametrize("type_", SERVICES)
def test_every_service_is_a_provider(type_: str):
    assert issubclass(service(type_, remote="own"), Provider)


def test_an_unknown_type_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"remote own: unknown type 'attik'; known are .*webdav"):
        service("attik", remote="own")
