"""Where chunks of cases are solved: in this process, in others on this machine, or on a Dask cluster."""

import contextlib
import functools
import logging
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_all_start_methods, get_context, parent_process
from typing import Any

import blackmass
from blackmass.analysis.design import Columns
from blackmass.analysis.extras import needed
from blackmass.analysis.study import Study
from blackmass.errors import InputError, SolveError

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
AHEAD = 2  # chunks in hand for each worker
BREAKS = 3  # times that dead worker processes are replaced
POLL = 1.0  # s between looks at the scheduler
CONNECT = 10.0  # s to wait for a scheduler
PATIENCE = 20.0  # s without a scheduler, or without a worker
Task = tuple[int, Columns]
Done = tuple[int, Columns]


def solve_chunks(study: Study, tasks: Iterable[Task], jobs: int = 1, scheduler: str | None = None) -> Iterator[Done]:
    """Solve numbered chunks of inputs and yield them as they are done.

    Few chunks are in hand at any time, whatever their number. What comes out for a chunk does not depend on where
    it is solved, nor on the others.

    Raises
    ------
    SolveError
        Workers died again and again, or the scheduler was lost.
    InputError
        The scheduler cannot be reached, or its workers do not run this version.
    """
    if scheduler == "local":
        yield from _on_local_cluster(study, tasks, jobs)
    elif scheduler is not None:
        yield from _on_cluster(study, tasks, scheduler)
    elif jobs <= 1:
        yield from ((number, study.solved(inputs)) for number, inputs in tasks)
    else:
        yield from _on_processes(study, tasks, jobs)


def default_jobs() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- in a worker -------------------------------------------------------------------------------------
@functools.lru_cache(maxsize=2)
def _unpacked(packed: bytes) -> Study:
    return pickle.loads(packed)  # type: ignore[no-any-return]


def solve_packed(packed: bytes, inputs: Columns) -> Columns:
    """Solve a chunk in a worker."""
    return _unpacked(packed).solved(inputs)


def _packed(study: Study) -> bytes:
    """Pickle a study; operations that a script defines itself go by value."""
    try:
        return pickle.dumps(study)
    except (pickle.PicklingError, AttributeError, TypeError, ImportError):
        return needed("cloudpickle", "sweep").dumps(study)  # type: ignore[no-any-return]


def _begin() -> None:
    """Leave interrupts to the parent, and end when it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


# --- processes of this machine -----------------------------------------------------------------------
def _on_processes(study: Study, tasks: Iterable[Task], jobs: int) -> Iterator[Done]:
    packed, waiting, breaks = _packed(study), list[Task](), 0
    remaining = iter(tasks)
    while True:
        pool = _pool(jobs)
        hand = _Hand(pool, packed, jobs * AHEAD, waiting, remaining)
        try:
            yield from hand.done()
            return
        except BrokenProcessPool:
            breaks += 1
            waiting = [*hand.tasks.values(), *hand.again]
            if breaks > BREAKS:
                raise SolveError(
                    "worker processes died again and again (out of memory?): try fewer --jobs; what was solved is kept."
                ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _pool(jobs: int) -> ProcessPoolExecutor:
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
    if hasattr(context, "set_forkserver_preload"):
        context.set_forkserver_preload(["blackmass.analysis.workers"])
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)


class _Hand:
    """The chunks that workers have in hand: as many as asked, refilled as they come back."""

    def __init__(self, pool: Executor, packed: bytes, most: int, again: list[Task], remaining: Iterator[Task]) -> None:
        self.pool, self.packed, self.most = pool, packed, most
        self.again, self.remaining = list(again), remaining
        self.tasks: dict[Future[Columns], Task] = {}

    def done(self, look: Callable[[], None] = lambda: None) -> Iterator[Done]:
        """Yield chunks as they are done; `look` is called while there is none."""
        self._fill()
        while self.tasks:
            ready = wait(self.tasks, POLL, FIRST_COMPLETED).done
            if not ready:
                look()
            for future in ready:
                found = future.result()
                number = self.tasks.pop(future)[0]
                yield number, found  # before more is handed out: a pool that breaks must not take this with it
                self._fill()

    def _fill(self) -> None:
        while len(self.tasks) < self.most:
            if not self.again:
                task = next(self.remaining, None)
                if task is None:
                    return
                self.again.append(task)
            future = self.pool.submit(solve_packed, self.packed, self.again[-1][1])
            self.tasks[future] = self.again.pop()  # only now, so that it is not lost where the pool is broken


# --- a Dask cluster ----------------------------------------------------------------------------------
def _on_cluster(study: Study, tasks: Iterable[Task], address: str) -> Iterator[Done]:
    distributed = needed("distributed", "sweep")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    client = _client(distributed, address)
    try:
        workers = _workers(client, address)
        hand = _Hand(client.get_executor(pure=False, retries=2), _packed(study), AHEAD * workers, [], iter(tasks))
        yield from hand.done(_Watch(client, address))
    except CancelledError:
        raise _lost(address) from None
    except (distributed.scheduler.KilledWorker, distributed.comm.CommClosedError) as error:
        raise SolveError(f"--scheduler {address}: {error}; what was solved is kept.") from None
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=2)


def _on_local_cluster(study: Study, tasks: Iterable[Task], jobs: int) -> Iterator[Done]:
    distributed = needed("distributed", "sweep")
    with distributed.LocalCluster(jobs, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        yield from _on_cluster(study, tasks, cluster.scheduler_address)


def _client(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InputError(
            f"--scheduler {address} cannot be reached: {reason}; start one with 'dask scheduler'."
        ) from None


def _workers(client: Any, address: str) -> int:
    """Number of threads of the workers, all of which must run this version."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except (TimeoutError, OSError):
        raise InputError(f"--scheduler {address} has no worker: start one with 'dask worker {address}'.") from None
    try:
        versions = set(client.run(version).values())
    except Exception as error:
        raise InputError(
            f"--scheduler {address}: a worker cannot import blackmass ({error}); install it there."
        ) from None
    if versions != {blackmass.__version__}:
        found = ", ".join(sorted(versions))
        raise InputError(f"--scheduler {address}: workers run blackmass {found}, here is {blackmass.__version__}.")
    return sum(client.nthreads().values())


def version() -> str:
    """Return the version of the program, here or on a worker."""
    return blackmass.__version__


class _Watch:
    """Raises once the scheduler, or its last worker, has been gone for a while."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address, self.seen = client, address, time.monotonic()

    def __call__(self) -> None:
        if self.client.status == "running" and self.client.scheduler_info().get("workers"):
            self.seen = time.monotonic()
        elif self.client.status in ("closed", "closing") or time.monotonic() - self.seen > PATIENCE:
            raise _lost(self.address)


def _lost(address: str) -> SolveError:
    return SolveError(
        f"--scheduler {address}: the scheduler or its workers are gone; what was solved is kept: go on with --resume."
    )
