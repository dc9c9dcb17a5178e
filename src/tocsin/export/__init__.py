"""Bulk export: every row of every resource into files, exactly once, however often the run is killed.

    from tocsin.argus.describe import RESOURCES

    results = await Export([Source("noc", client, RESOURCES.values())], "out").run()

The folder::

    out/<source>/<resource>/plan.json               the partitions: windows that cover the time once
    out/<source>/<resource>/<partition>/00000.ndjson.gz      a segment: one JSON text a line, as the server sent it
    out/<source>/<resource>/<partition>/00000.bad.ndjson.gz  rows that are not what the API promises, if any came
    out/<source>/<resource>/<partition>/00000.json           its receipt

A segment counts when its receipt is there: rows, size, SHA-256, first and last id, and the checkpoint behind its
last row. Receipts are written last, and are all that a later run looks at: it removes files that none of them
vouches for, and goes on behind the last. A plan is made once; rows that come later than their window's walk are
not in the export, however often it is run again. One process at a time writes to a folder of a resource, and
holds its `.lock` for so long.
"""

from tocsin.describe import Resource
from tocsin.export.run import Export, Progress, Result
from tocsin.export.segments import Bounds, Receipt
from tocsin.export.sinks import NdjsonGzip, RowWriter, Sink
from tocsin.export.source import Source

__all__ = [
    "Bounds",
    "Export",
    "NdjsonGzip",
    "Progress",
    "Receipt",
    "Resource",
    "Result",
    "RowWriter",
    "Sink",
    "Source",
]
