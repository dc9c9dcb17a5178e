"""monasca-api as a WSGI application, on SQLite and without Kafka."""

# mypy: disable-error-code="import-not-found,import-untyped"
# monasca-api is installed in the server's virtual environment, not where the types are checked.

import sqlite3
import sys
from pathlib import Path
from typing import Any

import influx_messages
from monasca_api.common.policy import policy_engine
from monasca_common.kafka import client_factory
from paste.deploy import loadapp

# monasca-api reads the command line unless it finds itself under gunicorn.
sys.argv = ["gunicorn"]
# It encodes text for MySQL, which SQLite would keep as bytes; what is binary comes as memoryview.
sqlite3.register_adapter(bytes, bytes.decode)


class Producer:
    """In place of Kafka's: the log API takes no other driver."""

    def publish(self, topic: str, messages: list[bytes]) -> None:
        """Keep messages where the tests look."""
        influx_messages.keep(topic, messages)


def producer(*_: Any, **__: Any) -> Producer:
    """What monasca-api asks for a producer."""
    return Producer()


client_factory.get_kafka_producer = producer
application = loadapp(f"config:{Path(__file__).with_name('api-paste.ini')}")
# Else the first request reads the rules of who may do what, and one beside it finds none yet and is refused (401).
policy_engine.init()
