"""The schemas of a mapping, as the framework in an image prints them to a program that stands in for docker."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.settings import ReleaseSettings
from seatrial.release.builders import config_schema
from seatrial.release.builders.config_schema import command, schemas
from seatrial.release.plan.plan import Part
from seatrial.release.plan.state import Candidate
from seatrial.release.run.publish import _put_app_config
from seatrial.release.run.release_context import ReleaseContext
from seatrial.workspace.workspace import open_workspace
from support.memory_images import MemoryImages
from support.memory_store import MemoryStore

IMAGE = f"registry.test/jira@sha256:{'0' * 64}"
SEPARATOR = "printf '%s' '\n===== seatrial: the other schema =====\n'"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a program called docker before all others, which does this."""

    def put(script: str) -> Path:
        place = tmp_path / "docker"
        place.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/arguments\nenv > {tmp_path}/env\n{script}\n'
        )
        place.chmod(0o755)
        return tmp_path

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    return put


def test_the_image_is_run_without_network_rights_or_secrets(docker: Callable[[str], Path]) -> None:
    folder = docker(f"""printf '{{"a": 1}}'; {SEPARATOR}; printf '{{"kinds": {{}}}}'; echo 'logs' >&2""")
    found = schemas(IMAGE, "linux/amd64")
    assert {name: json.loads(data) for name, data in found.items()} == {
        "port_app_config.json": {"a": 1},
        "port_app_config.ui.json": {"kinds": {}},
    }
    arguments = (folder / "arguments").read_text().splitlines()
    assert arguments[:2] == ["run", "--rm"]
    assert {"--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges"} < set(arguments)
    assert not any(one.startswith(("-v", "--volume", "--mount", "-e", "--env")) for one in arguments)
    assert "--platform=linux/amd64" in arguments
    assert "s3cret" not in (folder / "env").read_text()
    assert "--platform=" not in " ".join(command("docker", IMAGE, ""))
    assert "--tls-verify=false" not in command("podman", IMAGE, "")
    assert "--tls-verify=false" in command("podman", IMAGE.replace("registry.test", "127.0.0.1:5000"), "")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'Error: no such image' >&2; exit 125", "no such image"),
        ("echo '{}'", "did not print two schemas"),
        (f"echo '{{\"a\": NaN}}'; {SEPARATOR}; echo '{{}}'", "not a schema"),
    ],
)
def test_what_is_not_two_schemas_is_said(docker: Callable[[str], Path], script: str, words: str) -> None:
    docker(script)
    with pytest.raises(ServiceError, match=words):
        schemas(IMAGE, "")


def test_podman_runs_the_image_where_docker_has_no_daemon(docker: Callable[[str], Path]) -> None:
    folder = docker(
        "echo 'docker: Cannot connect to the Docker daemon.' >&2\n"
        """printf "\n%s\n" "Run 'docker run --help' for more information" >&2; exit 125"""
    )
    podman = folder / "podman"
    podman.write_text(f"#!/bin/sh\necho '{{}}'; {SEPARATOR}; echo '{{}}'\n")
    podman.chmod(0o755)
    assert schemas(IMAGE, "").keys() == {"port_app_config.json", "port_app_config.ui.json"}
    podman.write_text("#!/bin/sh\necho 'Error: no space' >&2; exit 125\n")
    with pytest.raises(
        ServiceError, match=r"^docker: Cannot connect to the Docker daemon\.; podman: no space$"
    ):
        schemas(IMAGE, "")
    podman.write_text("#!/bin/sh\nexit 3\n")
    docker("echo 'it is broken'; exit 1")
    with pytest.raises(ServiceError, match=r"^docker: it is broken$"):
        schemas(IMAGE, "")


def test_they_are_stored_with_the_version_and_what_is_lacking_fails_no_release(
    docker: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "repo/integrations").mkdir(parents=True)
    (tmp_path / "repo/seatrial.toml").write_text("")
    settings = ReleaseSettings(image="registry.test/{type}", app_config_schemas=True)
    store = MemoryStore()
    context = ReleaseContext(open_workspace(str(tmp_path / "repo")), settings, MemoryImages(), store)
    part = Part(Candidate("jira", "", "jira", "1.2.3", "registry.test/jira"))
    digest = IMAGE.partition("@")[2]
    docker(f"echo '{{}}'; {SEPARATOR}; echo '{{}}'")
    assert _put_app_config(context, part, digest) == {}
    assert sorted(store.objects) == ["jira/1.2.3/port_app_config.json", "jira/1.2.3/port_app_config.ui.json"]
    assert IMAGE in (tmp_path / "arguments").read_text()
    docker("exit 1")
    assert "without the schemas of its mapping: docker: it said nothing" in str(
        _put_app_config(context, part, digest)
    )
    monkeypatch.setattr(config_schema, "PROGRAMS", ("no-such-program",))
    assert "neither docker nor podman" in str(_put_app_config(context, part, digest))
    for without in (replace(settings, app_config_schemas=None), replace(settings, image="")):
        assert _put_app_config(replace(context, settings=without), part, digest) == {}
