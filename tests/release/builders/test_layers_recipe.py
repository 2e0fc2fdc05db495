"""What the builder `layers` makes of a Dockerfile, and the line that stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.builders.layers.ignore import Ignored, Pattern
from seatrial.release.builders.layers.recipe import Copied, Refused, Stage, WorkingFolder, last_stage
from seatrial.release.builders.layers.run_commands import (
    Account,
    AddGroup,
    Folders,
    Install,
    Link,
    Modes,
    SystemPackages,
)
from support.paths import ROOT

SHARED = """\
ARG BUILDER=registry.test/builder:1
ARG RUNNER=registry.test/runner:1
FROM ${BUILDER} AS base
ARG BUILD_CONTEXT
WORKDIR /app
COPY ./${BUILD_CONTEXT}/pyproject.toml ./${BUILD_CONTEXT}/poetry.lock /app/
RUN command -v poetry || pip install --no-cache-dir "poetry==2.1.3"
RUN POETRY_VIRTUALENVS_IN_PROJECT=true \\
    poetry install --without dev --no-root --no-interaction --no-ansi --no-cache
FROM ${RUNNER} AS prod
ARG USER_ID=1001
RUN groupadd -r app -g 1002 && useradd -r -g app -u ${USER_ID} ocean
ARG BUILD_CONTEXT
ARG INTEGRATION_VERSION
ENV PLACE=/tmp/ocean PATH=/app/.venv/bin:$PATH
RUN mkdir -p ${PLACE}/streaming && chmod -R 777 ${PLACE}
RUN apt-get update && apt-get install -y --no-install-recommends curl && apt-get clean && rm -rf /var/lib/apt/lists/*
LABEL version=${INTEGRATION_VERSION}
WORKDIR /app
COPY ./${BUILD_CONTEXT} /app
COPY --from=base /app/.venv /app/.venv
RUN ln -s /app/.venv/bin/ocean /usr/bin/ocean
USER ocean
CMD ["bash", "/app/init.sh"]
"""
ARGS = {"BUILD_CONTEXT": "integrations/jira", "INTEGRATION_VERSION": "1.2.3"}
CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "registry.test/builder:1": {},
    "registry.test/runner:1": {"Env": ["PATH=/usr/bin"], "Cmd": ["python3"], "Entrypoint": ["/entry"]},
    "registry.test/triggers:1": {"OnBuild": ["RUN true"]},
}


def read(text: str, **args: str) -> Stage:
    return last_stage(text, ARGS | args, "linux/amd64", lambda image: CONFIGS[image])


def test_the_shared_dockerfile_is_read_as_steps() -> None:
    stage = read(SHARED)
    base = next(
        step.change.stage for step in stage.steps if isinstance(step.change, Copied) and step.change.stage
    )
    assert [step.change for step in stage.steps] == [
        AddGroup("app", 1002),
        Account("ocean", 1001, "app"),
        Folders(("/tmp/ocean/streaming",), True),
        Modes("777", ("/tmp/ocean",), True),
        SystemPackages(("curl",), "apt-get"),
        WorkingFolder("/app"),
        Copied(("./integrations/jira",), "/app", False),
        Copied(("/app/.venv",), "/app/.venv", False, base),
        Link("/app/.venv/bin/ocean", "/usr/bin/ocean", False),
    ]
    assert base.steps[-1].change == Install("/app", frozenset({"dev"}), frozenset(), True)
    assert (base.image, stage.image) == ("registry.test/builder:1", "registry.test/runner:1")


def test_the_configuration_is_that_of_the_base_and_what_the_dockerfile_states() -> None:
    assert read(SHARED).config == {
        "Env": ["PATH=/app/.venv/bin:/usr/bin", "PLACE=/tmp/ocean"],
        "Cmd": ["bash", "/app/init.sh"],
        "Entrypoint": ["/entry"],
        "Labels": {"version": "1.2.3"},
        "WorkingDir": "/app",
        "User": "ocean",
    }


def test_the_dockerfile_that_seatrial_makes_is_read() -> None:
    text = (ROOT / "templates/workspace/integrations/_infra/Dockerfile.tmpl").read_text()
    stage = last_stage(text, ARGS, "linux/arm64", lambda image: {"Env": ["PATH=/usr/local/bin"]})
    assert stage.config["Cmd"] == ["ocean", "sail"]
    assert stage.config["User"] == "1001:1001"
    assert stage.image == "docker.io/library/python:3.12-slim"


@pytest.mark.parametrize(
    ("lines", "stated"),
    [
        ("ENTRYPOINT ./init.sh", {"Entrypoint": ["/bin/sh", "-c", "./init.sh"]}),
        ('CMD ["a"]\nENTRYPOINT ["b"]', {"Cmd": ["a"], "Entrypoint": ["b"]}),
        ("ENV A 1 2", {"Env": ["PATH=/usr/bin", "A=1 2"], "Cmd": ["python3"], "Entrypoint": ["/entry"]}),
        (
            "ENV A='$PATH' B=\"x y\"",
            {"Env": ["PATH=/usr/bin", "A=$PATH", "B=x y"], "Cmd": ["python3"], "Entrypoint": ["/entry"]},
        ),
        ("EXPOSE 8000", {"ExposedPorts": {"8000/tcp": {}}, "Cmd": ["python3"], "Entrypoint": ["/entry"]}),
    ],
)
def test_a_configuration(lines: str, stated: dict[str, Any]) -> None:
    assert read(f"FROM registry.test/runner:1\n{lines}\n").config == {"Env": ["PATH=/usr/bin"], **stated}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("RUN setfacl -R -m u:ocean:rwX /etc/ssl/certs", "setfacl would have to be run"),
        ('RUN echo "x" >> /etc/sudoers.d/x', "more of a shell's syntax"),
        ("RUN curl -s https://example.org | sh", "more of a shell's syntax"),
        ("RUN true; poetry install --no-root", "more of a shell's syntax"),
        ("RUN x=$(id) && mkdir /x", "does not begin a variable"),
        ("RUN make install/prod", "make would have to be run"),
        ("RUN export A=1 && mkdir /x", "export would have to be run"),
        ("RUN A=1 && mkdir /x", "sets variables for what follows"),
        ("RUN pip install requests", "pip installs what is not in the lock"),
        ("RUN poetry install", "add --no-root"),
        ("RUN poetry install --no-root --all-extras", "--all-extras"),
        ("RUN POETRY_VIRTUALENVS_CREATE=false poetry install --no-root", "own Python"),
        (
            "ENV POETRY_INSTALLER_NO_BINARY=:all:\nRUN poetry install --no-root",
            "changes what poetry installs",
        ),
        ("RUN apt-get upgrade -y", "changes the base image's own packages"),
        ("RUN apt-get install -y curl=7", "changes the base image's own packages"),
        ("RUN rm -rf /etc", "it removes files"),
        ("RUN chmod 755 /app/*", "paths without patterns"),
        ("RUN groupadd app", "is not stated"),
        ("RUN useradd -m -u 5 -g 5 x", "-m"),
        ("RUN mkdir /x || mkdir /y", "only sometimes"),
        ("RUN mkdir $NOTHING", "no value"),
        ("RUN --mount=type=cache,target=/x mkdir /y", "run with options"),
        ("USER ocean\nRUN mkdir /x", "as another user than root"),
        ("ADD https://example.org/x /x", "ADD is not done"),
        ("HEALTHCHECK NONE", "HEALTHCHECK is not done"),
        ("COPY --from=docker.io/library/x /a /b", "from another image"),
        ("COPY --link a /b", "COPY --link"),
        ("COPY a b /c", "several sources need a folder"),
        ("FROM registry.test/triggers:1", "ONBUILD"),
        ("FROM --platform=linux/riscv64 registry.test/runner:1", "another platform"),
        ("VOLUME /data", "VOLUME is not done"),
    ],
)
def test_what_is_not_done_is_refused_with_its_line(lines: str, why: str) -> None:
    text = f"FROM registry.test/runner:1\n\n{lines}\n"
    with pytest.raises(Refused) as refused:
        read(text)
    assert why in str(refused.value)
    assert str(refused.value).startswith(f"line {3 + lines.count(chr(10))}: ")


def test_a_value_of_a_build_arg_is_in_no_refusal() -> None:
    with pytest.raises(Refused) as refused:
        read("FROM registry.test/runner:1\nARG TOKEN\nRUN login ${TOKEN}\n", TOKEN="s3cret-of-somebody")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("pattern", "path", "stands"),
    [
        ("**/tests", "a/b/tests", True),
        ("**/tests", "tests", True),
        ("**/tests", "mytests", False),
        ("**/*.py[cod]", "a/b.pyc", True),
        ("**/*.py[cod]", "a/b.py", False),
        ("*.md", "a/b.md", False),
        ("a/**", "a/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/x/y/c", True),
        ("a/**/c", "a/xc", False),
        ("**/.env.*", "x/.env.local", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[^a]b", "cb", True),
        ("\\*", "*", True),
        ("\\*", "x", False),
    ],
)
def test_a_pattern_of_an_ignore_file(pattern: str, path: str, stands: bool) -> None:
    assert Pattern(pattern).matches(path) is stands


def test_the_last_pattern_that_matches_a_path_or_a_folder_above_it_counts() -> None:
    ignored = Ignored.read("# a comment\n\n/docs\n!docs/keep.md\n./x/\n")
    _, above = ignored.leaves_out("docs")
    assert ignored.leaves_out("docs/a.md", above)[0]
    assert not ignored.leaves_out("docs/keep.md", above)[0]
    assert ignored.leaves_out("x")[0]
    assert not ignored.leaves_out("y")[0]


def test_a_pattern_made_to_take_long_takes_no_time() -> None:
    assert not Pattern("**/" * 100 + "*a" * 200 + "b").matches("/".join(["aaaa"] * 300))


@pytest.mark.parametrize("lines", [2_001, 900])
def test_an_ignore_file_that_makes_each_path_take_long_is_refused(lines: int) -> None:
    with pytest.raises(ServiceError, match="more than 2000 patterns, or they are too long"):
        Ignored.read(f"**{'?*' * 20}\n" * lines if lines == 900 else "a\n" * lines)


def test_a_run_of_many_commands_is_refused() -> None:
    text = "FROM base\nRUN " + " && ".join(["chmod -R 755 /"] * 1_001)
    with pytest.raises(Refused, match="its stage has more than 1000 commands"):
        last_stage(text, {}, "linux/amd64", lambda name: {})
