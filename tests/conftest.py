"""What holds for all tests."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import Any

import pytest

# Who starts the tests in the background of a shell has Ctrl-C ignored, and so would every program they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The machine's own certificates count for uv, as they do where scripts/setup.sh calls it.
for variable in ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS"):
    os.environ.setdefault(variable, "1")

# They count for npm as well, which brings its own.
if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
    os.environ.setdefault("NODE_EXTRA_CA_CERTS", "/etc/ssl/certs/ca-certificates.crt")

# `make test` sets these, and Seatrial then says what to type with make.
for variable in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS"):
    os.environ.pop(variable, None)

# Some images of containers set this; then every program that a test starts compiles all of its modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

SPREAD = frozenset(
    (
        "tests/lint/run/test_linting.py",
        "tests/release/run/test_release_real.py",
        "tests/tasks/test_release_wrong.py",
    )
)
"""The modules whose tests are long and share little, so that they run side by side."""

LONGEST = (
    "test_each_tool_fails_exactly_where_it_does_by_hand",
    "test_killed_at_any_call_and_run_again_it_ends_the_same_and_does_nothing_twice",
    "test_nothing_was_written_and_nobody_was_called",
    "test_a_tool_has_nothing_to_say",
    "test_after_a_kill_at_any_point_the_next_run_is_right",
    "test_a_fresh_clone_publishes_its_example_into_dist",
    "test_ctrl_c_ends_in_one_line_and_130",
    "test_content_is_sent_after_a_single_fault",
    "test_damaged_documents_crash_nothing",
    "test_a_link_of_the_commit_copies_nothing_of_this_machine",
    "test_thousands_of_mutated_documents_are_judged",
    "test_all_three_agree_on_many_documents_with_slips",
    "test_schedules_end_with_one_latest_for_index_image_and_spec",
)
"""The tests that take longest, or whose module does, the longest first."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, then the other slow ones, so that all processes end at about the same time."""
    rank = {name: place for place, name in enumerate(LONGEST)}

    def turn(item: pytest.Item) -> int:
        name = item.name.partition("[")[0]
        return rank.get(name, len(rank) + (item.get_closest_marker("slow") is None))

    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a module together, as they share what is made for them; those of SPREAD run anywhere."""
    from xdist.scheduler import LoadScopeScheduling

    class ModuleScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = nodeid.partition("::")[0]
            return nodeid if module in SPREAD else module

    return ModuleScheduling(config, log)


def pytest_collection_finish() -> None:
    """Have the collector of garbage pass over what is there until the end: modules, tests, fixtures."""
    gc.collect()
    gc.freeze()
