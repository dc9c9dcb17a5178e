"""Roles of users: ``acs.roles``. Users themselves, ``acs.users``, can all that a `Collection` can."""

from __future__ import annotations

from tocsin.acsmonitor.records import Gettable, Listed, Updatable


class RoleService(Listed, Gettable, Updatable):
    """Roles and their permissions; none can be made or deleted."""
