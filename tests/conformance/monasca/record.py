"""Record what real servers answer: ``python -m tests.conformance.monasca.record``, with names of cases or all."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from pathlib import Path

import anyio
from tests.conformance.monasca.cases import CASES
from tests.conformance.monasca.lab import Lab, World
from tests.conformance.monasca.worlds import real
from tests.servers.monasca import RealMonasca

ANSWERS = Path(__file__).with_name("answers.json")


async def record(world: World, names: Collection[str]) -> None:
    """Put cases to the server, and write the answers down."""
    answers: dict[str, object] = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {}
    for name in names:
        async with Lab(world) as lab:
            answers[name] = await lab.answer(CASES[name])
    kept = {name: answers[name] for name in CASES if name in answers}
    text = json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True)
    ANSWERS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    with RealMonasca() as server:
        anyio.run(record, real(server), sys.argv[1:] or list(CASES))
