"""Record what a real server answers: ``python -m tests.conformance.argus.record`` (see `worlds.real`)."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
from tests.conformance.argus.cases import CASES, PRIVATE
from tests.conformance.argus.lab import Lab, World
from tests.conformance.argus.worlds import real

ANSWERS = Path(__file__).with_name("answers.json")


async def record(world: World) -> None:
    """Put every case to the server, and write the answers down."""
    answers = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    for name, case in CASES.items():
        if world.private or name not in PRIVATE:
            async with Lab(world) as lab:
                answers[name] = await lab.answer(case)
    kept = {name: answers[name] for name in CASES if name in answers}
    ANSWERS.write_text(json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    with real() as world:
        anyio.run(record, world)
