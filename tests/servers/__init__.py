"""Real servers on loopback for tests and benchmarks: installed once into a cache, started fresh each time.

`processes` runs a program and always takes it down again, `installs` builds what a server needs,
`postgres` is a private database; on these stands one module a server (`argus`), each a context manager
that is entered to start the server and left to stop it. `official` runs the client that Argus itself
publishes, for comparison.
"""
