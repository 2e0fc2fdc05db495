"""Which images a Dockerfile starts from."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from seatrial.release.builders.dockerfile import Base, bases, filled, on_loopback
from support.paths import ROOT


def images(text: str, **args: str) -> list[str]:
    return [base.image for base in bases(text, args)]


@pytest.mark.parametrize(
    ("text", "args", "wanted"),
    [
        ("FROM a", {}, ["a"]),
        ("from a:1 as x\n", {}, ["a:1"]),
        ("FROM --platform=$BUILDPLATFORM a", {}, ["a"]),
        ("FROM scratch", {}, []),
        ("ARG A=x\nFROM $A", {}, ["x"]),
        ("ARG A=x\nFROM ${A}:2", {}, ["x:2"]),
        ("ARG A=x\nFROM $A", {"A": "y"}, ["y"]),
        ("ARG A\nFROM $A", {"A": "y"}, ["y"]),
        ("ARG A\nFROM ${A:-x}", {}, ["x"]),
        ("ARG A=\nFROM ${A:-x}", {}, ["x"]),
        ("ARG A=\nFROM x${A-y}", {}, ["x"]),
        ("ARG A=1\nFROM x${A:+:2}", {}, ["x:2"]),
        ("ARG A\nFROM x${A:+:2}", {}, ["x"]),
        ("ARG V=${X:-${Y:-3}}\nFROM p:$V", {}, ["p:3"]),
        ("ARG A=1 B=${A}2\nFROM x:$B", {}, ["x:12"]),
        ("ARG A=1\nARG B=${A}2\nFROM x:$B", {"A": "7"}, ["x:72"]),
        ("ARG A='x'\nFROM \"$A\"", {}, ["x"]),
        ("ARG SUFFIX\nFROM x:1$SUFFIX", {}, ["x:1"]),
        ("FROM a AS one\nFROM one", {}, ["a"]),
        ("FROM a AS One\nFROM b\nCOPY --from=one /x /x", {}, ["a", "b"]),
        ("FROM a AS a\nFROM a", {}, ["a"]),
        ("FROM a\nFROM b\nCOPY --from=0 /x /x", {}, ["a", "b"]),
        ("FROM a AS x\nFROM b\nRUN --mount=type=bind,from=x,target=/y make", {}, ["a", "b"]),
        ("FROM never AS unused\nFROM b", {}, ["b"]),
        ("FROM a\nFROM a", {}, ["a"]),
        ("FROM base-$TARGETARCH", {}, []),
        ("FROM 127.0.0.1:5000/a/b:1@sha256:00ff", {}, ["127.0.0.1:5000/a/b:1@sha256:00ff"]),
        ("", {}, []),
    ],
)  # fmt: skip
def test_the_images_are_those_that_the_last_stage_needs(
    text: str, args: dict[str, str], wanted: list[str]
) -> None:
    assert images(text, **args) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "# FROM no\nFROM a",
        "# syntax=docker/dockerfile:1\nFROM a",
        "FROM \\\n  a",
        "FROM \\\n# a comment\n\n  a",
        "# escape=`\nFROM `\n  a",
        "\ufeffFROM a",
        "FROM a\r\nRUN x\r\n",
        "\tFROM\ta",
        "FROM a\nRUN <<END\nFROM no\nEND",
        "FROM a\nRUN <<'END' > y\nFROM no\nEND",
        "FROM a\nCOPY <<-ONE <<TWO /x/\nFROM no\n\tONE\nFROM no\nTWO",
        "FROM a\nRUN cat <<END | sh\nFROM no\nEND",
        'FROM a\nRUN echo "FROM no" \\\n FROM no',
        "FROM a\nLABEL x=<<END",
        "FROM a\nRUN echo $((1<<2))",
        "FROM a\nRUN <<UNENDING\nFROM no",
    ],
)
def test_comments_continued_lines_and_heredocs_are_read_as_docker_does(text: str) -> None:
    assert images(text) == ["a"]


def test_the_arg_that_names_an_image_is_reported_with_its_line() -> None:
    text = "# top\nARG ONE=a\n\nARG TWO=b\nFROM $ONE AS x\nFROM ${TWO}:1\nCOPY --from=x / /\n"
    assert bases(text, {}) == [Base("a", "ONE", 2), Base("b:1", "TWO", 4)]
    assert bases("\nFROM a", {}) == [Base("a", None, 2)]


@pytest.mark.parametrize(
    ("text", "arg", "line", "problem"),
    [
        ("ARG A\nFROM $A", "A", 1, "ARG A has no value"),
        ("ARG A=\nFROM reg/$A", "A", 1, "ARG A has no value"),
        ("\nFROM $A", "A", 2, 'FROM uses "A", but no ARG above the first FROM declares it'),
        ("FROM a\nARG A=b\nFROM $A", "A", 3, 'FROM uses "A", but no ARG above the first FROM declares it'),
        ("FROM", None, 1, "FROM names no image"),
        ("FROM -x", None, 1, 'FROM names "-x", which is not an image'),
        ("ARG A=-x\nFROM $A", "A", 1, 'FROM names "-x", which is not an image'),
        ("FROM 'a b'", None, 1, 'FROM names "a b", which is not an image'),
    ],
)
def test_a_base_image_that_cannot_be_known_has_a_reason(
    text: str, arg: str | None, line: int, problem: str
) -> None:
    assert bases(text, {}) == [Base("", arg, line, problem)]


@pytest.mark.parametrize(
    "text",
    [
        "ARG A0=aaaaaaaaaa\n" + "".join(f"ARG A{n + 1}=$A{n}$A{n}$A{n}\n" for n in range(60)) + "FROM $A60",
        "FROM " + "${a:-" * 20000,
        "FROM " + "${a:-$" + "${a}$" * 20000,
        "ARG a\\\n" * 20000,
        "FROM " + "a-" * 20000 + "!",
        "FROM a\nRUN " + "<<" * 20000,
        "FROM x AS b\n" * 2000 + "FROM b",
        "FROM a\nCOPY --from=99999999999999999999 / /",
        "FROM b AS a\nFROM a AS b\nFROM b",
        "FROM \0\nARG =\nARG",
    ],
)  # fmt: skip
def test_hostile_texts_are_read_quickly(text: str) -> None:
    """The time is that of the processor, with a margin for slow machines; by the square, any would take minutes."""
    begun = time.process_time()
    bases(text, {"A": "\0" * 10000})
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("127.0.0.1:5000/a", True),
        ("127.0.0.1/a:1", True),
        ("[::1]:5000/a", True),
        ("localhost:5000/a", True),
        ("localhost/a", False),
        ("127.0.0.1.example.com/a", False),
        ("127.0.0.1", False),
        ("ghcr.io/127.0.0.1:5000/a", False),
        ("localhost:5000", False),
    ],
)
def test_only_registries_on_this_machine_count_as_loopback(image: str, wanted: bool) -> None:
    assert on_loopback(image) is wanted


def test_the_shared_dockerfile_starts_from_two_args_with_public_defaults() -> None:
    found = bases(
        (ROOT / "integrations" / "_infra" / "Dockerfile").read_text(), {"BASE_RUNNER_PYTHON_IMAGE": "r"}
    )
    assert [(base.arg, base.image) for base in found] == [
        ("BASE_BUILDER_PYTHON_IMAGE", "docker.io/library/python:3.12-slim"),
        ("BASE_RUNNER_PYTHON_IMAGE", "r"),
    ]


def test_a_variable_that_is_not_closed_takes_no_time_that_doubles_with_each_letter() -> None:
    began = time.monotonic()
    assert images(f"FROM ${{x:-{'$a' * 200}") == []
    assert time.monotonic() - began < 1


def test_a_default_may_hold_a_dollar_and_variables() -> None:
    assert filled("${A:-x$B-${C}$}", {"B": "b", "C": "c"}) == "xb-c$"


def test_a_text_of_many_variables_is_only_made_as_long_as_a_value_may_be() -> None:
    tracemalloc.start()
    assert filled("$A" * 50_000, {"A": "x" * 1000}) == "x" * 1000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000
