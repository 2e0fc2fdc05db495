"""What holds for all tests."""

from __future__ import annotations

import os
import signal
import sys

import pytest

# Who starts the tests in the background of a shell has Ctrl-C ignored, and so would every program they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The machine's own certificates count for uv, as they do where scripts/setup.sh calls it.
for variable in ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS"):
    os.environ.setdefault(variable, "1")

# Some images of containers set this; then every program that a test starts compiles all of its modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

LONGEST = (
    "test_each_tool_fails_exactly_where_it_does_by_hand",
    "test_after_a_kill_at_any_point_the_next_run_is_right",
    "test_killed_at_any_call_and_run_again_it_ends_the_same_and_does_nothing_twice",
    "test_a_tool_has_nothing_to_say",
    "test_schedules_end_with_one_latest_for_index_image_and_spec",
    "test_a_fresh_clone_publishes_its_example_into_dist",
    "test_damaged_documents_crash_nothing",
)
"""The tests of ten seconds and more, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, then the other slow ones, so that all processes end at about the same time."""
    rank = {name: place for place, name in enumerate(LONGEST)}

    def turn(item: pytest.Item) -> int:
        name = item.name.partition("[")[0]
        return rank.get(name, len(rank) + (item.get_closest_marker("slow") is None))

    items.sort(key=turn)
