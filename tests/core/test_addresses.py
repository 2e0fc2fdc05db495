"""Addresses lose their credentials before they are shown; only this machine counts as loopback."""

from __future__ import annotations

import pytest

from seatrial.core.addresses import is_loopback, public_url, without_credentials


def test_every_url_of_a_text_loses_what_precedes_its_host() -> None:
    text = "from https://u:p@h/x?a=b@c to http://t@h2, then ssh://git@h3/y and a@b"
    assert without_credentials(text) == "from https://h/x?a=b@c to http://h2, then ssh://h3/y and a@b"
    assert without_credentials("https://u:p@ss@host/x") == "https://host/x"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("https://u:p@h/x.git?token=1#f", "https://h/x.git"),
        ("https://u:p@ss@h/x", "https://h/x"),
        ("https://u:p s@h/x", "https://h/x"),
        ("ssh://git:pw@h:22/x", "ssh://git@h:22/x"),
        ("git+ssh://git@h/x", "git+ssh://git@h/x"),
        ("file:///a b/c", "file:///a b/c"),
        ("git@h:org/x.git", "git@h:org/x.git"),
        ("/srv/x", "/srv/x"),
    ],
)
def test_a_public_url_has_no_password_and_a_user_for_ssh_only(address: str, public: str) -> None:
    assert public_url(address) == public


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:80", "::1"]
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.example", "127.0.0.1.example", "10.0.0.1", "::1:80", "u@localhost", "::2"]
)
def test_another_machine(host: str) -> None:
    assert not is_loopback(host)
