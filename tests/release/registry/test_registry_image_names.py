from __future__ import annotations

import pytest

from seatrial.core.addresses import is_loopback
from seatrial.core.errors import UsageError
from seatrial.release.registry.image_names import (
    Repository,
    checked_reference,
    full_name,
    is_path,
    shown,
)

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("name", "host", "path"),
    [
        ("ghcr.io/org/port-ocean-jira", "ghcr.io", "org/port-ocean-jira"),
        ("127.0.0.1:5000/jira", "127.0.0.1:5000", "jira"),
        ("[::1]:5000/a/b", "[::1]:5000", "a/b"),
        ("localhost/jira", "localhost", "jira"),
        ("registry:443/jira", "registry:443", "jira"),
        ("Registry/jira", "Registry", "jira"),
        ("org/jira", "docker.io", "org/jira"),
        ("jira", "docker.io", "library/jira"),
        ("docker.io/jira", "docker.io", "library/jira"),
        ("docker.io/library/jira", "docker.io", "library/jira"),
        ("index.docker.io/org/jira", "docker.io", "org/jira"),
        ("registry-1.docker.io/org/jira", "docker.io", "org/jira"),
        ("ghcr.io/a__b/c---d/e.f_g", "ghcr.io", "a__b/c---d/e.f_g"),
    ],
)
def test_a_name_is_read_as_docker_reads_it(name: str, host: str, path: str) -> None:
    assert Repository.parse(name) == Repository(host, path)


def test_docker_hub_has_another_server() -> None:
    assert Repository.parse("jira").server == "registry-1.docker.io"
    assert Repository.parse("ghcr.io/jira").server == "ghcr.io"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/jira",
        "ghcr.io/",
        "ghcr.io/Jira",
        "ghcr.io/jira/",
        "ghcr.io//jira",
        "ghcr.io/../etc/passwd",
        "ghcr.io/a/../b",
        "ghcr.io/a..b",
        "ghcr.io/a?x=1",
        "ghcr.io/a#b",
        "ghcr.io/a:1.0",
        "ghcr.io/a@sha256",
        "ghcr.io/a%2fb",
        "ghcr.io/a b",
        "ghcr.io/jira\n",
        "ghcr.io/jira\r\nHost: evil",
        "https://ghcr.io/jira",
        "user:secret@ghcr.io/jira",
        "ghcr.io:port/jira",
        "ghcr.io:123456/jira",
        "-ghcr.io/jira",
        "gh_cr.io/jira",
        "ghcr.io/jirä",
        "ghcr.io/" + "a" * 300,
    ],
)
def test_other_names_are_not_repositories(name: str) -> None:
    with pytest.raises(UsageError, match="is not a repository of images") as refused:
        Repository.parse(name)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", ["1.2.3", "latest", "_x", "1.2.3-beta", f"sha256-{HEX}", f"sha256:{HEX}"])
def test_tags_and_digests_are_accepted(text: str) -> None:
    assert checked_reference(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".1",
        "-1",
        "1/2",
        "../x",
        "1 2",
        "1\n",
        "a" * 129,
        "1?x",
        "1%2e",
        "ä",
        "sha256:",
        f"sha256:{HEX[:-1]}",
        f"sha256:{HEX.upper()}",
        f"sha512:{HEX}",
        f"sha256:{HEX}\n",
    ],
)
def test_other_text_is_neither_tag_nor_digest(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a (tag|digest)"):
        checked_reference(text)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:5000"]
)
def test_loopback_hosts_are_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example:127",
        "user@127.0.0.1",
        "127.0.0.1@evil.example",
        "128.0.0.1",
        "[::2]",
        "0.0.0.0",
        "10.0.0.1:5000",
        "",
    ],
)
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("text", ["", "..", ".", "../x", "/etc", "a/../b", "a\\b", "A", "a/", "-a", "a\0b"])
def test_a_hostile_path_is_not_a_path(text: str) -> None:
    assert not is_path(text)


def test_an_image_is_named_as_people_write_it() -> None:
    assert full_name("ghcr.io/jira", "1.2.3") == "ghcr.io/jira:1.2.3"
    assert full_name("ghcr.io/jira", f"sha256:{HEX}") == f"ghcr.io/jira@sha256:{HEX}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("two\nlines\tof  it", "two lines of it"),
        ("\x1b[31mred\x07", "?[31mred?"),
        ("a" * 200, "a" * 97 + "..."),
    ],
)
def test_text_of_others_is_shown_on_one_line(text: str, wanted: str) -> None:
    assert shown(text) == wanted
