"""Simulated servers on loopback, for tests and demonstrations: see :class:`Simulator`.

They are written from the API documents and recorded traffic alone, and share no code with the clients.
"""

try:
    import starlette as _starlette
    import uvicorn as _uvicorn
except ModuleNotFoundError as error:
    raise ImportError(
        f'the simulator needs {error.name}, an optional dependency: pip install "tocsin[simulator]"'
    ) from error

from tocsin.simulator.faults import Fault, Faults
from tocsin.simulator.frame import Seen
from tocsin.simulator.server import BACKENDS, Simulator

__all__ = ["BACKENDS", "Fault", "Faults", "Seen", "Simulator"]

del _starlette, _uvicorn
