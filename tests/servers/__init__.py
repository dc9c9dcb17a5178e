"""Real servers on loopback for tests and benchmarks: installed once into a cache, started fresh each time.

`processes` runs a program and always takes it down again, `installs` builds what a server needs,
`postgres` and `influxdb` are private databases, `gunicorn` serves what is in Python; on these stands one
module a server (`argus`; `monasca` with its `keystone`), each a context manager that is entered to start
the server and left to stop it. `official` and `official_monasca` run the clients that Argus and OpenStack
themselves publish, for comparison.
"""
