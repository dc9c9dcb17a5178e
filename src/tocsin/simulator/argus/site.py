"""What the server says about itself, outside the versioned API."""

import json
from collections.abc import Mapping

from starlette.responses import Response

from tocsin.simulator.argus.web import Call, Reply, Resource
from tocsin.simulator.frame import Json

VERSION = "2.10.2"
"""The argus-server whose behaviour this is."""


def _metadata(_call: Call) -> Reply:
    return Reply(
        {
            "server-version": VERSION,
            "api-version": {"stable": "v2"},
            "jsonapi-schema": {
                "stable": "/api/schema/",
                "v2": "/api/v2/schema/",
                "v3": "/api/v3/schema/",
            },
            "ticket_plugin": None,
            "destination_plugins": ["argus.notificationprofile.media.email.EmailNotification"],
        }
    )


def _gone(_call: Call) -> Reply:
    return Reply({"status_code": 410, "status": "API v1 has been removed"}, 410)


def document(resources: Mapping[str, Resource]) -> Json:
    """An OpenAPI document of the paths and methods; bodies are not described."""
    paths: dict[str, Json] = {}
    for path, resource in resources.items():
        shown = path.replace(":int}", "}").replace(":path}", "}")
        names = [part[1:-1] for part in shown.split("/") if part.startswith("{")]
        paths[shown] = {
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
            ],
            **{
                method.lower(): {
                    "operationId": f"{shown} {method}".strip("/").replace("/", "_").replace(" ", "_"),
                    "responses": {"default": {"description": "See the server's own schema."}},
                }
                for method in resource.handlers
            },
        }
    return {"openapi": "3.0.3", "info": {"title": "Argus (simulated)", "version": VERSION}, "paths": paths}


def resources(others: Mapping[str, Resource]) -> dict[str, Resource]:
    """The paths of the site, among them the schema of the others."""

    def schema(call: Call) -> Reply:
        # JSON is YAML, and YAML is what the server calls it unless it is asked for JSON.
        suffix = "+json" if call.query.get("format") == "json" else "; charset=utf-8"
        text = json.dumps(document(others), indent=4)
        return Reply(Response(text, headers={"Content-Type": f"application/vnd.oai.openapi{suffix}"}))

    read = "GET, HEAD, OPTIONS"
    everything = "POST, OPTIONS, GET, HEAD"
    return {
        "/api/": Resource({"GET": _metadata}, read, access="public"),
        "/api/schema/": Resource({"GET": schema}, read, access="public"),
        "/api/v2/schema/": Resource({"GET": schema}, read, access="public"),
        "/api/v1/{rest:path}": Resource({"GET": _gone, "POST": _gone}, everything, access="public"),
    }
