"""How one request gets there and back. Knows no monitoring system; start reading at `pipeline`."""
