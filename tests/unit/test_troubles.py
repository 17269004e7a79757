"""Errors that a real server gives only in the middle of something rare, in our words."""

import pytest
from redis import exceptions as redis_errors

from giveway.errors import (
    CursorError,
    GivewayError,
    RedisFull,
    StoreCorrupt,
    StoreError,
    StoreMisconfigured,
    StoreUnavailable,
    TiersConflict,
    UnknownTier,
)
from giveway.store.refusals import StaleRequest, Unconfigured
from giveway.store.troubles import translate, worth_repeating, wrong_server

WHERE = "host:6379"


def response(text: str) -> redis_errors.ResponseError:
    return redis_errors.ResponseError(text)


@pytest.mark.parametrize(
    ("error", "kind", "again"),
    [
        (redis_errors.BusyLoadingError("is loading"), StoreUnavailable, False),
        (redis_errors.ReadOnlyError("You can't write"), StoreUnavailable, True),
        (redis_errors.MasterDownError("Link with MASTER is down"), StoreUnavailable, True),
        (response("UNBLOCKED force unblock from blocking operation"), StoreUnavailable, True),
        (response("MISCONF Redis is configured to save"), StoreUnavailable, False),
        (response("BUSY Redis is busy running a script"), StoreUnavailable, False),
        (redis_errors.MovedError("3999 127.0.0.1:6381"), StoreUnavailable, False),
        (
            redis_errors.ClusterDownError("CLUSTERDOWN Hash slot not served"),
            StoreUnavailable,
            False,
        ),
        (redis_errors.TimeoutError("Timeout reading"), StoreUnavailable, True),
        (redis_errors.ConnectionError("Connection closed by server."), StoreUnavailable, True),
        (ConnectionResetError(104, "Connection reset by peer"), StoreUnavailable, True),
        (redis_errors.RedisClusterException("cannot be connected"), StoreUnavailable, True),
        (redis_errors.AuthenticationError("invalid username-password"), StoreMisconfigured, False),
        (redis_errors.AuthenticationError("Authentication required."), StoreMisconfigured, False),
        (response("WRONGPASS invalid username-password pair"), StoreMisconfigured, False),
        (redis_errors.NoPermissionError("no permissions to run 'get'"), StoreMisconfigured, False),
        (response("DENIED Redis is running in protected mode"), StoreMisconfigured, False),
        (redis_errors.OutOfMemoryError("command not allowed"), RedisFull, False),
        (response("CORRUPT giveway:{q}:stats holds"), StoreCorrupt, False),
        (response("WRONGTYPE Operation against a key"), StoreCorrupt, False),
        (response("STALE request 1 comes after 2"), StaleRequest, False),
        (response("UNCONFIGURED the queue"), Unconfigured, False),
        (response("SEQUENCE 1 does not come after 2"), CursorError, False),
        (response("CONFLICT high low"), TiersConflict, False),
        (response("UNKNOWN_TIER x high low"), UnknownTier, False),
        (response("ERR something new"), StoreError, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_error_has_its_kind_and_may_be_worth_repeating(
    error: Exception, kind: type[GivewayError], again: bool
) -> None:
    ours = translate(error, where=WHERE)
    assert type(ours) is kind
    assert worth_repeating(error) is again
    assert str(ours)
    assert "\n" not in str(ours)


def test_the_words_that_a_pipeline_adds_are_taken_away() -> None:
    error = response("Command # 1 (HGETALL giveway:{q}:control) of pipeline caused error: BUSY x")
    assert "busy with a script" in str(translate(error, where=WHERE))


@pytest.mark.parametrize("text", ["READONLY You can't", "UNBLOCKED force", "MASTERDOWN Link"])
def test_a_server_that_is_a_replica_now_is_the_wrong_one(text: str) -> None:
    assert wrong_server(response(text))
    assert not wrong_server(response("ERR no"))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            redis_errors.InvalidResponse("Protocol Error: b'<html>'"),
            "is its port right in redis_url",
        ),
        (response("unknown command 'SENTINEL', with args: 'MASTERS'"), "is no Sentinel"),
        (redis_errors.RedisClusterException("cannot be connected"), "redis:// is for one server"),
        (redis_errors.ConnectionError("refused"), "is it up, and is redis_url right?"),
        (response("WRONGPASS invalid"), "mend redis_url or the password file"),
    ],
)
def test_a_wrong_address_or_password_says_what_to_look_at(error: Exception, says: str) -> None:
    assert says in str(translate(error, where=WHERE))
