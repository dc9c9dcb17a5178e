"""Server tags, which users make, and server sets."""

from tocsin.simulator.appfirst.entities import ServerSet, Tag
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply


def tag_shown(ask: Ask, tag: Tag) -> Json:
    """A tag as the API shows it."""
    return {"id": tag.id, "name": tag.name, "servers": tag.servers, "url": ask.url("server_tags", tag.id)}


def set_shown(ask: Ask, each: ServerSet) -> Json:
    """A set as the API shows it."""
    urls = ask.state.set_tags == "urls"
    tags: Json = [ask.url("server_tags", id) for id in each.server_tags] if urls else each.server_tags
    return {
        "id": each.id,
        "name": each.name,
        "servers": each.servers,
        "server_tags": tags,
        "applications": each.applications,
        "auto_detection": each.auto_detection,
        "url": ask.url("server_sets", each.id),
    }


def list_tags(ask: Ask) -> Reply:
    """All of them, or those whose name has the filter in it."""
    rows, wanted = ask.state.server_tags.listed, ask.value("filter")
    return listing(ask, rows if wanted is None else [row for row in rows if wanted in row.name], tag_shown)


def list_sets(ask: Ask) -> Reply:
    """All of them, or those whose name has the filter in it."""
    rows, wanted = ask.state.server_sets.listed, ask.value("filter")
    return listing(ask, rows if wanted is None else [row for row in rows if wanted in row.name], set_shown)


def get_set(ask: Ask) -> Reply:
    """One of the sets."""
    return Reply(set_shown(ask, ask.one(ask.state.server_sets)))


def _name(ask: Ask, name: str) -> str:
    if not 1 <= len(name) <= 256:
        raise ask.bad("name", "Must have 1 to 256 characters.")
    return name


def create_tag(ask: Ask) -> Reply:
    """A new tag of servers that are there."""
    name = _name(ask, ask.required("name"))
    ask.required("servers")
    return ask.created(tag_shown(ask, ask.state.add_server_tag(name, ask.ids("servers", ask.state.servers))))


def get_tag(ask: Ask) -> Reply:
    """One of the tags."""
    return Reply(tag_shown(ask, ask.one(ask.state.server_tags)))


def put_tag(ask: Ask) -> Reply:
    """Change what the form has of it."""
    tag = ask.one(ask.state.server_tags)
    given = ask.given("name")
    name = tag.name if given is None else _name(ask, given)
    servers = ask.ids("servers", ask.state.servers) if "servers" in ask.form else tag.servers
    tag.name, tag.servers = name, servers
    return Reply(tag_shown(ask, tag))


def delete_tag(ask: Ask) -> Reply:
    """Remove a tag, and the alerts on it."""
    tag = ask.one(ask.state.server_tags)
    ask.state.remove_server_tag(tag)
    return ask.deleted(tag.id)
