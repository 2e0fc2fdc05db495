"""Addresses of servers and repositories: taking credentials out, recognising this machine."""

from __future__ import annotations

import re

_LOGIN = re.compile(r"(?<=://)[^\s/]*@")
_URL = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*)://(?:(?P<login>[^/]*)@)?(?P<rest>[^?#]*).*", re.DOTALL)
_LOOPBACK = re.compile(r"::1|(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?")


def without_credentials(text: str) -> str:
    """Return a text in which each URL has lost what precedes its host."""
    return _LOGIN.sub("", text)


def public_url(address: str) -> str:
    """Return a URL without password, query and fragment; a user name is kept for ssh, where it is part of the place.

    Other text is returned as by `without_credentials`.
    """
    match = _URL.fullmatch(address)
    if match is None:
        return without_credentials(address)
    user = (match["login"] or "").partition(":")[0]
    kept = f"{user}@" if user and match["scheme"].endswith("ssh") else ""
    return f"{match['scheme']}://{kept}{match['rest']}"


def is_loopback(host: str) -> bool:
    """Return whether a host, with or without a port, is this machine; plain http is spoken only with it."""
    return _LOOPBACK.fullmatch(host) is not None
