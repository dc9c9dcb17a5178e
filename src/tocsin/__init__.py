"""tocsin: one async SDK for monitoring APIs."""

__version__ = "0.1.0"
