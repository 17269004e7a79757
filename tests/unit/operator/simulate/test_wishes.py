"""What people write on the command line, and what they are told if it makes no sense."""

import pytest

from giveway.errors import ConfigurationError
from giveway_operator.simulate.measures import Promise
from giveway_operator.simulate.wishes import LoadWish, duration_seconds, load_wish, promises


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), (" 1 D ", 86400)]
)
def test_a_duration_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert duration_seconds(text, option="--for") == seconds


@pytest.mark.parametrize("text", ["", "ten", "-5", "0", "5 weeks", "400d", "1e3", "nan"])
def test_what_is_no_duration_is_refused_with_the_option(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--for"):
        duration_seconds(text, option="--for")


def test_promises_stand_in_the_order_of_urgency() -> None:
    assert promises("high=5, low=1h") == (Promise("high", 5.0), Promise("low", 3600.0))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no tier"),
        ("high", "'high' is not TIER=SECONDS"),
        ("high=5,high=6", "names a tier twice"),
        ("=5", "'=5' is not TIER=SECONDS"),
        ("high=soon", "'soon' is no duration"),
    ],
)
def test_what_is_no_promise_is_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--slo") as caught:
        promises(text)
    assert why in str(caught.value)


def test_a_load_may_be_longer_and_more() -> None:
    assert load_wish("bursts") == LoadWish("bursts")
    assert load_wish("bulk:duration=2h, rate=0.5") == LoadWish("bulk", 7200.0, 0.5)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("storm", "there is no 'storm'; there are steady, diurnal"),
        ("bulk:speed=3", "'speed' is neither duration nor rate"),
        ("bulk:rate=0", "'0' is not a number above 0"),
        ("bulk:rate=x", "'x' is not a number above 0"),
        ("bulk:duration=x", "--load duration: 'x' is no duration"),
    ],
)
def test_what_is_no_load_is_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_wish(text)
    assert why in str(caught.value)
