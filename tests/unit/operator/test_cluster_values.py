"""What is pure of the API server's room: waiting, selectors, rights."""

from typing import Any

import pytest
from lightkube.models.meta_v1 import LabelSelector, LabelSelectorRequirement

from giveway_operator.cluster.errors import (
    AlreadyExists,
    Asked,
    ClusterError,
    Conflict,
    Forbidden,
    Unauthorized,
)
from giveway_operator.cluster.lease import LeaseTimes
from giveway_operator.cluster.patience import Patience
from giveway_operator.cluster.rights import RIGHTS, Where, rules
from giveway_operator.cluster.targets import selector_text


@pytest.mark.parametrize(
    ("failures", "longest"), [(1, 0.1), (2, 0.2), (3, 0.4), (6, 3.0), (10_000, 3.0)]
)
def test_each_failure_doubles_the_wait_up_to_a_cap(failures: int, longest: float) -> None:
    patience = Patience(base_seconds=0.1, cap_seconds=3.0)

    def wait(drawn: float) -> float:
        return patience.delay_seconds(failures, retry_after_seconds=None, random=lambda: drawn)

    assert wait(0.0) == 0.0
    assert wait(1.0) == pytest.approx(longest)


def test_a_server_that_says_when_is_not_asked_before_and_not_by_all_at_once() -> None:
    draws = iter((0.0, 0.5, 1.0))
    waits = [
        Patience().delay_seconds(1, retry_after_seconds=5.0, random=lambda: next(draws))
        for _ in range(3)
    ]
    assert waits[0] == 5.0
    assert waits == sorted(set(waits))


@pytest.mark.parametrize("seconds", [3.0, 10.0, 15.0, 120.0])
def test_a_holder_stops_well_before_another_takes_over_and_renews_several_times_before(
    seconds: float,
) -> None:
    times = LeaseTimes.of(seconds)
    assert times.duration == seconds
    assert times.deadline <= 0.8 * times.duration
    assert 3 * times.renew < times.deadline
    assert times.retry <= 1.0


def requirement(key: str, operator: str, *values: str) -> LabelSelectorRequirement:
    return LabelSelectorRequirement(key=key, operator=operator, values=list(values) or None)


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (None, ""),
        (LabelSelector(matchLabels={"b": "2", "a": "1"}), "a=1,b=2"),
        (LabelSelector(matchExpressions=[requirement("a", "In", "x", "y")]), "a in (x,y)"),
        (LabelSelector(matchExpressions=[requirement("a", "NotIn", "x")]), "a notin (x)"),
        (LabelSelector(matchExpressions=[requirement("a", "Exists")]), "a"),
        (LabelSelector(matchExpressions=[requirement("a", "DoesNotExist")]), "!a"),
        (
            LabelSelector(matchLabels={"a": "1"}, matchExpressions=[requirement("b", "Exists")]),
            "a=1,b",
        ),
    ],
)
def test_a_selector_is_written_as_kubectl_takes_it(selector: Any, text: str) -> None:
    assert selector_text(selector) == text


def test_a_request_is_told_as_rbac_sees_it() -> None:
    asked = Asked("patch", "apps", "deployments/scale", "prod", "web")
    assert str(asked) == "patch deployments/scale web in namespace prod"
    assert str(Asked("list", "", "pods")) == "list pods in all namespaces"
    assert asked.rule == (
        '{apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"]}'
    )


def test_the_errors_are_one_tree_with_a_word_each() -> None:
    words = {kind.word for kind in _all(ClusterError)}
    assert len(words) == len(list(_all(ClusterError)))
    assert issubclass(AlreadyExists, Conflict)
    assert issubclass(Unauthorized, Forbidden)


def _all(kind: type[ClusterError]) -> list[type[ClusterError]]:
    return [kind, *(below for one in kind.__subclasses__() for below in _all(one))]


def test_a_role_names_each_right_once() -> None:
    listed = [(r.group, r.resource, r.verb) for r in RIGHTS]
    assert len(set(listed)) == len(listed)
    named = [
        (rule.group, rule.resource, verb)
        for where in Where
        for rule in rules(where)
        for verb in rule.verbs
    ]
    assert sorted(named) == sorted(listed)
    assert not any("*" in part for right in listed for part in right)
