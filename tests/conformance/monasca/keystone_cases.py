"""Signing in, the catalog, and who may do what."""

from __future__ import annotations

from typing import Any

from tests.conformance.monasca.lab import MISSING, Lab
from tests.conformance.monasca.registry import case, refused

from tocsin.monasca import (
    KeystoneApplicationCredential,
    KeystoneAuth,
    KeystonePassword,
    KeystoneToken,
    MonascaClient,
)
from tocsin.transport.credentials import Token


def password(lab: Lab, user: str = "demo", **options: Any) -> KeystonePassword:
    """A user of the project demo, unless options say otherwise."""
    given = {"username": user, "password": lab.world.passwords[user], "project_name": "demo", **options}
    return KeystonePassword(lab.world.keystone_url, **{name: value for name, value in given.items() if value})


async def used(lab: Lab, auth: KeystoneAuth, base_url: str | None = None, **options: Any) -> Any:
    """What one call as this identity gives."""
    return await (await lab.client(base_url, auth=auth, **options)).notification_methods.types()


# --- passwords


@case
async def password_and_catalog(lab: Lab) -> Any:
    client = await lab.client(auth=password(lab))
    return await client.notification_methods.types(), client.base_url


@case
async def password_and_base_url(lab: Lab) -> Any:
    return await used(lab, password(lab), lab.world.base_url)


@case
async def password_and_project_id(lab: Lab) -> Any:
    return await used(lab, password(lab, project_name=None, project_id=lab.world.project_ids["demo"]))


@case
async def password_and_domain_ids(lab: Lab) -> Any:
    return await used(lab, password(lab, user_domain_id="default", project_domain_id="default"))


@case
async def password_of_other_project(lab: Lab) -> Any:
    await lab.method()
    client = await lab.client(auth=password(lab, project_name="demo2"))
    found = await client.notification_methods.list().collect()
    return [each.name for each in found if lab.mark in each.name]


@case
async def wrong_password(lab: Lab) -> Any:
    return await used(lab, password(lab, password="wrong"))


@case
async def no_scope_reads_versions(lab: Lab) -> Any:
    client = await lab.client(lab.world.base_url, auth=password(lab, project_name=None))
    return [each.id for each in await client.versions.list()], await refused(client.request("GET", "/nope"))


@case
async def unknown_user(lab: Lab) -> Any:
    return await used(lab, password(lab, username="nobody-at-all"))


@case
async def unknown_user_id(lab: Lab) -> Any:
    return await used(lab, password(lab, username=None, user_id="0" * 32))


@case
async def unknown_project(lab: Lab) -> Any:
    return await used(lab, password(lab, project_name="no-such-project"))


@case
async def project_of_others(lab: Lab) -> Any:
    return await used(lab, password(lab, "reader", project_name="demo2"))


@case
async def unknown_user_domain(lab: Lab) -> Any:
    return await used(lab, password(lab, user_domain_name="Elsewhere"))


@case
async def unknown_project_domain(lab: Lab) -> Any:
    return await used(lab, password(lab, project_domain_id="elsewhere"))


@case
async def domain_without_role(lab: Lab) -> Any:
    return await used(lab, password(lab, project_name=None, domain_name="Default"))


@case
async def no_scope_has_no_catalog(lab: Lab) -> Any:
    return await used(lab, password(lab, project_name=None))


@case
async def no_scope_at_monasca(lab: Lab) -> Any:
    return await used(lab, password(lab, project_name=None), lab.world.base_url)


@case
async def wrong_auth_url(lab: Lab) -> Any:
    auth = KeystonePassword(f"{lab.world.keystone_url}/elsewhere", username="demo", password="p")
    return await used(lab, auth)


# --- the catalog


@case
async def catalog_region(lab: Lab) -> Any:
    return await used(lab, password(lab), region_name="RegionOne")


@case
async def catalog_unknown_region(lab: Lab) -> Any:
    return await used(lab, password(lab), region_name="Nowhere")


@case
async def catalog_internal(lab: Lab) -> Any:
    client = await lab.client(auth=password(lab), interface="internal")
    return await client.notification_methods.types(), client.base_url


@case
async def catalog_admin(lab: Lab) -> Any:
    return await used(lab, password(lab), interface="adminURL", region_name="RegionOne")


@case
async def catalog_region_without_interface(lab: Lab) -> Any:
    return await used(lab, password(lab), interface="internal", region_name="Nowhere")


# --- tokens


@case
async def token_as_it_is(lab: Lab) -> Any:
    client = await lab.client(lab.world.base_url, token=lab.world.tokens["reader"])
    return await client.notification_methods.types()


@case
async def token_that_is_none(lab: Lab) -> Any:
    client = await lab.client(lab.world.base_url, token="0123456789abcdef")
    return await client.notification_methods.types()


@case
async def token_exchanged(lab: Lab) -> Any:
    auth = KeystoneToken(lab.world.keystone_url, token=lab.world.tokens["demo"], project_name="demo2")
    return await used(lab, auth)


@case
async def token_exchanged_without_scope(lab: Lab) -> Any:
    auth = KeystoneToken(lab.world.keystone_url, token=lab.world.tokens["demo"])
    return await used(lab, auth)


@case
async def token_exchanged_for_project_of_others(lab: Lab) -> Any:
    auth = KeystoneToken(lab.world.keystone_url, token=lab.world.tokens["reader"], project_name="demo2")
    return await used(lab, auth)


@case
async def token_exchanged_that_is_none(lab: Lab) -> Any:
    auth = KeystoneToken(lab.world.keystone_url, token="0123456789abcdef", project_name="demo")
    return await used(lab, auth)


async def _signed_in(lab: Lab) -> tuple[MonascaClient, str]:
    """A client, and the token that it has got for itself."""
    tokens: list[Token] = []
    client = await lab.client(auth=password(lab), on_token=tokens.append)
    await client.notification_methods.types()
    return client, tokens[0].value


async def _revoke(lab: Lab, token: str) -> None:
    """Ask Keystone to end a token, in its own name."""
    client = await lab.client(lab.world.keystone_url, token=token)
    await client.request("DELETE", "/auth/tokens", extra_headers={"x-subject-token": token})


@case
async def revoked_token(lab: Lab) -> Any:
    client, token = await _signed_in(lab)
    await client.sign_out()
    other = await lab.client(lab.world.base_url, token=token)
    return await refused(other.notification_methods.types()), await client.notification_methods.types()


@case
async def revoked_token_exchanged(lab: Lab) -> Any:
    client, token = await _signed_in(lab)
    await client.sign_out()
    return await used(lab, KeystoneToken(lab.world.keystone_url, token=token, project_name="demo"))


@case
async def revoked_behind_the_client(lab: Lab) -> Any:
    client, token = await _signed_in(lab)
    await _revoke(lab, token)
    made = await client.notification_methods.create(f"{lab.mark} b", "EMAIL", "b@example.org")
    await client.notification_methods.delete(made.id)
    return made


@case
async def sign_out_twice(lab: Lab) -> Any:
    client, token = await _signed_in(lab)
    await _revoke(lab, token)
    await client.sign_out()
    await client.sign_out()
    return await client.notification_methods.types()


# --- application credentials


async def _credential(lab: Lab, **fields: Any) -> Any:
    """An application credential of demo's, as Keystone shows it when it is made."""
    _, token = await _signed_in(lab)
    client = await lab.client(lab.world.keystone_url, token=token)
    who = (await client.request("GET", "/auth/tokens", extra_headers={"x-subject-token": token})).json()
    where = f"/users/{who['token']['user']['id']}/application_credentials"
    asked = {"application_credential": {"name": lab.mark, **fields}}
    return (await client.request("POST", where, json=asked)).json()["application_credential"]


@case
async def application_credential(lab: Lab) -> Any:
    made = await _credential(lab)
    by_id = KeystoneApplicationCredential(lab.world.keystone_url, id=made["id"], secret=made["secret"])
    by_name = KeystoneApplicationCredential(
        lab.world.keystone_url, name=lab.mark, username="demo", secret=made["secret"]
    )
    return await used(lab, by_id), await used(lab, by_name)


@case
async def application_credential_with_one_role(lab: Lab) -> Any:
    made = await _credential(lab, roles=[{"name": "member"}])
    auth = KeystoneApplicationCredential(lab.world.keystone_url, id=made["id"], secret=made["secret"])
    return await used(lab, auth)


@case
async def application_credential_with_wrong_secret(lab: Lab) -> Any:
    made = await _credential(lab)
    return await used(lab, KeystoneApplicationCredential(lab.world.keystone_url, id=made["id"], secret="wrong"))


@case
async def application_credential_unknown(lab: Lab) -> Any:
    return await used(lab, KeystoneApplicationCredential(lab.world.keystone_url, id="0" * 32, secret="s"))


@case
async def application_credential_unknown_name(lab: Lab) -> Any:
    auth = KeystoneApplicationCredential(lab.world.keystone_url, name=lab.mark, username="demo", secret="s")
    return await used(lab, auth)


# --- who may do what


@case
async def reader_reads(lab: Lab) -> Any:
    made = await lab.method()
    return await lab.reader.notification_methods.get(made.id)


@case
async def reader_writes_metric(lab: Lab) -> Any:
    return await lab.reader.metrics.create(f"{lab.mark}.cpu", 1)


@case
async def reader_makes_method(lab: Lab) -> Any:
    return await lab.method(client=lab.reader)


@case
async def reader_makes_definition(lab: Lab) -> Any:
    return await lab.definition(client=lab.reader)


@case
async def reader_deletes(lab: Lab) -> Any:
    made = await lab.method()
    return await lab.reader.notification_methods.delete(made.id)


@case
async def reader_changes_missing_alarm(lab: Lab) -> Any:
    return await lab.reader.alarms.patch(MISSING, state="OK")


@case
async def reader_writes_log(lab: Lab) -> Any:
    return await lab.reader.logs.create(["text"])


@case
async def norole_reads_metrics(lab: Lab) -> Any:
    return await lab.norole.metrics.list(name=f"{lab.mark}.cpu").collect()


@case
async def norole_reads_alarms(lab: Lab) -> Any:
    return await lab.norole.alarms.list().collect()


@case
async def norole_counts_alarms(lab: Lab) -> Any:
    return await lab.norole.alarms.count()


@case
async def norole_reads_versions(lab: Lab) -> Any:
    return [each.id for each in await lab.norole.versions.list()]


@case
async def agent_reads_metrics(lab: Lab) -> Any:
    return await lab.agent.metrics.list(name=f"{lab.mark}.cpu").collect()


@case
async def agent_reads_definitions(lab: Lab) -> Any:
    return await lab.agent.alarm_definitions.list().collect()


@case
async def agent_writes_metric(lab: Lab) -> Any:
    await lab.agent.metrics.create(f"{lab.mark}.cpu", 1)
    return await lab.reader.metrics.list(name=f"{lab.mark}.cpu").collect()


@case
async def agent_writes_for_other_project(lab: Lab) -> Any:
    name = f"{lab.mark}.cpu"
    await lab.agent.metrics.create(name, 1, tenant_id=lab.world.project_ids["demo2"])
    own = await lab.demo.metrics.list(name=name).collect()
    return own, await lab.demo2.metrics.list(name=name).collect()


@case
async def tenant_id_without_delegate_role(lab: Lab) -> Any:
    name = f"{lab.mark}.cpu"
    await lab.demo.metrics.create(name, 1, tenant_id=lab.world.project_ids["demo2"])
    own = await lab.demo.metrics.list(name=name, tenant_id=lab.world.project_ids["demo2"]).collect()
    return own, await lab.demo2.metrics.list(name=name).collect()


@case
async def agent_writes_log(lab: Lab) -> Any:
    return await lab.agent.logs.create(["text"])


@case
async def other_projects_rows_are_not_there(lab: Lab) -> Any:
    method, definition = await lab.method(), await lab.definition()
    (alarm,) = lab.alarms(definition, 1)
    return (
        await refused(lab.demo2.notification_methods.get(method.id)),
        await refused(lab.demo2.alarm_definitions.get(definition.id)),
        await refused(lab.demo2.alarms.get(alarm)),
        await refused(lab.demo2.alarms.delete(alarm)),
    )
