"""One request to the Monitoring API: its parameters, and how they may be refused."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

import attrs

from tocsin.simulator.frame import Json
from tocsin.simulator.lastline.entities import TYPES, Appliance
from tocsin.simulator.lastline.envelope import Code, failure
from tocsin.simulator.lastline.state import LastlineState
from tocsin.simulator.web import Call, Refusal

_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?")
_NUMBER = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,6})?")
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_MILLISECONDS = 1e11  # more seconds than that are 3,000 years


@attrs.define(slots=False)
class Ask:
    """A request of somebody who is signed in and may view appliances; ``xml`` is how it wants its reply."""

    call: Call
    state: LastlineState
    xml: bool

    def refusal(self, code: Code, text: str) -> Refusal:
        """An error of the API's own."""
        return Refusal(failure(self.state, code, text, xml=self.xml))

    def invalid(self, name: str, allowed: str) -> Refusal:
        """The error of a parameter that is not what is ``allowed``."""
        return self.refusal(Code.INVALID, f"Invalid {name}: must be {allowed}")

    # Parameters

    def required(self, name: str) -> str:
        """A text that must be there."""
        value = self.call.value(name)
        if value is None:
            raise self.refusal(Code.MISSING, f"Missing parameter: {name}")
        return value

    def items(self, name: str) -> list[str] | None:
        """A comma-separated list, each item once; None if it is not given."""
        value = self.call.value(name)
        return None if value is None else list(dict.fromkeys(filter(None, value.split(","))))

    def integer(self, name: str, *, least: int, most: int = 10**9) -> int | None:
        """A whole number; None if it is not given."""
        value = self.call.value(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value) or not least <= int(value) <= most:
            raise self.invalid(name, f"a whole number from {least} to {most}")
        return int(value)

    # Times

    @cached_property
    def zone(self) -> tzinfo:
        """The zone of the times in the request."""
        for name in ("timezone", "time_zone"):
            value = self.call.value(name)
            if value is not None:
                try:
                    return ZoneInfo(value)
                except (KeyError, ValueError, OSError):  # no such zone; no such path; a directory of zones
                    raise self.invalid(name, "a time zone, such as UTC or Europe/Rome") from None
        return UTC

    @cached_property
    def reply_zone(self) -> tzinfo:
        """The zone of the times in the reply."""
        return self.zone if self.state.zoned_replies else UTC

    def range(self) -> tuple[float, float]:
        """The range asked for, in seconds since 1970."""
        start, end = self._time("start_time"), self._time("end_time")
        if end < start:
            raise self.invalid("end_time", "not before start_time")
        return start, end

    def _time(self, name: str) -> float:
        """A time in any form that the vendor's clients and examples have: the API's page names none."""
        value, zone = self.required(name), self.zone
        try:
            if _NUMBER.fullmatch(value):
                number = float(value)
                return number / 1000 if abs(number) > _MILLISECONDS else number
            if _TEXT.fullmatch(value):
                whole, _, fraction = value.partition(".")
                moment = datetime.fromisoformat(whole).replace(microsecond=int(f"{fraction:0<6}"), tzinfo=zone)
                return moment.timestamp()
        except ValueError:
            pass  # the digits are those of no day or no hour
        raise self.invalid(name, "YYYY-MM-DD, YYYY-MM-DD HH:MM:SS[.ffffff], or seconds since 1970")

    # Selectors

    def appliances(self, *, by_customer: bool = True) -> list[Appliance]:
        """Those that every selector selects, by uuid; ``by_customer`` says whether there is one for customers."""
        uuids, kind = self.items("appliance_uuids"), self.call.value("appliance_type")
        if kind is not None and kind not in TYPES:
            raise self.invalid("appliance_type", f"one of {', '.join(TYPES)}")
        fields = self._licence()
        customer = (by_customer and self.call.value("customer")) or self.state.customer
        if customer not in self.state.customers:
            raise self.invalid("customer", "the main customer of the account, or one that it may see")
        every = self.state.appliances
        for uuid in () if uuids is None else uuids:
            found = every.get(uuid)
            # Whether it does not exist is for nobody to know who may not see it.
            if found is None or found.customer not in self.state.customers or kind not in {None, found.type}:
                raise self.refusal(Code.NO_SUCH_APPLIANCE, f"No such appliance: {uuid}")
        return [
            each
            for uuid, each in sorted(every.items())
            if (uuids is None or uuid in uuids)
            and kind in {None, each.type}
            and each.customer == customer
            and all(value == _text(getattr(each, name)) for name, value in fields.items())
        ]

    def _licence(self) -> Mapping[str, str]:
        """What the fields of an appliance's licence key have to be."""
        fields: dict[str, str] = {}
        key = self.call.value("key")
        if key is not None:
            fields["access_key"], colon, subkey = key.partition(":")
            if colon:
                fields["subkey"] = subkey
        for parameter, name in (("key_id", "access_key_id"), ("subkey_id", "subkey_id")):
            value = self.call.value(parameter)
            if value is not None:
                fields[name] = value
        if "subkey_id" in fields and "access_key_id" not in fields:
            raise self.refusal(Code.MISSING, "Missing parameter: subkey_id needs key_id")
        return fields

    # Replies

    def table(self, fields: Mapping[str, Json]) -> Json:
        """An object, or what the server writes for one without entries."""
        return fields if fields or not self.state.empty_as_list else []


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)


def stamp(seconds: int, zone: tzinfo) -> str:
    """A time as the log shows it, in the zone."""
    return datetime.fromtimestamp(seconds, zone).replace(tzinfo=None).isoformat(" ")
