"""What follows the index."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.release.plan import store_keys
from seatrial.release.plan.index import Habits
from seatrial.release.plan.ports import Absent, Manifest, Stored, Unknown
from seatrial.release.run.latest import point, publish_index, recompute
from seatrial.release.store.leases import Clock, Holder, lease
from support.shelf import HOLDER, Shelf, image_of

IMAGE = image_of("jira")


@pytest.fixture
def shelf() -> Shelf:
    """One version, published and indexed."""
    shelf = Shelf()
    publish_index(shelf.store, [shelf.publish("jira", "1.0.0")])
    shelf.forget_writes()
    return shelf


def pointed(shelf: Shelf, holder: Holder = HOLDER) -> list[str]:
    return point(shelf.store, shelf.images, IMAGE, "jira", holder)


def test_all_of_a_type_leads_to_the_version_that_the_index_names(shelf: Shelf) -> None:
    assert pointed(shelf) == ["jira/examples/", "jira/spec.json", f"{IMAGE}:latest"]
    assert shelf.pointers("jira") == ("1.0.0", "1.0.0", "1.0.0")
    assert shelf.store.objects["jira/spec.json"] == shelf.store.objects["jira/1.0.0/spec.json"]


def test_a_pointer_that_leads_there_is_not_moved_again(shelf: Shelf) -> None:
    pointed(shelf)
    shelf.forget_writes()
    assert pointed(shelf) == []
    assert set(shelf.store.writes) == {store_keys.lease("jira")}
    assert shelf.images.puts == []


def test_the_rest_of_a_killed_release_is_done(shelf: Shelf) -> None:
    pointed(shelf)
    del shelf.store.objects["jira/spec.json"]
    assert pointed(shelf) == ["jira/spec.json"]


def test_a_lower_version_that_is_published_later_moves_nothing(shelf: Shelf) -> None:
    pointed(shelf)
    publish_index(shelf.store, [shelf.publish("jira", "0.9.9")])
    assert pointed(shelf) == []
    assert shelf.pointers("jira") == ("1.0.0", "1.0.0", "1.0.0")


def test_a_higher_beta_is_the_latest_image_alone_where_the_settings_say_so(shelf: Shelf) -> None:
    def pointed_with_betas() -> list[str]:
        return point(shelf.store, shelf.images, IMAGE, "jira", HOLDER, habits=Habits(beta_latest=True))

    pointed(shelf)
    for version in ("1.1.0-beta", "1.2.0-dev", "0.9.0-beta", "1.3.0.rc1"):
        publish_index(shelf.store, [shelf.publish("jira", version)])
    assert pointed(shelf) == []
    assert pointed_with_betas() == [f"{IMAGE}:latest"]
    assert shelf.pointers("jira") == ("1.1.0-beta", "1.0.0", "1.0.0")
    assert shelf.indexed() == {"jira": "1.0.0"}
    publish_index(shelf.store, [shelf.publish("jira", "1.1.0")])
    assert f"{IMAGE}:latest" in pointed_with_betas()
    assert shelf.pointers("jira") == ("1.1.0", "1.1.0", "1.1.0")
    shelf.store.put(store_keys.yanked("jira", "1.1.0"), b"{}")
    shelf.store.put(store_keys.yanked("jira", "1.1.0-beta"), b"{}")
    recompute(shelf.store, "jira")
    pointed_with_betas()
    assert shelf.pointers("jira")[0] == "1.0.0"


def test_examples_of_an_older_version_stay(shelf: Shelf) -> None:
    shelf.store.put(store_keys.example("jira", "1.0.0", "old.json"), b"old")
    pointed(shelf)
    publish_index(shelf.store, [shelf.publish("jira", "1.1.0")])
    pointed(shelf)
    assert shelf.store.objects["jira/examples/old.json"] == b"old"
    assert shelf.pointers("jira") == ("1.1.0", "1.1.0", "1.1.0")


def test_an_invalid_key_among_the_examples_is_left_alone(shelf: Shelf) -> None:
    shelf.store.put("jira/1.0.0/examples/odd name.json", b"")
    pointed(shelf)
    assert [key for key in shelf.store.objects if "odd" in key] == ["jira/1.0.0/examples/odd name.json"]


def test_a_type_that_the_index_does_not_have_has_no_pointers() -> None:
    shelf = Shelf()
    assert pointed(shelf) == []
    assert shelf.images.puts == []


def test_an_index_that_changes_meanwhile_is_followed(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    put = shelf.store.put

    def put_and_meddle(key: str, data: bytes) -> None:
        put(key, data)
        if key == "jira/spec.json" and "1.1.0" not in str(shelf.store.objects):
            publish_index(shelf.store, [shelf.publish("jira", "1.1.0")])

    monkeypatch.setattr(shelf.store, "put", put_and_meddle)
    assert pointed(shelf) == ["jira/examples/", "jira/spec.json", f"{IMAGE}:latest"]
    assert shelf.pointers("jira") == ("1.1.0", "1.1.0", "1.1.0")


def test_an_index_that_keeps_changing_is_given_up(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = iter(range(1, 1000))
    get = shelf.store.get

    def another_each_time(key: str) -> Stored | None:
        if key == store_keys.INDEX:
            number = next(versions)
            shelf.publish("jira", f"1.{number}.0")
            return Stored(b'[{"type": "jira", "version": "1.%d.0"}]' % number, "x")
        return get(key)

    monkeypatch.setattr(shelf.store, "get", another_each_time)
    with pytest.raises(ServiceError, match="the index changes faster than the pointers of jira can follow"):
        pointed(shelf)


@pytest.mark.parametrize(
    ("tag", "answer", "told"),
    [
        ("1.0.0", Absent(), "which the index names, cannot become latest: the registry does not have it"),
        ("1.0.0", Unknown("429; wait"), "cannot become latest: 429; wait"),
        ("latest", Unknown("it hangs"), "jira:latest was not moved: it hangs"),
    ],
)
def test_nothing_is_guessed_where_the_registry_gives_no_answer(
    shelf: Shelf, tag: str, answer: Absent | Unknown, told: str
) -> None:
    shelf.images.answers[IMAGE, tag] = answer
    with pytest.raises(ServiceError, match=told):
        pointed(shelf)
    assert shelf.images.puts == []


def test_a_registry_that_returns_another_image_is_reported(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = shelf.images.manifest

    def another(name: str, reference: str) -> Manifest:
        return Manifest(b"{}", "x") if reference == "latest" else manifest(name, reference)

    monkeypatch.setattr(shelf.images, "manifest", another)
    with pytest.raises(
        ServiceError, match=r"jira:latest: the registry gives back sha256:44136fa355.*, not sha256:"
    ):
        pointed(shelf)


def test_an_index_with_a_path_for_a_version_leads_nowhere() -> None:
    shelf = Shelf()
    shelf.store.put(store_keys.INDEX, b'[{"type": "jira", "version": "../../aws/1.0.0"}]')
    shelf.images.put_manifest(IMAGE, Manifest(b"{}", "x"), "../../aws/1.0.0")
    with pytest.raises(UsageError, match="is no version"):
        pointed(shelf)


@pytest.mark.parametrize("write", ["put", "put_manifest"])
def test_a_release_that_lost_the_lease_moves_nothing(
    shelf: Shelf, write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if write == "put_manifest":
        pointed(shelf)
        shelf.images.tags.pop((IMAGE, "latest"))
        shelf.forget_writes()
    lost = lose_at_first_read(shelf)
    monkeypatch.setattr(shelf.store, "get", lost)
    with pytest.raises(ServiceError, match="ben@shore took over jira meanwhile"):
        pointed(shelf)
    assert shelf.images.puts == []
    assert {key for key in shelf.store.writes if not key.startswith(".")} == set()


def lose_at_first_read(shelf: Shelf) -> Callable[[str], Stored | None]:
    """Somebody else has the lease from when the index is read."""
    get = shelf.store.get

    def losing(key: str) -> Stored | None:
        if key == store_keys.INDEX:
            shelf.store.objects[store_keys.lease("jira")] = (
                b'{"holder": "ben@shore", "token": "b", "until": 9e9}'
            )
        return get(key)

    return losing


def test_pointers_wait_for_another_release_that_moves_them(shelf: Shelf) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        theirs.__exit__(None, None, None)

    theirs = lease(shelf.store, store_keys.lease("jira"), Holder("ben@shore", "b"))
    theirs.__enter__()
    moved = point(shelf.store, shelf.images, IMAGE, "jira", HOLDER, Clock(sleep=sleep))
    assert (len(moved), len(slept)) == (3, 1)


def test_the_schemas_of_the_mapping_follow_where_the_version_has_them(shelf: Shelf) -> None:
    def followed() -> list[str]:
        habits = Habits(app_config_schemas=True)
        return point(shelf.store, shelf.images, IMAGE, "jira", HOLDER, habits=habits)

    pointed(shelf)
    assert followed() == []
    shelf.store.put("jira/1.0.0/port_app_config.ui.json", b"{}")
    assert (pointed(shelf), followed()) == ([], ["jira/port_app_config.ui.json"])
    assert shelf.store.objects["jira/port_app_config.ui.json"] == b"{}"
