"""What an alert may be made of, as the API's page on alerts has it: one table, and the checks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Self, cast

from attrs import frozen

from tocsin.appfirst import inputs
from tocsin.appfirst.values import is_number
from tocsin.errors import InputError
from tocsin.forms import filled, whole

#: What "out of band" (which the page calls "sudden change", too) is for.
OUT_OF_BAND_TRIGGERS: Final = (
    "CPU",
    "Memory",
    "Average Response Time",
    "File Read",
    "File Write",
    "Inbound Network Traffic",
    "Outbound Network Traffic",
    "Network Connections",
    "Threads",
    "Files",
    "Registries",
    "Page Faults",
    "Incident Reports",
    "Critical Incident Reports",
)
#: Of a process; an application has these and one more.
_OF_PROCESSES = (
    "Process Termination",
    *OUT_OF_BAND_TRIGGERS,
    "Incident Report Content",
    "File Accessed",
    "Registry Accessed",
    "Port Accessed",
)
_OF_SERVERS = (
    "Server Down",
    "CPU",
    "Memory",
    "Average Response Time",
    "Disk",
    "Disk Busy",
    "Threads",
    "Page Faults",
    "Processes",
)
#: The trigger types of each type of alert.
TRIGGERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Application": ("Processes", *_OF_PROCESSES),
        "Process": _OF_PROCESSES,
        "Server": _OF_SERVERS,
        "Polled Data": ("Nagios",),
        "Log": ("Number of Info", "Number of Warning", "Number of Critical", "Log Content"),
        "Server Tag": tuple(each for each in _OF_SERVERS if each != "Disk"),
    }
)
OUT_OF_BAND_TYPES: Final = ("Server", "Application", "Polled Data", "Process")
#: Triggers that look for `reg_exp`. The page names "content match"; which these are follows from their names.
CONTENT_TRIGGERS: Final = ("Log Content", "Incident Report Content", "File Accessed", "Registry Accessed")
DISK_TRIGGERS: Final = ("Disk", "Disk Busy")
PORT_TRIGGERS: Final = ("Port Accessed",)
DIRECTIONS: Final = ("above", "below", "outside bounds")
THRESHOLD_TYPES: Final = ("static", "out of band")
#: The longest window, by its units: hours, days.
WINDOWS: Final[Mapping[str, int]] = MappingProxyType({"h": 23, "d": 31})


@frozen
class _Only:
    """Fields that say something about some alerts alone."""

    fields: tuple[str, ...]
    of: str
    applies: Callable[[Mapping[str, Any]], bool]


_ONLY = (
    _Only(("num_of_servers",), "alerts of type Server Tag", lambda given: given["type"] == "Server Tag"),
    _Only(("part_name",), " and ".join(DISK_TRIGGERS), lambda given: given["trigger_type"] in DISK_TRIGGERS),
    _Only(("ip_details",), PORT_TRIGGERS[0], lambda given: given["trigger_type"] in PORT_TRIGGERS),
    _Only(("reg_exp",), ", ".join(CONTENT_TRIGGERS), lambda given: given["trigger_type"] in CONTENT_TRIGGERS),
    _Only(
        ("band_value", "window_length", "window_units"),
        'threshold_type="out of band"',
        lambda given: given.get("threshold_type") == "out of band",
    ),
)


@frozen
class ProcessTarget:
    """What an alert on a process watches.

    Attributes:
        created: when it was created, as AppFirst writes it: 19 digits count nanoseconds since 1970.
    """

    server_id: int
    pid: int
    created: int
    name: str

    def __attrs_post_init__(self) -> None:
        whole(1)("server_id", self.server_id)
        whole(0)("pid", self.pid)
        whole(0)("created", self.created)
        filled("name", self.name)

    @classmethod
    def parse(cls, given: str) -> Self:
        """Of "server_id,pid,creationtime,name", as the API has it. Raises InputError for anything else."""
        parts = given.split(",", 3) if isinstance(given, str) else []
        if len(parts) < 4 or not all(is_number(each) for each in parts[:3]):
            raise InputError(
                f'target_id must be "server_id,pid,creationtime,name" of a process, not {given!r:.99}'
            )
        return cls(int(parts[0]), int(parts[1]), int(parts[2]), parts[3])

    def __str__(self) -> str:
        return f"{self.server_id},{self.pid},{self.created},{self.name}"

    @property
    def uid(self) -> str:
        """The same process as ``client.processes`` has it."""
        return f"{self.server_id}_{self.pid}_{self.created}"


def check_new(given: Mapping[str, Any]) -> dict[str, str]:
    """What a new alert is made of, as a form; each field has been checked by itself.

    Raises InputError for fields that do not go together.
    """
    type, trigger = given["type"], given["trigger_type"]
    if trigger not in TRIGGERS[type]:
        allowed = ", ".join(TRIGGERS[type])
        raise InputError(f"trigger_type of a {type} alert must be one of {allowed}, not {trigger!r}")
    if given.get("threshold_type") == "out of band" and not (
        type in OUT_OF_BAND_TYPES and trigger in OUT_OF_BAND_TRIGGERS
    ):
        raise InputError(
            f'threshold_type "out of band" is for alerts of {", ".join(OUT_OF_BAND_TYPES)} '
            f"with one of {', '.join(OUT_OF_BAND_TRIGGERS)}, not for {trigger} of a {type}"
        )
    for only in _ONLY:
        if not only.applies(given) and (found := [name for name in only.fields if name in given]):
            raise InputError(f"{', '.join(found)} is for {only.of} alone")
    if given.get("direction") == "outside bounds" and given.get("threshold_type") != "out of band":
        raise InputError('direction "outside bounds" is of the bounds that threshold_type="out of band" has')
    if trigger in CONTENT_TRIGGERS and not given.get("reg_exp"):
        raise InputError(f"{trigger} needs reg_exp, what to look for")
    form = {**given, "target_id": _target(type, given["target_id"])}
    if "threshold" in form:
        form["threshold"] = (inputs.decimal if trigger == "Disk" else inputs.any_whole)(
            "threshold", form["threshold"]
        )
    check_window(form, form.get("window_units", "h"))
    return form


def check_window(form: Mapping[str, str], units: str | None) -> None:
    """Raises InputError for a window that is too long for its units; where these are not told, for days."""
    longest = WINDOWS[units or "d"]
    if int(form.get("window_length", 1)) > longest:
        raise InputError(f'window_length must be from 1 to {longest} with window_units="{units or "d"}"')


def _target(type: str, target: object) -> str:
    if type == "Process":
        one = target if isinstance(target, ProcessTarget) else ProcessTarget.parse(cast("str", target))
        return str(one)
    if isinstance(target, bool) or not isinstance(target, int):
        raise InputError(f"target_id of a {type} alert must be a whole number, not {target!r}")
    return str(inputs.id("target_id", target))
