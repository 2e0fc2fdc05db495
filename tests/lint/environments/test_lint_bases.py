"""Which packages are installed once for many."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.lint.environments.bases import Packages, choose_bases

CORE = frozenset(f"core{n}" for n in range(40))
OTHER = frozenset(f"other{n}" for n in range(40))


def own(name: str, size: int = 10) -> Packages:
    return frozenset(f"{name}{n}" for n in range(size))


def fleet(core: Packages, *names: str) -> dict[str, Packages]:
    return {name: core | own(name) for name in names}


def test_what_all_have_in_common_is_the_base() -> None:
    assert choose_bases(fleet(CORE, "a", "b", "c")) == {"a": CORE, "b": CORE, "c": CORE}


def test_equal_sets_need_no_overlay() -> None:
    assert choose_bases({"a": CORE, "b": CORE}) == {"a": CORE, "b": CORE}


def test_one_integration_has_a_base_of_its_own() -> None:
    alone = CORE | own("a")
    assert choose_bases({"a": alone}) == {"a": alone}


def test_one_odd_lock_does_not_shrink_the_base_of_the_others() -> None:
    odd = frozenset(sorted(CORE)[:25]) | own("odd", 20)
    chosen = choose_bases({**fleet(CORE, *"abcdefgh"), "odd": odd})
    assert {chosen[name] for name in "abcdefgh"} == {CORE}
    assert chosen["odd"] == odd


def test_those_with_little_in_common_share_nothing() -> None:
    a, b = own("a", 20) | frozenset(sorted(CORE)[:5]), own("b", 20) | frozenset(sorted(CORE)[:5])
    assert choose_bases({"a": a, "b": b}) == {"a": a, "b": b}


def test_two_families_have_two_bases() -> None:
    chosen = choose_bases({**fleet(CORE, "a", "b"), **fleet(OTHER, "c", "d")})
    assert chosen == {"a": CORE, "b": CORE, "c": OTHER, "d": OTHER}


def test_an_existing_base_serves_one_alone_though_a_whole_one_would_fit_better() -> None:
    assert choose_bases({"a": CORE | own("a")}, [CORE]) == {"a": CORE}


def test_an_existing_base_that_fits_nearly_as_well_is_preferred() -> None:
    smaller = CORE - {"core0"}
    assert set(choose_bases(fleet(CORE, *"abc"), [smaller]).values()) == {smaller}


def test_an_existing_base_that_fits_badly_is_left_aside() -> None:
    many = fleet(CORE, *(f"name{n}-" for n in range(60)))
    assert set(choose_bases(many, [frozenset(sorted(CORE)[:30])]).values()) == {CORE}


def test_an_existing_base_with_one_foreign_package_is_not_used() -> None:
    assert choose_bases(fleet(CORE, "a", "b"), [CORE | {"foreign"}]) == {"a": CORE, "b": CORE}


def test_nothing_wanted_gives_nothing() -> None:
    assert choose_bases({}) == {}
    assert choose_bases({"a": frozenset()}) == {"a": frozenset()}


SETS = st.frozensets(st.sampled_from([f"p{n}" for n in range(12)]), max_size=12)


@given(st.dictionaries(st.sampled_from("abcdefgh"), SETS), st.lists(SETS, max_size=3))
def test_a_base_is_a_subset_and_the_order_does_not_matter(
    wanted: dict[str, Packages], existing: list[Packages]
) -> None:
    chosen = choose_bases(wanted, existing)
    assert chosen.keys() == wanted.keys()
    assert all(base <= wanted[name] for name, base in chosen.items())
    assert chosen == choose_bases(dict(reversed(wanted.items())), [*reversed(existing)])


@pytest.mark.slow
def test_a_thousand_sets_are_sorted_in_seconds() -> None:
    many = {f"{n}": CORE | {f"x{n * 7 % 400}", f"y{n * 3 % 100}"} for n in range(1000)}
    begun = time.process_time()
    assert set(choose_bases(many).values()) >= {CORE}
    assert time.process_time() - begun < 30
