"""Addresses of servers and repositories: removing credentials, and recognising this machine."""

from __future__ import annotations

import re

_LOGIN = re.compile(r"(?<=://)[^\s/]*@")
_URL = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*)://(?:(?P<login>[^/]*)@)?(?P<rest>[^?#]*).*", re.DOTALL)
_LOOPBACK = re.compile(r"::1|(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?")


def without_credentials(text: str) -> str:
    """Return a text without the user names and passwords of the URLs in it."""
    return _LOGIN.sub("", text)


def public_url(address: str) -> str:
    """Return a URL without its password, query and fragment, and without its user name unless it is an ssh address.

    The user name of an ssh address is part of the place. Text that is not a URL goes through `without_credentials`.
    """
    match = _URL.fullmatch(address)
    if match is None:
        return without_credentials(address)
    user = (match["login"] or "").partition(":")[0]
    kept = f"{user}@" if user and match["scheme"].endswith("ssh") else ""
    return f"{match['scheme']}://{kept}{match['rest']}"


def is_loopback(host: str) -> bool:
    """Return whether a host, with or without a port, is this machine, the only one to which plain http is spoken."""
    return _LOOPBACK.fullmatch(host) is not None
