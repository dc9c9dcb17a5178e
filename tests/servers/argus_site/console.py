"""The inside of the real Argus: runs in its virtual environment and does to its database what is asked.

Reads one JSON object a line, `{"call": name, "arguments": {...}}`, and answers each with one line:
`{"value": ...}` or `{"error": traceback}`. Ends when its input ends.
"""

# mypy: disable-error-code="import-not-found,untyped-decorator"
# Argus and Django are installed in the server's virtual environment, not where the types are checked.

import json
import os
import sys
import traceback
from datetime import datetime, timedelta
from typing import Any

import django

django.setup()

from argus.incident.models import (  # noqa: E402  models can be imported only after django.setup()
    Event,
    Incident,
    IncidentTagRelation,
    SourceSystem,
    SourceSystemType,
    Tag,
)
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import Max  # noqa: E402
from django.utils import timezone  # noqa: E402
from knox.crypto import hash_token  # noqa: E402
from knox.models import AuthToken  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

HOSTS, ROOMS = 200, 20
# More than the 14 days that Argus lets a legacy token live.
LONG_AGO = timedelta(days=365)


def prepare(*, admin: str, passwords: dict[str, str], sources: list[str]) -> None:
    """Make Argus' tables and own rows, the users in `passwords`, a source system for each of `sources`."""
    call_command("migrate", verbosity=0)
    call_command("initial_setup", username=admin, password=passwords[admin], stdout=sys.stderr)
    users = get_user_model().objects
    for name, password in passwords.items():
        if name != admin:
            users.create_user(username=name, password=password)
    kind = SourceSystemType.objects.create(name="tests")
    for name in sources:
        user = users.get(username=name)
        SourceSystem.objects.create(name=name, type=kind, user=user, base_url="http://source.invalid/")


def issue_token(*, user: str, seconds: float) -> str:
    """A new knox token of `user` that expires in `seconds`."""
    owner = get_user_model().objects.get(username=user)
    _, token = AuthToken.objects.create(user=owner, expiry=timedelta(seconds=seconds))
    return str(token)


def legacy_token(*, user: str) -> str:
    """The one legacy token of `user`, made now if there is none."""
    owner = get_user_model().objects.get(username=user)
    return str(Token.objects.get_or_create(user=owner)[0].key)


def expire_token(*, token: str) -> int:
    """Make a knox or legacy token too old; how many such tokens were found."""
    now = timezone.now()
    knox = AuthToken.objects.filter(digest=hash_token(token)).update(expiry=now - timedelta(seconds=1))
    legacy = Token.objects.filter(key=token).update(created=now - LONG_AGO)
    return int(knox + legacy)


@transaction.atomic
def load_incidents(*, count: int, source: str, start: str, step_seconds: float, open_share: float) -> list[int]:
    """Write `count` incidents with two tags and a start event each; their ids, in order of start."""
    system = SourceSystem.objects.get(name=source)
    first = (Incident.objects.aggregate(highest=Max("id"))["highest"] or 0) + 1
    beginning = datetime.fromisoformat(start)

    def incident(index: int, *, is_open: bool) -> Any:
        started = beginning + index * timedelta(seconds=step_seconds)
        return Incident(
            start_time=started,
            end_time="infinity" if is_open else started + timedelta(minutes=1),
            source=system,
            source_incident_id=f"loaded-{first + index}",
            description=f"link {index} of host h{index % HOSTS} is down",
            level=1 + index % 5,
            details_url=f"/incidents/{first + index}",
        )

    # Open ones are spread evenly: where the running total of the share passes a whole number.
    is_open = [int((i + 1) * open_share) > int(i * open_share) for i in range(count)]
    made: dict[int, Any] = {}
    # Apart, because one INSERT of Django's cannot hold both infinity (text) and times.
    for wanted in (True, False):
        indexes = [i for i in range(count) if is_open[i] is wanted]
        rows = Incident.objects.bulk_create((incident(i, is_open=wanted) for i in indexes), batch_size=2000)
        made.update(zip(indexes, rows, strict=True))
    in_order = [made[i] for i in range(count)]

    hosts = [Tag.objects.get_or_create(key="host", value=f"h{i}")[0] for i in range(min(count, HOSTS))]
    rooms = [Tag.objects.get_or_create(key="room", value=f"r{i}")[0] for i in range(min(count, ROOMS))]
    relations = (
        IncidentTagRelation(tag=tag, incident=row, added_by=system.user)
        for i, row in enumerate(in_order)
        for tag in (hosts[i % HOSTS], rooms[i % ROOMS])
    )
    IncidentTagRelation.objects.bulk_create(relations, batch_size=5000)
    events = (
        Event(incident=row, actor=system.user, timestamp=row.start_time, type=Event.Type.INCIDENT_START)
        for row in in_order
    )
    Event.objects.bulk_create(events, batch_size=5000)
    with connection.cursor() as cursor:
        # Else autovacuum does it some time later, in the middle of a measurement.
        cursor.execute("ANALYZE")
    return [row.pk for row in in_order]


def database_ids(*, table: str) -> list[int]:
    """The primary keys in `table`."""
    with connection.cursor() as cursor:
        key = connection.introspection.get_primary_key_column(cursor, table)
        if key is None:
            raise LookupError(f"{table} has no primary key of one column, or does not exist")
        quote = connection.ops.quote_name
        cursor.execute(f"SELECT {quote(key)} FROM {quote(table)}")
        return [row[0] for row in cursor.fetchall()]


def sql(*, query: str) -> list[tuple[Any, ...]]:
    """The rows of `query`, none if it is not one that returns rows."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [] if cursor.description is None else list(cursor.fetchall())


def reset() -> None:
    """Delete every incident and tag, and all rows that refer to one."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE argus_incident_incident, argus_incident_tag CASCADE")


CALLS = {
    call.__name__: call
    for call in (
        prepare,
        issue_token,
        legacy_token,
        expire_token,
        load_incidents,
        database_ids,
        sql,
        reset,
    )
}


def as_json(value: object) -> str:
    """How a value that JSON does not know is written: times in ISO 8601, the rest as text."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def main() -> None:
    """Answer until the input ends."""
    # Django's commands print; only answers may go where the asker listens.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": CALLS[request["call"]](**request["arguments"])}
        except Exception:  # noqa: BLE001  whatever went wrong is told to the asker
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer, default=as_json) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
