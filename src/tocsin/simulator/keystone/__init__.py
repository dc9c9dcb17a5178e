"""The simulated Keystone, identity API v3, as Keystone 30.0.0 behaves: as much of it as signing in takes."""

from tocsin.simulator.keystone.api import ROOT, answer
from tocsin.simulator.keystone.state import Keystone

__all__ = ["ROOT", "Keystone", "answer"]
