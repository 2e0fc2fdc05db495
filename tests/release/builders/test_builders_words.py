"""The error in the log of a builder."""

from __future__ import annotations

import pytest

from seatrial.release.builders.runner import error_line, pull_error

BUILDAH = """\
STEP 1/3: FROM a
STEP 2/3: COPY x /x
STEP 3/3: RUN make
working
the reason
subprocess exited with status 7
subprocess exited with status 7
Error: building at STEP "RUN make": exit status 7
"""

STAGES = """\
[1/2] STEP 1/1: FROM a AS one
said by another step
[2/2] STEP 1/2: FROM a
[2/2] STEP 2/2: COPY nothere /x
Error: building at STEP "COPY nothere /x": no such file or directory
"""

BUILDKIT = """\
#7 [2/3] COPY x /x
#7 DONE 0.0s
#8 [3/3] RUN make
#8 0.234 working
#8 0.301 the reason
#8 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 7
------
 > [3/3] RUN make:
0.234 working
0.301 the reason
------
Dockerfile:3
--------------------
   1 |     FROM a
   3 | >>> RUN make
--------------------
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 7
"""

SWAPPED = BUILDKIT.replace("0.234 working\n0.301 the reason\n--", "0.301 the reason\n0.234 working\n--")
"""As buildx has it where both lines come at about the same time."""


REFUSED = """\
STEP 1/2: FROM scratch
STEP 2/2: RUN echo hi
error running container: from /usr/bin/crun creating container for [/bin/sh -c echo hi]: cgroups in hybrid mode not supported, drop all controllers from cgroupv2
: exit status 1
time="2026-01-31T06:46:16Z" level=error msg="did not get container create message from subprocess: EOF"
Error: building at STEP "RUN echo hi": while running runtime: exit status 1
"""  # noqa: E501


def test_a_container_that_was_not_started_is_the_cause_with_what_to_do() -> None:
    assert error_line(REFUSED) == (
        "cgroups in hybrid mode not supported, drop all controllers from cgroupv2; "
        "set BUILDAH_ISOLATION=chroot where nothing else runs on this machine, or use docker"
    )


def test_a_full_disk_is_told_with_what_to_do() -> None:
    assert error_line("STEP 1/1: COPY a /a\nError: copying: write /a: no space left on device\n") == (
        "copying: write /a: no space left on device; "
        "make room on the disk, such as with `buildah prune` or `docker system prune`"
    )


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        (BUILDAH, 'building at STEP "RUN make": exit status 7, after "the reason"'),
        (STAGES, 'building at STEP "COPY nothere /x": no such file or directory'),
        (
            BUILDKIT,
            'failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 7, '
            'after "the reason"',
        ),
        (SWAPPED, error_line(BUILDKIT)),
        ("STEP 1/1: RUN x\nno end of linesubprocess exited with status 1\nError: b", 'b, after "no end of line"'),
        ("STEP 1/1: FROM a\nhalf a word", 'half a word'),
        (
            "STEP 1/1: RUN x\nInstalling\n\n   | All attempts to connect failed.\n   | \n   | Use -v.\nError: b",
            'b, after "All attempts to connect failed."',
        ),
        ("no such thing\n", "no such thing"),
        ("", "it said nothing"),
        ("\n \n", "it said nothing"),
        ("Error: a\n\x1b[31mError: \x07b\x1b[0m\n", " b"),
    ],
)  # fmt: skip
def test_the_error_is_shown_with_the_last_output_of_the_failing_step(log: str, wanted: str) -> None:
    assert error_line(log) == wanted


def test_a_long_line_loses_its_middle() -> None:
    words = error_line("Error: " + "a" * 300 + "b" * 300)
    assert words == "a" * 100 + " ... " + "b" * 100


def test_the_reason_of_a_pull_leaves_out_what_the_caller_names() -> None:
    log = "Trying to pull h/a:1...\nError: initializing source docker://h/a:1: reading manifest: unknown\n"
    assert pull_error(log) == "reading manifest: unknown"
