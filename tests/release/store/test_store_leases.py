"""Leases, with a clock that tests set."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.plan import store_keys
from seatrial.release.store.leases import LONGEST, MARGIN, SECONDS, SKEW, Clock, Holder, lease
from support.memory_store import MemoryStore

KEY = store_keys.lease("jira")
ANNA, BEN = Holder("anna@laptop", "a"), Holder("ben@desktop", "b")


@dataclass
class Time:
    """A clock that only sleeping and tests advance."""

    seconds: float = 1_800_000_000.0

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def die_holding(store: MemoryStore, holder: Holder, time: Time) -> None:
    """Take the lease and do not give it back."""
    with lease(store, KEY, holder, time.clock):
        kept = store.objects[KEY]
    store.objects[KEY] = kept


def stated(store: MemoryStore) -> dict[str, object]:
    return dict(json.loads(store.objects[KEY]))


def test_a_lease_states_its_holder_and_end_and_is_given_back(store: MemoryStore, time: Time) -> None:
    with lease(store, KEY, ANNA, time.clock):
        now = time.seconds
        assert stated(store) == {"holder": "anna@laptop", "token": "a", "since": now, "until": now + SECONDS}
    assert stated(store) == {"holder": "", "token": "", "since": 0, "until": 0}


def test_a_lease_that_was_given_back_is_taken_at_once(store: MemoryStore, time: Time) -> None:
    with lease(store, KEY, ANNA, time.clock):
        pass
    before = time.seconds
    with lease(store, KEY, BEN, time.clock):
        assert time.seconds == before


def test_it_is_given_back_after_an_error_as_well(store: MemoryStore, time: Time) -> None:
    with pytest.raises(KeyError), lease(store, KEY, ANNA, time.clock):
        raise KeyError
    assert stated(store)["token"] == ""


def test_another_waits_for_a_dead_holder_until_the_lease_has_ended_on_every_clock(
    store: MemoryStore, time: Time
) -> None:
    die_holding(store, ANNA, time)
    begun = time.seconds
    with lease(store, KEY, BEN, time.clock):
        assert SECONDS + SKEW < time.seconds - begun < SECONDS + SKEW + 5


def test_the_same_holder_takes_its_own_lease_back_at_once(store: MemoryStore, time: Time) -> None:
    die_holding(store, ANNA, time)
    before = time.seconds
    with lease(store, KEY, ANNA, time.clock) as held:
        held.check()
        assert time.seconds == before


def test_the_error_after_waiting_names_the_holder_the_beginning_and_the_end(
    store: MemoryStore, time: Time
) -> None:
    with (
        lease(store, KEY, ANNA, time.clock),
        pytest.raises(ServiceError) as told,
        lease(store, KEY, BEN, time.clock, patience=20),
    ):
        pass
    assert str(told.value) == (
        "jira is being released by anna@laptop since 2027-01-15 08:00:00 UTC; "
        "its lease ends at 2027-01-15 08:02:00 UTC, unless it is renewed: run it again then"
    )


def test_a_wait_of_very_many_turns_ends_like_a_short_one(store: MemoryStore, time: Time) -> None:
    die_holding(store, BEN, time)
    slow = Clock(lambda: time.seconds, lambda seconds: time.sleep(seconds / 100))
    with (
        pytest.raises(ServiceError, match="ben@desktop"),
        lease(store, KEY, ANNA, slow, patience=60),
    ):
        pytest.fail("it was taken")


def test_a_check_near_the_end_renews_the_lease(store: MemoryStore, time: Time) -> None:
    with lease(store, KEY, ANNA, time.clock) as held:
        until = stated(store)["until"]
        held.check()
        assert stated(store)["until"] == until
        time.seconds += SECONDS - SKEW - MARGIN + 1
        held.check()
        assert stated(store)["until"] == time.seconds + SECONDS
        held.check()


def test_an_expired_lease_that_nobody_took_is_renewed(store: MemoryStore, time: Time) -> None:
    with lease(store, KEY, ANNA, time.clock) as held:
        time.seconds += 10 * SECONDS
        held.check()


def test_a_lease_that_another_took_over_is_not_given_back(store: MemoryStore, time: Time) -> None:
    with lease(store, KEY, ANNA, time.clock) as held:
        time.seconds += SECONDS + SKEW + 1
        with lease(store, KEY, BEN, time.clock):
            with pytest.raises(ServiceError, match="ben@desktop took over jira meanwhile; run it again"):
                held.check()
            kept = store.objects[KEY]
        store.objects[KEY] = kept
    assert store.objects[KEY] == kept


def test_a_renewal_that_takes_too_long_does_not_count(
    store: MemoryStore, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = store.replace

    def slowly(key: str, data: bytes, etag: str) -> bool:
        done = replace(key, data, etag)
        time.seconds += SECONDS
        return done

    with lease(store, KEY, ANNA, time.clock) as held:
        time.seconds += SECONDS
        monkeypatch.setattr(store, "replace", slowly)
        with pytest.raises(ServiceError, match="the lease on jira ran out, as the store is too slow"):
            held.check()


def test_a_check_that_cannot_be_made_is_a_failure(
    store: MemoryStore, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(key: str) -> None:
        raise ServiceError("s3://bucket fails")

    with lease(store, KEY, ANNA, time.clock) as held:
        monkeypatch.setattr(store, "get", fails)
        with pytest.raises(ServiceError, match="s3://bucket fails"):
            held.check()
    assert stated(store)["token"] == "a"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"not json",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b"{}",
        b'{"token": "x", "until": null}',
        b'{"token": "x", "until": "soon"}',
        b'{"token": "x", "until": NaN}',
        b'{"token": "x", "until": 1e300}',
        b'{"token": "x", "until": true}',
        b"\xff\xfe",
        json.dumps({"token": "x", "until": 1_800_000_000 + LONGEST + 1}).encode(),
    ],
)
def test_an_invalid_lease_does_not_count(time: Time, garbage: bytes) -> None:
    store = MemoryStore({KEY: garbage})
    before = time.seconds
    with lease(store, KEY, ANNA, time.clock) as held:
        held.check()
        assert time.seconds == before


@pytest.mark.parametrize("since", [None, "x", 1e300, float("nan"), [], -1e18])
def test_invalid_text_of_a_holder_is_shown_without_harm(time: Time, since: object) -> None:
    told = {"holder": "\x1b[31m" + "x" * 100, "token": "x", "since": since, "until": time.seconds + 3000}
    store = MemoryStore({KEY: json.dumps(told).encode()})
    with pytest.raises(ServiceError) as raised, lease(store, KEY, ANNA, time.clock, patience=1):
        pass
    assert "\x1b" not in str(raised.value)
    assert str(raised.value).startswith("jira is being released by ?[31mxxx")


def test_each_holder_has_its_own_token() -> None:
    assert Holder.anyone("anna").token != Holder.anyone("anna").token
