"""How an image came to be, as an in-toto statement."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as Wire

from seatrial import __version__
from seatrial.release.attest.provenance import (
    LOCALLY,
    PREDICATE,
    BuildRecord,
    Invoker,
    invoker,
    public_arg,
    statement,
)
from seatrial.release.plan.ports import HIDDEN

DIGEST = "a" * 64
BASE = "b" * 64
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "org/repo",
    "GITHUB_RUN_ID": "17",
    "GITHUB_RUN_ATTEMPT": "2",
    "RUNNER_ENVIRONMENT": "github-hosted",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_URL": "https://gitlab.com/org/repo",
    "CI_RUNNER_ID": "5",
    "CI_JOB_URL": "https://gitlab.com/org/repo/-/jobs/9",
}
MAKING = BuildRecord(
    image="ghcr.io/org/port-ocean-jira",
    digest=f"sha256:{DIGEST}",
    path="integrations/jira",
    type="jira",
    version="1.2.3",
    dockerfile="integrations/_infra/Dockerfile",
    args={
        "INTEGRATION_VERSION": "1.2.3",
        "PIP_INDEX_URL": "https://me:secret@host/simple",
        "NPM_TOKEN": "secret",
    },
    platforms=("linux/amd64", "linux/arm64"),
    plan="sha256:" + "c" * 64,
    source="https://me:secret@github.com/org/repo.git",
    commit="d" * 40,
    bases={"python:3.12": f"sha256:{BASE}", "ghcr.io/org/base:1": ""},
    lock="e" * 64,
    builder="buildah 1.28.2",
    by=Invoker(
        "https://github.com/actions/runner/github-hosted", "https://github.com/org/repo/actions/runs/17"
    ),
    started="2026-01-31T00:00:00Z",
    finished="2026-01-31T00:01:00Z",
)


def read(making: BuildRecord = MAKING) -> Any:
    return json.loads(statement(making))


def definition(making: BuildRecord = MAKING) -> Any:
    return read(making)["predicate"]["buildDefinition"]


@pytest.mark.parametrize(
    "making",
    [
        MAKING,
        replace(
            MAKING, source="", lock="", bases={}, args={}, platforms=(), by=Invoker(), path="", started=""
        ),
    ],
    ids=["full", "bare"],
)
def test_the_statement_is_one_for_in_toto_and_its_predicate_is_one_for_slsa(making: BuildRecord) -> None:
    text = statement(making).decode()
    Statement.copy_from_pb(json_format.Parse(text, Wire())).validate()
    parsed = json_format.ParseDict(json.loads(text)["predicate"], Provenance())
    assert parsed.build_definition.build_type and parsed.run_details.builder.id


def test_its_subject_is_the_image_by_digest() -> None:
    assert read()["subject"] == [{"name": "ghcr.io/org/port-ocean-jira", "digest": {"sha256": DIGEST}}]
    assert read()["predicateType"] == PREDICATE


def test_parameters_of_people_are_apart_from_those_of_tools() -> None:
    assert definition()["externalParameters"] == {
        "integration": "integrations/jira",
        "type": "jira",
        "version": "1.2.3",
        "dockerfile": "integrations/_infra/Dockerfile",
        "buildArgs": {
            "INTEGRATION_VERSION": "1.2.3",
            "PIP_INDEX_URL": HIDDEN,
            "NPM_TOKEN": HIDDEN,
        },
        "platforms": ["linux/amd64", "linux/arm64"],
        "plan": MAKING.plan,
    }
    assert definition()["internalParameters"] == {"builder": "buildah 1.28.2", "seatrial": __version__}


def test_commit_lock_and_base_images_are_the_dependencies() -> None:
    assert definition()["resolvedDependencies"] == [
        {"name": "source", "uri": "git+https://github.com/org/repo.git", "digest": {"gitCommit": "d" * 40}},
        {"name": "integrations/jira/poetry.lock", "digest": {"sha256": "e" * 64}},
        {"name": "base image", "uri": "pkg:oci/base?repository_url=ghcr.io/org/base&tag=1"},
        {
            "name": "base image",
            "uri": f"pkg:oci/python@sha256:{BASE}?repository_url=docker.io/library/python&tag=3.12",
            "digest": {"sha256": BASE},
        },
    ]


def test_a_digest_that_the_dockerfile_states_needs_no_other() -> None:
    found = definition(replace(MAKING, bases={f"python@sha256:{BASE}": ""}))["resolvedDependencies"][-1]
    assert found["digest"] == {"sha256": BASE}


def test_an_address_of_ssh_becomes_a_uri() -> None:
    found = definition(replace(MAKING, source="git@github.com:org/repo.git"))["resolvedDependencies"][0]
    assert found["uri"] == "git+ssh://git@github.com/org/repo.git"


def test_no_secret_is_in_the_statement() -> None:
    assert b"secret" not in statement(MAKING)


def test_the_same_record_gives_the_same_bytes_in_any_order() -> None:
    turned = replace(
        MAKING, args=dict(reversed(MAKING.args.items())), bases=dict(reversed(MAKING.bases.items()))
    )
    assert statement(turned) == statement(MAKING)


def test_bytes_that_are_not_text_do_no_harm() -> None:
    assert b"udc80" in statement(replace(MAKING, args={"\udc80": "A"}))


@pytest.mark.parametrize("name", ["INTEGRATION_VERSION", "BUILD_CONTEXT"])
def test_the_values_of_our_own_args_are_stated(name: str) -> None:
    assert public_arg(name, "value") == "value"


@pytest.mark.parametrize("name", ["NPM_TOKEN", "KEYBOARD", "BASE_RUNNER_PYTHON_IMAGE", "X"])
def test_any_other_arg_may_be_secret(name: str) -> None:
    assert public_arg(name, "value") == HIDDEN


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, Invoker(LOCALLY, "")),
        ({"GITHUB_REPOSITORY": "org/repo", "GITLAB_CI": ""}, Invoker(LOCALLY, "")),
        (
            GITHUB,
            Invoker(
                "https://github.com/actions/runner/github-hosted",
                "https://github.com/org/repo/actions/runs/17/attempts/2",
            ),
        ),
        ({"GITHUB_ACTIONS": "true"}, Invoker("https://github.com/actions/runner/self-hosted", "")),
        (GITLAB, Invoker("https://gitlab.com/org/repo/-/runners/5", "https://gitlab.com/org/repo/-/jobs/9")),
        ({"GITLAB_CI": "true"}, Invoker(LOCALLY, "")),
        (
            {**GITLAB, "CI_JOB_URL": "https://gitlab-ci-token:secret@gitlab.com/j"},
            Invoker("https://gitlab.com/org/repo/-/runners/5", "https://gitlab.com/j"),
        ),
    ],
)
def test_the_run_of_a_known_ci_is_read_from_its_variables(
    environment: dict[str, str], wanted: Invoker
) -> None:
    assert invoker(environment) == wanted
