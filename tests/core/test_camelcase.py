"""The Python name of a configuration. The expected answers are those of pyhumps 3.8.0."""

import pytest

from seatrial.core.names import decamelize


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("token", "token"),
        ("apiUrl", "api_url"),
        ("ApiUrl", "api_url"),
        ("apiURL", "api_url"),
        ("APIToken", "api_token"),
        ("myAPIToken", "my_api_token"),
        ("aFooBar", "a_foo_bar"),
        ("isV8Point7", "is_v8_point7"),
        ("bitbucketIsVersion8Point7OrOlder", "bitbucket_is_version8_point7_or_older"),
        ("oauth2Token", "oauth2_token"),
        ("sha256Hash", "sha256_hash"),
        ("S3Bucket", "s3_bucket"),
        ("AB2CdE", "ab2_cd_e"),
    ],
)
def test_a_new_word_begins_at_a_capital(name: str, key: str) -> None:
    assert decamelize(name) == key


@pytest.mark.parametrize("name", ["api_url", "a", "API_KEY", "URL", "3", "42", "", "-", "__private", "x-y"])
def test_these_names_are_left_alone(name: str) -> None:
    assert decamelize(name) == name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("foo_Bar", "foo__bar"),
        (" my Token ", "my_token"),
        ("MY TOKEN", "MY TOKEN"),
        ("foo-Bar", "foo_-bar"),
        ("Foo-Bar", "foo-_bar"),
        ("_Foo", "_foo"),
        ("_FooBar", "_foo_bar"),
        ("fooÉtat", "fooétat"),
    ],
)
def test_the_oddities_of_pyhumps_are_kept(name: str, key: str) -> None:
    assert decamelize(name) == key


def test_a_converted_name_is_not_converted_further() -> None:
    assert decamelize(decamelize("tokenGroupHooksURLMapping2")) == decamelize("tokenGroupHooksURLMapping2")
