"""Raw objects become the entities that Ocean makes of them, in each version of the framework."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.framework import Framework
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.item_parsing import deleted_path
from seatrial.preview.mapping import MappingRefused, as_jq, read_resource
from seatrial.preview.processor import Mapped, ObjectVerdict, map_objects

NEWEST = Framework()


def release(*numbers: int) -> Framework:
    return Framework(numbers)


def resource(selector: Any = "true", /, items: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    mappings = {"identifier": ".id", "blueprint": '"thing"', **fields}
    return {
        "kind": "thing",
        "selector": {"query": selector},
        "port": {**(items or {}), "entity": {"mappings": mappings}},
    }


def mapped(
    evaluator: Evaluator, given: dict[str, Any], *objects: Any, framework: Framework = NEWEST
) -> list[Mapped]:
    return map_objects(read_resource(given, framework), objects, framework, evaluator)


def title(evaluator: Evaluator, program: Any, data: dict[str, Any], framework: Framework = NEWEST) -> Any:
    (found,) = mapped(evaluator, resource(title=program), {"id": "x", **data}, framework=framework)
    assert found.entity is not None
    return found.entity["title"]


def test_a_mapping_fills_an_entity(evaluator: Evaluator) -> None:
    given = resource(
        title=".name", properties={"url": ".links.self", "none": ".nothing"}, relations={"owner": ".by"}
    )
    (found,) = mapped(evaluator, given, {"id": "a", "name": "A", "links": {"self": "u"}, "by": ["x", "y"]})
    assert found.verdict is ObjectVerdict.MAPPED
    assert found.entity == {
        "identifier": "a", "title": "A", "blueprint": "thing", "properties": {"url": "u", "none": None},
        "relations": {"owner": ["x", "y"]},
    }  # fmt: skip
    assert [value.where for value in found.values if value.is_null] == ["properties.none"]


@pytest.mark.parametrize(
    ("program", "data", "value"),
    [
        (
            '.rows[] | select(.n == "b") | .v',
            {"rows": [{"n": "a", "v": 1}, {"n": "b", "v": 2}, {"n": "b", "v": 3}]},
            2,
        ),
        ('.rows[] | select(.n == "z") | .v', {"rows": [{"n": "a", "v": 1}]}, None),
        (
            '.views | map(select(.sort | IN("A", "B")) | .key)',
            {"views": [{"sort": "A", "key": 1}, {"sort": "C"}]},
            [1],
        ),
        (".name.", {"name": "x"}, None),
        (".name | error", {"name": "x"}, None),
        ("", {"name": "x"}, None),
        ("$ENV.HOME", {}, None),
        (None, {}, None),
        (5, {}, 5),
        (True, {}, None),
        (1.5, {}, 1.5),
        ('.a // "none"', {"a": False}, "none"),
        ("[.a, .b]", {"a": 0}, [0, None]),
    ],
)
def test_an_expression_gives_its_first_output_or_null(
    evaluator: Evaluator, program: Any, data: dict[str, Any], value: Any
) -> None:
    assert title(evaluator, program, data) == value


@pytest.mark.parametrize(
    ("program", "value"),
    [("'/' + .org", "/port"), (".org + '/'", "port/"), (".org + '/' + .org", "port/port"), (".x // 'it''s'", "it''s"),
     ('"it\'s " + .org', "it's port"), (".org + ' ' + .org", None)],
)  # fmt: skip
def test_single_quotes_at_the_edges_of_a_text_are_double_ones_from_0_30_1_on(
    evaluator: Evaluator, program: str, value: Any
) -> None:
    assert title(evaluator, program, {"org": "port"}, release(0, 30, 1)) == value
    single = program.startswith("'") or " '" in program
    assert title(evaluator, program, {"org": "port"}, release(0, 30)) == (None if single else value)


def test_the_selector_decides_and_must_be_a_boolean(evaluator: Evaluator) -> None:
    objects = [{"id": "a", "on": True}, {"id": "b", "on": False}, {"id": "c", "on": "yes"}, {"id": "d"}]
    found = mapped(evaluator, resource(".on"), *objects)
    assert [one.verdict for one in found] == [
        ObjectVerdict.MAPPED,
        ObjectVerdict.REFUSED,
        ObjectVerdict.FAILED,
        ObjectVerdict.FAILED,
    ]
    assert found[2].reason == "the selector gives 'yes', not true or false"
    none, broken = (mapped(evaluator, resource(query), {"id": "a"})[0] for query in ("empty", ".on."))
    assert none.verdict is broken.verdict is ObjectVerdict.FAILED


def test_true_without_quotes_is_no_program(evaluator: Evaluator) -> None:
    assert mapped(evaluator, resource(True), {"id": "a"})[0].verdict is ObjectVerdict.FAILED


@pytest.mark.parametrize(
    ("identifier", "words"), [(None, "null"), ("", "empty ('')"), (0, "empty (0)"), (False, "empty (False)")]
)
def test_an_entity_without_an_identifier_is_skipped(
    evaluator: Evaluator, identifier: Any, words: str
) -> None:
    (found,) = mapped(evaluator, resource(), {"id": identifier})
    assert (found.verdict, found.reason) == (ObjectVerdict.SKIPPED, f"the identifier is {words}")


def test_an_entity_without_a_blueprint_is_skipped_and_a_number_is_an_identifier(evaluator: Evaluator) -> None:
    found = mapped(evaluator, resource(blueprint=".sort"), {"id": "a", "sort": ""}, {"id": 7, "sort": "s"})
    assert [one.verdict for one in found] == [ObjectVerdict.SKIPPED, ObjectVerdict.MAPPED]
    assert found[1].entity is not None
    assert found[1].entity["identifier"] == 7


def test_texts_of_search_queries_are_programs_too(evaluator: Evaluator) -> None:
    inner = {
        "combinator": "'or'",
        "rules": [{"property": '"$title"', "operator": '"="', "value": ".by", "extra": 1}],
    }
    query = {
        "combinator": '"and"',
        "rules": [{"property": '"mail"', "operator": '"="', "value": ".mail"}, inner],
    }
    given = resource(identifier=query, team=inner, relations={"owner": query, "plain": ".by"})
    (found,) = mapped(evaluator, given, {"mail": "m", "by": None})
    nested = {"combinator": "or", "rules": [{"property": "$title", "operator": "=", "value": None}]}
    whole = {"combinator": "and", "rules": [{"property": "mail", "operator": "=", "value": "m"}, nested]}
    assert found.entity is not None
    assert (found.entity["identifier"], found.entity["team"]) == (whole, nested)
    assert found.entity["relations"] == {"owner": whole, "plain": None}
    assert "relations.owner.rules[1].rules[0].value" in [
        value.where for value in found.values if value.is_null
    ]


def test_search_queries_were_introduced_one_by_one() -> None:
    query = {"combinator": '"and"', "rules": []}
    for fields, since in (
        ({"relations": {"owner": query}}, (0, 8)), ({"identifier": query}, (0, 10, 7)), ({"team": query}, (0, 22)),
    ):  # fmt: skip
        assert read_resource(resource(**fields), release(*since))
        with pytest.raises(MappingRefused):
            read_resource(resource(**fields), release(since[0], since[1] - 1, 99))


HALF = {"combinator": '"and"', "rules": [{"property": '"a"'}]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (resource(identifier=None), "identifier is missing"),
        (resource(blueprint=["b"]), "blueprint is not a text"),
        (resource(properties={"a": None}), "properties.a is missing"),
        (resource(properties={"a": {"b": ".c"}}), "properties.a is not a text"),
        (resource(relations=None), "relations is missing"),
        (resource(relations={"a": {"combinator": '"and"'}}), "relations.a.rules is not a list"),
        (resource(relations={"a": HALF}), "relations.a.rules[0].operator is missing"),
        (resource(items={"itemsToParseTopLevelTransform": "no!"}), "itemsToParseTopLevelTransform is not true or"),
        ({**resource(), "selector": {}}, "selector.query is missing"),
        ({**resource(), "port": {"entity": {"mappings": [{"identifier": ".a"}]}}}, "port.entity.mappings is not an"),
        ("text", "the resource is not an object"),
    ],
)  # fmt: skip
def test_a_mapping_that_ocean_refuses(given: Any, words: str) -> None:
    with pytest.raises(MappingRefused, match=words.replace("[", r"\[")):
        read_resource(given, NEWEST)


def test_unknown_keys_are_dropped_and_empty_lists_are_objects() -> None:
    found = read_resource(resource(properties=[], other=".a"), NEWEST)
    assert dict(found.fields) == {"identifier": ".id", "blueprint": '"thing"', "properties": {}}
    assert "icon" not in read_resource(resource(icon=".i"), release(0, 24, 8)).fields
    assert "team" not in read_resource(resource(team=".t"), release(0, 4, 13)).fields


def test_an_icon_is_a_text(evaluator: Evaluator) -> None:
    number, listed = mapped(
        evaluator, resource(icon=".icon"), {"id": "a", "icon": 5}, {"id": "b", "icon": []}
    )
    assert number.entity is not None
    assert (number.entity["icon"], listed.verdict) == ("5", ObjectVerdict.FAILED)


ITEMS = {"itemsToParse": ".parts", "itemsToParseName": "part"}
PARTED = resource(
    items=ITEMS,
    identifier='.id + "-" + .part.n',
    title=".part",
    properties={"all": ".parts", "item": ".item.n"},
)
WHOLE = {"id": "a", "parts": [{"n": "1"}, {"n": "2"}], "part": "own"}


def test_an_object_is_mapped_once_for_each_item(evaluator: Evaluator) -> None:
    found = mapped(evaluator, PARTED, WHOLE)
    entities = [one.entity for one in found if one.entity]
    assert [(one["identifier"], one["title"], one["properties"]["all"]) for one in entities] == [
        ("a-1", {"n": "1"}, None),
        ("a-2", {"n": "2"}, None),
    ]
    assert [one.item for one in found] == [0, 1]


def test_the_list_may_stay_in_the_object(evaluator: Evaluator) -> None:
    given = resource(
        items={**ITEMS, "itemsToParseTopLevelTransform": False}, properties={"all": ".parts | length"}
    )
    entities = [one.entity for one in mapped(evaluator, given, WHOLE)]
    assert [one and one["properties"] for one in entities] == [{"all": 2}, {"all": 2}]


@pytest.mark.parametrize(
    ("program", "path"),
    [
        (".file.content", ".file.content"), (" .key ", ".key"), ("(.a.b)", ".a.b"), (". as $all | .a", ".a"),
        ("$items | .a", ".a"), (". | .a", ".a"), (".a // []", ".a"), (".[0].[1].key", ".[0].[1].key"),
        (".a[0].b", ".a[0].b"), (".a.[0].b", ".a.[0].b"), ("$items", "."), (".", "."), (". as $root", "."),
        ("(.a", "."),
        (".a | map(.b)", ".a"), ("[.a[], .b[]]", "."), ("", "."), ("(.a | map(.b)) | .c", ".a"), ("map(.a)", "."),
    ],
)  # fmt: skip
def test_the_path_that_is_taken_out_is_the_first_plain_one(program: str, path: str) -> None:
    assert deleted_path(program) == path


def test_without_such_a_path_nothing_is_left_of_the_object(evaluator: Evaluator) -> None:
    given = resource(items={"itemsToParse": "[.parts[]]"}, identifier=".item.n")
    (newest,) = mapped(evaluator, given, WHOLE)
    assert (newest.verdict, newest.reason[:40]) == (
        ObjectVerdict.SKIPPED,
        "itemsToParse leads to no path that can b",
    )
    (older,) = mapped(evaluator, given, WHOLE, framework=release(0, 38, 10))
    assert older.verdict is ObjectVerdict.FAILED
    assert len(mapped(evaluator, given, WHOLE, framework=release(0, 28, 13))) == 2


def test_items_that_are_no_list_are_skipped(evaluator: Evaluator) -> None:
    given = resource(items={"itemsToParse": ".id"})
    for framework in (NEWEST, release(0, 31), release(0, 29, 5), release(0, 18, 6)):
        (found,) = mapped(evaluator, given, WHOLE, framework=framework)
        assert (found.verdict, found.reason) == (ObjectVerdict.SKIPPED, "itemsToParse gives no list: a text")
    (empty,) = mapped(evaluator, PARTED, {"id": "a", "parts": []})
    assert empty.reason == "the list of items is empty"


def test_before_0_31_a_key_of_the_object_wins_over_the_item(evaluator: Evaluator) -> None:
    first, _ = mapped(
        evaluator,
        resource(items=ITEMS, title=".part", properties={"n": ".parts | length"}),
        WHOLE,
        framework=release(0, 28, 13),
    )
    assert first.entity is not None
    assert (first.entity["title"], first.entity["properties"]) == ("own", {"n": 2})


def test_before_0_27_3_an_item_is_called_item(evaluator: Evaluator) -> None:
    found = mapped(evaluator, PARTED, WHOLE, framework=release(0, 18, 6))
    assert [one.entity and one.entity["properties"]["item"] for one in found] == ["1", "2"]


def test_before_0_5_7_there_were_no_items(evaluator: Evaluator) -> None:
    assert len(mapped(evaluator, PARTED, WHOLE, framework=release(0, 5, 6))) == 1


def test_from_0_28_14_to_0_30_each_expression_is_given_what_its_text_seems_to_need(
    evaluator: Evaluator,
) -> None:
    fields = {
        "mixed": '.part.n + "-" + .id',
        "text": '"a.b"',
        "item": ".part.n",
        "whole": ".id",
        "own": ".part",
    }
    given = resource(items=ITEMS, properties=fields)
    old, later = (
        mapped(evaluator, given, WHOLE, framework=release(0, *one))[0].entity for one in ((28, 14), (29, 10))
    )
    assert old is not None
    assert later is not None
    assert old["properties"] == {"mixed": "1-", "text": "a.b", "item": "1", "whole": "a", "own": {"n": "1"}}
    assert later["properties"]["mixed"] is None


def test_from_0_28_14_to_0_30_a_key_without_a_program_is_left_out_where_items_are_parsed() -> None:
    fields = [read_resource(resource(items=one, title=None), release(0, 29, 5)).fields for one in (ITEMS, {})]
    assert ["title" in one for one in fields] == [False, True]


def test_from_0_28_14_to_0_30_a_selector_without_a_dot_is_given_nothing(evaluator: Evaluator) -> None:
    given = resource('type == "object"')
    assert (
        mapped(evaluator, given, {"id": "a"}, framework=release(0, 29, 5))[0].verdict is ObjectVerdict.MAPPED
    )
    given = resource('tostring != "{}"')
    assert (
        mapped(evaluator, given, {"id": "a"}, framework=release(0, 29, 5))[0].verdict is ObjectVerdict.REFUSED
    )
    assert mapped(evaluator, given, {"id": "a"})[0].verdict is ObjectVerdict.MAPPED


def test_before_0_10_13_an_error_behind_the_first_output_counts(evaluator: Evaluator) -> None:
    assert title(evaluator, "1, error(2)", {}, release(0, 10, 12)) is None
    assert title(evaluator, "1, error(2)", {}, release(0, 10, 13)) == 1
    assert as_jq(".a # note", release(0, 9)) == "[(.a # note\n)] | .[:1][]"


def test_before_0_3_what_is_empty_is_null(evaluator: Evaluator) -> None:
    assert title(evaluator, ".n", {"n": 0}, release(0, 2, 3)) is None
    assert title(evaluator, ".n", {"n": 0}, release(0, 3)) == 0


def test_a_raw_value_that_is_not_an_object_fails(evaluator: Evaluator) -> None:
    found = mapped(evaluator, resource(), "text", {"id": "a"}, 5)
    assert [one.verdict for one in found] == [
        ObjectVerdict.FAILED,
        ObjectVerdict.MAPPED,
        ObjectVerdict.FAILED,
    ]


def test_an_expression_that_does_not_end_is_null_and_says_so(evaluator: Evaluator) -> None:
    (found,) = mapped(evaluator, resource(title="def f: f; f", properties={"a": ".a"}), {"id": "x", "a": 1})
    assert found.entity is not None
    assert (found.entity["title"], found.entity["properties"]) == (None, {"a": 1})
    assert [value.where for value in found.values if not value.answer.finished] == ["title"]
