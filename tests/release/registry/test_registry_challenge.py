from __future__ import annotations

import pytest

from seatrial.release.registry.api import Challenge, best_challenge

BEARER = (
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"'
)
PARAMETERS = {
    "realm": "https://auth.example/token",
    "service": "registry.example",
    "scope": "repository:a/b:pull,push",
}


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ([BEARER], Challenge("bearer", PARAMETERS)),
        ([BEARER.replace("Bearer", "bEARER").replace("realm", "Realm")], Challenge("bearer", PARAMETERS)),
        (["Basic"], Challenge("basic")),
        (['Basic realm="a, b"'], Challenge("basic", {"realm": "a, b"})),
        (['Basic realm="a", ' + BEARER], Challenge("bearer", PARAMETERS)),
        (['Basic realm="a"', BEARER], Challenge("bearer", PARAMETERS)),
        ([BEARER, 'Basic realm="a"'], Challenge("bearer", PARAMETERS)),
        (["Bearer realm=https://a/t , service=x"], Challenge("bearer", {"realm": "https://a/t", "service": "x"})),
        ([r'Basic realm="a \"quoted\" word"'], Challenge("basic", {"realm": 'a "quoted" word'})),
        (['Basic realm="Bearer realm=x"'], Challenge("basic", {"realm": "Bearer realm=x"})),
        (['Negotiate, Basic realm="x"'], Challenge("basic", {"realm": "x"})),
        (['Digest realm="x", nonce="y"'], None),
        (["Negotiate"], None),
        ([], None),
        ([""], None),
        ([",,,="], None),
        (['"'], None),
    ],
)  # fmt: skip
def test_the_best_challenge_is_read(headers: list[str], challenge: Challenge | None) -> None:
    assert best_challenge(headers) == challenge


@pytest.mark.parametrize("text", ['"\\' * 9000, "a=" * 9000, "Bearer " * 9000, "A," * 9000, " " * 99000])
def test_a_long_header_is_read_quickly(text: str) -> None:
    assert best_challenge([text]) in (None, Challenge("bearer"))
