"""Server sets: ``appfirst.server_sets``."""

from __future__ import annotations

from tocsin.appfirst.models import ServerSet
from tocsin.appfirst.named import Named


class ServerSetService(Named[ServerSet]):
    """Sets of servers, as the API's page on server sets has them."""

    _part = "server_sets"
    _row = ServerSet
