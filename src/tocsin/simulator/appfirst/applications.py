"""Applications, and the templates that say which processes are theirs."""

from tocsin.simulator.appfirst import processes, series
from tocsin.simulator.appfirst.entities import Application, Process, Template
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply


def shown(ask: Ask, application: Application) -> Json:
    """An application as the API shows it."""
    return {
        "id": application.id,
        "name": application.name,
        "created": ask.time(application.created),
        "servers": application.servers,
        "template": application.template,
        "url": ask.url("applications", application.id),
    }


def template_shown(ask: Ask, template: Template) -> Json:
    """A template, in the words of the vendor's client; its fields are not published."""
    return {
        "id": template.id,
        "name": template.name,
        "proc_name": template.proc_name,
        "proc_args": template.proc_args,
        "proc_args_direction": template.proc_args_direction,
        "url": ask.url("applications/templates", template.id),
    }


def _one(ask: Ask) -> Application:
    return ask.one(ask.state.applications)


def list_applications(ask: Ask) -> Reply:
    """All of them."""
    return listing(ask, ask.state.applications.listed, shown)


def get(ask: Ask) -> Reply:
    """One of them."""
    return Reply(shown(ask, _one(ask)))


def data(ask: Ask) -> Reply:
    """What its processes used together."""
    application = _one(ask)
    return series.answer(ask, application.created, series.of_application(ask, application), series.step(ask))


def _processes(ask: Ask) -> list[Process]:
    application = _one(ask)
    template = ask.state.templates.get(application.template)
    return [
        each
        for each in ask.state.processes.values()
        if template and each.name == template.proc_name and each.server.id in application.servers
    ]


def detail(ask: Ask) -> Reply:
    """What its processes had open."""
    return Reply({"data": processes.together([series.detail(ask, each) for each in _processes(ask)])})


def list_processes(ask: Ask) -> Reply:
    """Its processes."""
    return listing(ask, _processes(ask), processes.shown)


def processes_data(ask: Ask) -> Reply:
    """Its processes with what each of them uses."""
    return processes.summaries(ask, _processes(ask))


def list_templates(ask: Ask) -> Reply:
    """All templates."""
    return listing(ask, ask.state.templates.listed, template_shown)


def get_template(ask: Ask) -> Reply:
    """One template."""
    return Reply(template_shown(ask, ask.one(ask.state.templates)))
