from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.registry import saved_logins
from seatrial.release.registry.image_names import Repository
from seatrial.release.registry.saved_logins import Login, Logins
from seatrial.system import process

SECRET = "hunter2:with:colons"
JIRA = Repository("ghcr.io", "org/port-ocean-jira")
HUB = Repository("docker.io", "org/jira")

Write = Callable[..., Path]
Install = Callable[[str, str], None]


def encoded(user: str = "alice", secret: str = SECRET) -> str:
    return base64.b64encode(f"{user}:{secret}".encode()).decode()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write Docker's config.json, the only file with logins."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    def write(**stated: Any) -> Path:
        (tmp_path / "config.json").write_text(json.dumps(stated))
        return tmp_path / "config.json"

    return write


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a shell script as a credential helper; its input goes to the file `asked`."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))

    def install(name: str, script: str) -> None:
        path = tmp_path / f"docker-credential-{name}"
        path.write_text(f'#!/bin/sh\ncat >> "$ASKED"\necho " $1" >> "$ASKED"\n{script}\n')
        path.chmod(0o755)

    return install


def gives(user: str = "alice", secret: str = SECRET) -> str:
    return "echo '" + json.dumps({"ServerURL": "x", "Username": user, "Secret": secret}) + "'"


def user_and_secret(login: Login | None) -> tuple[str, str] | None:
    return (login.user, login.secret) if login else None


@pytest.mark.parametrize(
    "key",
    [
        "ghcr.io",
        "https://ghcr.io",
        "https://ghcr.io/",
        "http://ghcr.io",
        "https://ghcr.io/v1/",
        "https://ghcr.io/v2/",
        "ghcr.io/org",
        "ghcr.io/org/port-ocean-jira",
    ],
)
def test_a_login_is_found_however_its_key_is_written(config: Write, key: str) -> None:
    config(auths={key: {"auth": encoded()}})
    assert user_and_secret(Logins().of(JIRA)) == ("alice", SECRET)


@pytest.mark.parametrize(
    "key",
    ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io", "docker.io/org"],
)
def test_keys_of_docker_hub_are_known(config: Write, key: str) -> None:
    config(auths={key: {"auth": encoded()}})
    assert user_and_secret(Logins().of(HUB)) == ("alice", SECRET)
    assert Logins().of(JIRA) is None


@pytest.mark.parametrize(
    "key", ["ghcr.io.evil.example", "evil.example", "evil.example/ghcr.io", "ghcr.io:443", "ghcr.io/or", ""]
)
def test_the_login_of_another_registry_is_not_used(config: Write, key: str) -> None:
    config(auths={key: {"auth": encoded()}})
    assert Logins().of(JIRA) is None


def test_the_longest_key_counts(config: Write) -> None:
    config(auths={"ghcr.io": {"auth": encoded("all")}, "ghcr.io/org": {"auth": encoded("org")}})
    assert user_and_secret(Logins().of(JIRA)) == ("org", SECRET)
    assert user_and_secret(Logins().of(Repository("ghcr.io", "other/x"))) == ("all", SECRET)


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ({"username": "alice", "password": "x"}, Login("alice", "x", False, "")),
        (
            {"auth": encoded("old"), "username": "alice", "password": "x"},
            Login("alice", "x", False, ""),
        ),
        ({"auth": encoded("alice", "x"), "identitytoken": "t"}, Login("alice", "t", True, "")),
        ({"identitytoken": "t"}, Login("", "t", True, "")),
        ({}, None),
        ({"auth": ""}, None),
        ({"auth": base64.b64encode(b"nobody").decode()}, None),
        ({"auth": 7, "username": [], "password": {}}, None),
        ("text", None),
        (None, None),
    ],
)
def test_every_form_of_a_login_is_read(config: Write, entry: object, wanted: Login | None) -> None:
    path = config(auths={"ghcr.io": entry})
    found = Logins().of(JIRA)
    assert (found and (found.user, found.secret, found.is_token)) == (
        wanted and (wanted.user, wanted.secret, wanted.is_token)
    )
    assert found is None or found.source == f"the login in {path}"


@pytest.mark.parametrize(
    "stated", [{}, {"auths": []}, {"auths": None, "credHelpers": [], "credsStore": 7}, {"credHelpers": {"ghcr.io": 7}}]
)  # fmt: skip
def test_a_file_without_logins_has_none(config: Write, stated: dict[str, Any]) -> None:
    config(**stated)
    assert Logins().of(JIRA) is None


@pytest.mark.parametrize("auth", ["no base64!", base64.b64encode(b"\xff\xfe:\xff").decode(), "YQ"])
def test_an_undecodable_login_is_one_line_with_what_to_type(config: Write, auth: str) -> None:
    path = config(auths={"ghcr.io": {"auth": auth}})
    with pytest.raises(ServiceError) as refused:
        Logins().of(JIRA)
    assert str(refused.value) == f"the login for ghcr.io in {path} cannot be read; type: docker login ghcr.io"


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\0", f'{{"auths": {{"ghcr.io": {{"auth": "{SECRET}'])
def test_a_broken_file_is_one_line_without_its_content(config: Write, text: str) -> None:
    path = config()
    path.write_text(text)
    with pytest.raises(ServiceError) as refused:
        Logins().of(JIRA)
    assert str(refused.value) == f"{path}, which holds logins, cannot be read as JSON; repair or remove it"
    assert SECRET not in shown_wholly(refused.value)


def shown_wholly(error: BaseException | None) -> str:
    """Return all that a debugger would show of an exception and its causes."""
    text = ""
    while error is not None:
        text += f"{error!r} {vars(error)} {error.args}"
        error = error.__cause__
    return text


def test_the_files_of_docker_and_podman_are_read_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = {
        "REGISTRY_AUTH_FILE": "a.json",
        "DOCKER_CONFIG": "docker",
        "XDG_RUNTIME_DIR": "run",
        "XDG_CONFIG_HOME": "config",
    }
    for name, folder in stated.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    places = ["a.json", "docker/config.json", "run/containers/auth.json", "config/containers/auth.json"]
    for place in reversed(places):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(json.dumps({"auths": {"ghcr.io": {"auth": encoded(place)}}}))
        assert user_and_secret(Logins().of(JIRA)) == (place, SECRET)


def test_an_empty_environment_uses_the_home_folder(tmp_path: Path) -> None:
    found = list(saved_logins.config_files({"HOME": str(tmp_path)}))
    assert found == [
        tmp_path / ".docker/config.json",
        Path(f"/run/containers/{os.getuid()}/auth.json"),
        tmp_path / ".config/containers/auth.json",
    ]


@pytest.mark.parametrize(
    ("stated", "repository", "server"),
    [
        ({"credsStore": "box"}, JIRA, "ghcr.io"),
        ({"credHelpers": {"ghcr.io": "box"}}, JIRA, "ghcr.io"),
        ({"credHelpers": {"https://ghcr.io": "box"}, "credsStore": "other"}, JIRA, "ghcr.io"),
        ({"credsStore": "box", "auths": {"ghcr.io": {}}}, JIRA, "ghcr.io"),
        ({"credsStore": "box"}, HUB, "https://index.docker.io/v1/"),
        ({"credHelpers": {"docker.io": "box"}}, HUB, "https://index.docker.io/v1/"),
    ],
)
def test_a_helper_is_asked_by_the_registrys_name(
    config: Write,
    helper: Install,
    tmp_path: Path,
    stated: dict[str, Any],
    repository: Repository,
    server: str,
) -> None:
    config(**stated)
    helper("box", gives())
    found = Logins().of(repository)
    assert found == Login("alice", SECRET, False, "the login that docker-credential-box keeps")
    assert (tmp_path / "asked").read_text() == f"{server} get\n"


def test_a_helper_may_give_an_identity_token(config: Write, helper: Install) -> None:
    config(credsStore="box")
    helper("box", gives("<token>", "refresh"))
    found = Logins().of(JIRA)
    assert found is not None
    assert (found.user, found.secret, found.is_token) == ("", "refresh", True)


@pytest.mark.parametrize(
    "script", ["echo 'credentials not found in native keychain'; exit 1", gives(secret=""), gives("", "")]
)
def test_a_helper_without_a_login_has_none(config: Write, helper: Install, script: str) -> None:
    config(credsStore="box")
    helper("box", script)
    assert Logins().of(JIRA) is None


@pytest.mark.parametrize(
    "script",
    [
        f"echo '{SECRET}'",
        f"echo '{SECRET}' >&2; exit 1",
        f'echo \'{{"Secret": "{SECRET}"}}\'',
        f"echo '[\"{SECRET}\"]'",
        "kill -9 $$",
        "",
    ],
)
def test_a_failing_helper_is_one_line_without_its_output(config: Write, helper: Install, script: str) -> None:
    config(credsStore="box")
    helper("box", script)
    with pytest.raises(ServiceError, match=r"docker-credential-box has no login for ghcr\.io") as refused:
        Logins().of(JIRA)
    assert str(refused.value).endswith("to see why: echo ghcr.io | docker-credential-box get")
    assert SECRET not in shown_wholly(refused.value)


def test_a_missing_helper_is_one_line(config: Write) -> None:
    config(credsStore="nowhere")
    with pytest.raises(
        ServiceError, match=r"docker-credential-nowhere, which keeps the login for ghcr\.io, is not on this"
    ):
        Logins().of(JIRA)


@pytest.mark.parametrize("name", ["../box", "box;id", "/bin/sh", "a b", "-x"])
def test_a_helpers_hostile_name_is_not_run(config: Write, name: str) -> None:
    config(credsStore=name)
    with pytest.raises(ServiceError, match="is not the name of a program"):
        Logins().of(JIRA)


def test_a_helper_is_asked_once_for_a_registry(config: Write, helper: Install, tmp_path: Path) -> None:
    config(credsStore="box")
    helper("box", gives())
    logins = Logins()
    for number in range(20):
        assert logins.of(Repository("ghcr.io", f"org/number{number}"))
    assert (tmp_path / "asked").read_text().count("get") == 1


def test_a_helper_that_hangs_is_waited_for_once(
    config: Write, helper: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, called = process.run, []

    def counted(arguments: list[str], **more: Any) -> process.Ran:
        called.append(arguments)
        return run(arguments, **{**more, "seconds": 0.3})

    monkeypatch.setattr(process, "run", counted)
    config(credsStore="box")
    helper("box", "exec sleep 60")
    logins = Logins()
    for _ in range(3):
        with pytest.raises(ServiceError, match="docker-credential-box did not end within"):
            logins.of(JIRA)
    assert called == [["docker-credential-box", "get"]]


def test_the_repr_of_a_login_has_no_secret() -> None:
    login = Login("alice", SECRET, False, "the login in config.json")
    assert repr(login) == "Login(is_token=False, source='the login in config.json')"
    assert login.basic == f"Basic {encoded()}"
