"""The processes that descend from one, to see that none is left."""

from pathlib import Path


def family(*pids: int) -> set[tuple[int, str]]:
    """The processes `pids` with all that descend from them, each with its start time, zombies too."""
    parents: dict[int, int] = {}
    born: dict[int, str] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The program's name, in brackets, may hold spaces.
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(stat.parent.name)
        parents[pid], born[pid] = int(fields[1]), fields[19]
    found = set(pids) & born.keys()
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {(pid, born[pid]) for pid in found}


def still_there(processes: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of `processes` that have not been ended and reaped."""
    return processes & family(*(pid for pid, _ in processes))
