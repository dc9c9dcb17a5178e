"""What a user may set is checked when it is made."""

import pytest
from attrs.exceptions import FrozenInstanceError

from tocsin.errors import ConfigError
from tocsin.options import Limits, Rate, RetryPolicy, Timeouts, check_kinds

BAD_SECONDS = [-1, float("nan"), float("inf"), "3", True, -0.001]


@pytest.mark.parametrize("name", ["total", "base", "cap", "max_retry_after"])
@pytest.mark.parametrize("value", [*BAD_SECONDS, None])
def test_bad_retry_seconds(name: str, value: object) -> None:
    """Seconds of a policy are finite and not negative; the message names the setting."""
    with pytest.raises(ConfigError, match=f"{name} must be a number of seconds at least 0"):
        RetryPolicy(**{name: value})


@pytest.mark.parametrize("name", ["connect", "read", "write", "attempt", "total"])
@pytest.mark.parametrize("value", [*BAD_SECONDS, 0])
def test_bad_timeouts(name: str, value: object) -> None:
    """A timeout is finite and above zero."""
    with pytest.raises(ConfigError, match=f"{name} must be a number of seconds above 0"):
        Timeouts(**{name: value})


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", True, None])
def test_bad_whole_numbers(value: object) -> None:
    """Counts are whole numbers, at least one."""
    with pytest.raises(ConfigError, match="attempts must be a whole number, at least 1"):
        RetryPolicy(attempts=value)
    with pytest.raises(ConfigError, match="concurrency must be a whole number"):
        Limits(concurrency=value)
    with pytest.raises(ConfigError, match="max_body must be a whole number"):
        Limits(max_body=value)
    with pytest.raises(ConfigError, match="calls must be a whole number"):
        Rate(value)


def test_good_values() -> None:
    """Zero back-off, no timeouts and one connection are allowed."""
    assert RetryPolicy(attempts=1, total=0, base=0, cap=0, max_retry_after=0).attempts == 1
    assert Timeouts(connect=None, read=None, write=None, attempt=0.001, total=None).attempt == 0.001
    assert Limits(concurrency=1, connections=1, rate=Rate(60)).rate == Rate(60, 60.0)


def test_bad_limits() -> None:
    """Fewer connections than calls in flight, and a rate that is none, are refused."""
    with pytest.raises(ConfigError, match=r"connections \(2\) must be at least concurrency \(3\)"):
        Limits(concurrency=3, connections=2)
    with pytest.raises(ConfigError, match=r"rate must be Rate\(calls, per\), not 60"):
        Limits(rate=60)
    with pytest.raises(ConfigError, match="per must be a number of seconds above 0"):
        Rate(60, 0)


@pytest.mark.parametrize("value", [RetryPolicy(), Timeouts(), Limits(), Rate(1)])
def test_frozen(value: object) -> None:
    """Settings never change."""
    with pytest.raises(FrozenInstanceError):
        value.total = 1


@pytest.mark.parametrize("options", [{"retry": 3}, {"timeouts": 5.0}, {"limits": None}])
def test_kinds(options: dict[str, object]) -> None:
    """A number in the place of a policy is refused by name."""
    (name,) = options
    with pytest.raises(ConfigError, match=rf"{name} must be \w+\(\.\.\.\), not"):
        check_kinds(options)


def test_kinds_that_fit() -> None:
    """What fits, and what is not looked at, passes."""
    check_kinds({"retry": RetryPolicy(), "timeouts": Timeouts(), "limits": Limits(), "other": 1})
