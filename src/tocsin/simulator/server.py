"""The simulator: real sockets on loopback, in a thread and an event loop of their own."""

import asyncio
import socket
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from types import TracebackType
from typing import ClassVar, Self, cast

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tocsin.simulator import acsmonitor, appfirst, argus, lastline, monasca
from tocsin.simulator.faults import Dice, Faults
from tocsin.simulator.frame import Backend, Clock, Factory, Key, Log, wall_clock
from tocsin.simulator.middleware import Faulty
from tocsin.simulator.world import EPOCH, World

_FACTORIES: Mapping[str, Factory] = {
    "argus": argus.create,
    "monasca": monasca.create,
    "acsmonitor": acsmonitor.create,
    "appfirst": appfirst.create,
    "lastline": lastline.create,
}

BACKENDS: tuple[str, ...] = tuple(_FACTORIES)
"""The names of the servers that can be simulated."""

HOST = "127.0.0.1"

_GRACE = 1.0  # seconds that requests under way are given at the end


class Simulator:
    """Simulated servers on ports of 127.0.0.1: ``with Simulator(["argus"]) as sim: ...``.

    ``port`` is that of the first backend, the next ones follow it; 0 takes any free ones. ``scale`` and
    ``seed`` make the :class:`~tocsin.simulator.world.World`, whose latest moment is ``epoch``; scale 0
    is an empty one. ``clock`` is what the servers take for now. It works the same for asyncio, trio and
    threads, since nothing of it runs in the caller's loop.

    Raises ValueError for an unknown backend or fault, OSError (its ``filename`` is the address) when a port
    is taken.
    """

    def __init__(
        self,
        backends: Sequence[str] = BACKENDS,
        *,
        port: int = 0,
        scale: int = 1,
        seed: int = 7,
        faults: Faults | str = "",
        epoch: datetime = EPOCH,
        clock: Clock = wall_clock,
    ) -> None:
        unknown = [name for name in backends if name not in _FACTORIES]
        if unknown or not backends:
            raise ValueError(f"backends must be some of {', '.join(BACKENDS)}; not {list(backends)}")
        self.world = World.build(seed=seed, scale=scale, epoch=epoch)
        self.log = Log()
        self._port = port
        self._backends: dict[str, Backend] = {name: _FACTORIES[name](self.world, clock) for name in backends}
        self._endpoints: dict[str, dict[str, str]] = {}
        self._running = ExitStack()
        self._dice = Dice(Faults())
        self.faults = Faults.parse(faults) if isinstance(faults, str) else faults

    @property
    def faults(self) -> Faults:
        """What goes wrong; may be set while the servers run, which starts the dice anew."""
        return self._dice.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        changed = faults.token_life != self._dice.faults.token_life
        self._dice = Dice(faults)
        for backend in self._backends.values() if changed else ():
            backend.token_life(faults.token_life)

    @property
    def endpoints(self) -> dict[str, dict[str, str]]:
        """By backend, what a client needs: ``{"argus": {"base_url": ..., "token": ...}}``; empty if stopped."""
        return {name: dict(endpoint) for name, endpoint in self._endpoints.items()}

    @property
    def argus(self) -> argus.ArgusState:
        """The state of the Argus server; KeyError if it is not simulated."""
        return cast("argus.ArgusBackend", self._backends["argus"]).state

    @property
    def monasca(self) -> monasca.MonascaState:
        """The state of the Monasca server and its Keystone; KeyError if it is not simulated."""
        return cast("monasca.MonascaBackend", self._backends["monasca"]).state

    @property
    def acsmonitor(self) -> acsmonitor.AcsMonitorState:
        """The state of the ACS Monitor server; KeyError if it is not simulated."""
        return cast("acsmonitor.AcsMonitorBackend", self._backends["acsmonitor"]).state

    @property
    def appfirst(self) -> appfirst.AppFirstState:
        """The state of the AppFirst server; KeyError if it is not simulated."""
        return cast("appfirst.AppFirstBackend", self._backends["appfirst"]).state

    @property
    def lastline(self) -> lastline.LastlineState:
        """The state of the Lastline server; KeyError if it is not simulated."""
        return cast("lastline.LastlineBackend", self._backends["lastline"]).state

    def held(self, backend: str) -> Mapping[str, Collection[Key]]:
        """By resource, what tells the rows apart that a server holds for its endpoint's user."""
        return self._backends[backend].held()

    def clear_log(self) -> None:
        """Forget the requests seen so far."""
        self.log.clear()

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            sockets = [
                starting.enter_context(_listen(self._port and self._port + offset))
                for offset in range(len(self._backends))
            ]
            ports = [cast("int", each.getsockname()[1]) for each in sockets]
            apps = {
                port: Faulty(backend, self.log, lambda: self._dice, _Protocol.transport_of)
                for port, backend in zip(ports, self._backends.values(), strict=True)
            }
            starting.callback(_Thread(_Ports(apps), sockets).stop)
            self._endpoints = {
                name: dict(backend.endpoints(f"http://{HOST}:{port}"))
                for port, (name, backend) in zip(ports, self._backends.items(), strict=True)
            }
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._endpoints = {}
        self._running.close()


def _listen(port: int) -> socket.socket:
    # asyncio switches Nagle's algorithm off only where the protocol is named: 40 ms a reply else.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A server started again at once finds its port in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, error.strerror, f"{HOST}:{port}") from None
    return listener


class _Ports:
    """One ASGI app that hands each request to the app of the port it came in by."""

    def __init__(self, apps: Mapping[int, Faulty]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apps[scope["server"][1]](scope, receive, send)


class _Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, which remembers its connections: a fault has to close one."""

    _transports: ClassVar[dict[tuple[object, object], asyncio.Transport]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._transports[self._ends()] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transports.pop(self._ends(), None)
        super().connection_lost(exc)

    def _ends(self) -> tuple[object, object]:
        return self.transport.get_extra_info("peername"), self.transport.get_extra_info("sockname")

    @classmethod
    def transport_of(cls, scope: Scope) -> asyncio.Transport | None:
        return cls._transports.get((scope["client"], scope["server"]))


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready and stops at once when it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._wake = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 864000
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn's own always sleeps for a tenth of a second, which a suite pays once a test.
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_GRACE)

    def stop(self) -> None:
        self.should_exit = True
        self._wake.set()


class _Thread:
    """Runs the app on the sockets, from construction, which returns when it serves, until :meth:`stop`."""

    def __init__(self, app: _Ports, sockets: list[socket.socket]) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # else a forwarding header would hide which connection it was
        )
        self._server = _Server(config)
        self._failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(sockets,), name="tocsin-simulator")
        self._thread.start()
        self._server.ready.wait()
        if self._failures:
            self._thread.join()
            raise RuntimeError("the simulator could not start") from self._failures[0]

    def _run(self, sockets: list[socket.socket]) -> None:
        try:
            self._server.run(sockets=sockets)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for ready
            self._failures.append(error)
        finally:
            self._server.ready.set()

    def stop(self) -> None:
        """Close the listeners and every connection; returns when the thread has ended."""
        with suppress(RuntimeError):  # the loop is closed already when the thread has failed
            self._server.loop.call_soon_threadsafe(self._server.stop)
        self._thread.join()
