"""The run of an export: every partition of every resource of every source, side by side, each resumable."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import anyio
from anyio import CancelScope, CapacityLimiter
from anyio.to_thread import run_sync
from attrs import define, field, frozen

from tocsin.errors import AuthError, ConfigError, TocsinError
from tocsin.export import plan as plans
from tocsin.export.files import Lock, make_folder
from tocsin.export.plan import Partition, Plan, Query
from tocsin.export.segments import Bounds, Receipt, Segments, adopt
from tocsin.export.sinks import NdjsonGzip, Sink
from tocsin.export.source import AnyResource, Source
from tocsin.paging.checkpoint import Checkpoint
from tocsin.transport.codec import aware

#: Partitions of one source that are read at once; each has one request in flight, and holds one page.
AT_ONCE = 8


@frozen(kw_only=True)
class Progress:
    """How far one partition is.

    Attributes:
        rows: in it so far, those of earlier runs included.
        total: how many it should have, if that is known.
        done: whether that was the last of them.
    """

    source: str
    resource: str
    partition: str
    rows: int
    total: int | None
    done: bool


@frozen(kw_only=True)
class Result:
    """What became of one resource.

    Attributes:
        rows: in its folder, with receipts.
        fetched: how many of them this run brought.
        bad_rows: those put aside because they are not what the API promises.
        bytes: size of its segments.
        partitions: how many it has; 0 where not even the plan could be made.
        unfinished: how many of those lack rows.
        planned: when its plan was made, in UTC: rows that came later may be missing. None without a plan.
        already: whether it was finished before this run, which has therefore asked the server for nothing.
        seconds: from its start to its end.
        errors: what went wrong, in this run.
    """

    source: str
    resource: str
    rows: int
    fetched: int
    bad_rows: int
    bytes: int
    partitions: int
    unfinished: int
    seconds: float
    planned: datetime | None = None
    already: bool = False
    errors: tuple[Exception, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every row arrived, and none was bad."""
        return self.partitions > 0 and not self.unfinished and not self.bad_rows and not self.errors


@define(eq=False)
class _Job:
    """One resource of one source: what is known of it while the run lasts.

    Attributes:
        had: the rows of each partition when the run began.
        offered: False once the server is known not to have such rows.
        already: whether all was there then.
        started, ended: by the monotonic clock, in seconds.
    """

    source: Source
    resource: AnyResource
    folder: Path
    query: Query
    plan: Plan | None = None
    receipts: dict[str, Sequence[Receipt]] = field(factory=dict[str, Sequence[Receipt]])
    had: dict[str, int] = field(factory=dict[str, int])
    offered: bool = True
    already: bool = False
    errors: list[Exception] = field(factory=list[Exception])
    started: float = 0.0
    ended: float = 0.0


class Export:
    """One export into one folder; what is there already of the same export is gone on with.

    Args:
        sources: whose resources to read; their names differ.
        out: the folder; made if it is not there.
        since, until: aware times; resources that have a time are read for ``since <= time < until``, the
            others whole.
        windows: how many windows of time to read side by side in each resource that has a time.
        page_size: rows a page, where pages have a size; None is each resource's own choice.
        fresh: start over: replaces what an earlier export left in the same place, and touches nothing else.
        sink: the file format.
        bounds: how large segments grow.
        on_progress: told after every page, and for each partition at its start; must be quick, and not raise.

    Raises ConfigError where the folder holds another export, or another process writes to it.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        out: str | Path,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        windows: int = 8,
        page_size: int | None = None,
        fresh: bool = False,
        sink: Sink | None = None,
        bounds: Bounds | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        since = aware(since, "since") if since else None
        until = aware(until, "until") if until else None
        if since and until and since >= until:
            raise ConfigError(f"since ({since.isoformat()}) must be before until ({until.isoformat()})")
        if windows < 1:
            raise ConfigError(f"windows must be at least 1, not {windows}")
        if not sources or len({source.name for source in sources}) < len(sources):
            raise ConfigError("an export needs sources, with a name of its own each")
        self._windows = windows
        self._page_size = page_size
        self._fresh = fresh
        self._sink = sink or NdjsonGzip()
        self._bounds = bounds or Bounds()
        self._on_progress = on_progress
        self._refused = dict[str, AuthError]()
        self._not_tried = AuthError("not tried: signing in was refused")
        self._jobs = [
            _Job(
                source,
                resource,
                Path(out) / source.name / resource.name,
                plans.query(source, resource, since, until),
            )
            for source in sources
            for resource in source.resources
        ]

    async def run(self) -> list[Result]:
        """Read all that is not there yet.

        What fails is in the results, beside what arrived; only ConfigError is raised, before anything is sent.
        When cancelled, what was read stays, with receipts.
        """
        with ExitStack() as locks:
            for job in self._jobs:
                await run_sync(self._prepare, job, locks)
            limits = {job.source.name: CapacityLimiter(AT_ONCE) for job in self._jobs}
            async with anyio.create_task_group() as tasks:
                for job in self._jobs:
                    tasks.start_soon(self._run_job, job, limits[job.source.name])
        return self.results()

    def results(self) -> list[Result]:
        """What became of each resource so far, but for those that servers turned out not to have."""
        return [_result(job) for job in self._jobs if job.offered]

    def _prepare(self, job: _Job, locks: ExitStack) -> None:
        try:
            make_folder(job.folder)
            locks.callback(Lock(job.folder).release)
            plan = None if self._fresh else plans.load(job.folder, job.query)
            if plan is not None:
                self._adopt(job, plan)
                job.already = all(map(_done, job.receipts.values()))
        except OSError as error:
            raise ConfigError(f"{job.folder} cannot be written to: {error.strerror}") from None

    def _adopt(self, job: _Job, plan: Plan) -> None:
        """Make the folder fit the plan, and see what is there already."""
        job.receipts.update(adopt(job.folder, plan))
        job.had.update({id: _rows(receipts) for id, receipts in job.receipts.items()})
        job.plan = plan

    async def _run_job(self, job: _Job, limit: CapacityLimiter) -> None:
        job.started = time.monotonic()
        try:
            plan = job.plan
            if plan is None:
                async with limit:
                    self._check_sign_in(job)
                    job.offered = await job.resource.ready(job.source.client)
                    if not job.offered:
                        return
                    plan = await plans.make(job.source, job.resource, job.query, self._windows)
                await run_sync(plans.save, job.folder, plan)
                await run_sync(self._adopt, job, plan)
            async with anyio.create_task_group() as tasks:
                for partition in plan.partitions:
                    self._tell(job, partition, job.had[partition.id], _done(job.receipts[partition.id]))
                    if not _done(job.receipts[partition.id]):
                        tasks.start_soon(self._run_partition, job, plan, partition, limit)
        except (TocsinError, OSError) as error:
            self._note(job, error)
        finally:
            job.ended = time.monotonic()

    async def _run_partition(self, job: _Job, plan: Plan, partition: Partition, limit: CapacityLimiter) -> None:
        async with limit:
            try:
                self._check_sign_in(job)
                await self._read(job, plan, partition)
            except (TocsinError, OSError) as error:
                self._note(job, error)

    def _check_sign_in(self, job: _Job) -> None:
        """Raise what refused the source's sign-in: another try would bring the account closer to being locked."""
        if (refused := self._refused.get(job.source.name)) is not None:
            raise refused

    def _note(self, job: _Job, error: TocsinError | OSError) -> None:
        if isinstance(error, AuthError):
            # One sign-in serves all resources: only the first that met its refusal has more to tell than that. The
            # others may have copies of the error.
            first = self._refused.setdefault(job.source.name, error)
            elsewhere = any(first in other.errors for other in self._jobs if other is not job)
            error = self._not_tried if elsewhere else first
        if error not in job.errors:
            job.errors.append(error)

    async def _read(self, job: _Job, plan: Plan, partition: Partition) -> None:
        await job.resource.ready(job.source.client)
        pager = job.resource.pager(
            job.source.client,
            since=partition.since,
            until=partition.until,
            shard=partition.shard,
            page_size=self._page_size,
            on_bad_row="skip",
        )
        had = job.receipts[partition.id]
        if had:
            pager = pager.resume(Checkpoint.from_json(had[-1].checkpoint))
        folder = job.folder / partition.id
        segments = Segments(folder, plan.id, job.resource.key_of, self._sink, self._bounds, had)
        job.receipts[partition.id] = segments.receipts
        try:
            async for page in pager.pages():
                await run_sync(segments.add, page)
                self._tell(job, partition, segments.rows, page.checkpoint.done)
            await run_sync(segments.end, pager.query)
            self._tell(job, partition, segments.rows, done=True)
        finally:
            with CancelScope(shield=True):
                await run_sync(segments.finish)

    def _tell(self, job: _Job, partition: Partition, rows: int, done: bool) -> None:
        if self._on_progress is not None:
            told = Progress(
                source=job.source.name,
                resource=job.resource.name,
                partition=partition.id,
                rows=rows,
                total=partition.rows,
                done=done,
            )
            self._on_progress(told)


def _rows(receipts: Sequence[Receipt]) -> int:
    return sum(receipt.segment.rows for receipt in receipts if receipt.segment)


def _done(receipts: Sequence[Receipt]) -> bool:
    return bool(receipts) and receipts[-1].done


def _result(job: _Job) -> Result:
    partitions = job.plan.partitions if job.plan else ()
    receipts = [receipt for each in job.receipts.values() for receipt in each]
    rows = _rows(receipts)
    return Result(
        source=job.source.name,
        resource=job.resource.name,
        rows=rows,
        fetched=rows - sum(job.had.values()),
        bad_rows=sum(receipt.bad.rows for receipt in receipts if receipt.bad),
        bytes=sum(receipt.segment.bytes for receipt in receipts if receipt.segment),
        partitions=len(partitions),
        unfinished=sum(not _done(job.receipts[partition.id]) for partition in partitions),
        seconds=job.ended - job.started,
        planned=job.plan.made if job.plan else None,
        already=job.already,
        errors=tuple(job.errors),
    )
