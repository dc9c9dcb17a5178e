"""Users: ``appfirst.users``."""

from __future__ import annotations

from tocsin.appfirst.resource import Plain, Unpublished, said_id


class UserService(Plain[Unpublished]):
    """Users, who are told of alerts, as the server says them: the fields are not published."""

    _part = "users"
    _row = _mark = Unpublished
    _key = staticmethod(said_id)
