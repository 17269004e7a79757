"""Elements that other languages push."""

import pytest

from giveway import ArgumentError, PayloadTooLarge
from giveway.core.raw_task import RawTask, decode_raw_task


def test_the_element_of_the_documentation_is_a_task() -> None:
    element = b'{"task":"build_one","args":{"package_id":1,"channel":2}}'
    assert decode_raw_task(element) == RawTask("build_one", b'{"package_id":1,"channel":2}')


def test_arguments_may_be_left_out() -> None:
    assert decode_raw_task(b'{"task":"tick"}') == RawTask("tick", b"{}")


def test_large_numbers_zero_bytes_and_emoji_pass_unchanged() -> None:
    element = '{"task":"t","args":{"a":[9223372036854775809,1e-320,[],{},"\\u0000😀"]}}'.encode()
    assert decode_raw_task(element).payload == (
        '{"a":[9223372036854775809,1e-320,[],{},"\\u0000😀"]}'.encode()
    )


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        (b"{", "element is not JSON"),
        (b'{"task":"a","task":"b"}', "element holds the key 'task' twice"),
        (b'{"task":"a","args":{"x":[NaN]}}', r"element.args.x\[0\] holds nan"),
        (b'{"task":"a","arguments":{}}', "unknown field 'arguments'"),
        (b'{"args":{}}', "field task"),
        (b'{"task":7}', "field task"),
        (b'{"task":""}', "field task"),
        (b'{"task":"a","args":[1]}', "field args"),
        (b'{"task":"a","args":null}', "field args"),
        (b'{"task":"a","args":{"x":' + b"[" * 63 + b"]" * 63 + b"}}", "nested deeper than 64"),
    ],
)
def test_a_malformed_element_is_refused_with_the_field(element: bytes, problem: str) -> None:
    with pytest.raises(ArgumentError, match=problem):
        decode_raw_task(element)


def test_an_element_above_one_mib_is_refused() -> None:
    with pytest.raises(PayloadTooLarge, match="1048576 is the limit"):
        decode_raw_task(b'{"task":"a","args":{"x":"' + b"x" * 1024 * 1024 + b'"}}')
