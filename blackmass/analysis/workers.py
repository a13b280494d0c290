"""Workers for runs of cases: this process, others on this machine, or a Dask cluster, all behind one executor."""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol, TypeVar

from blackmass.analysis.extras import needed
from blackmass.errors import InputError, SolveError

Item = TypeVar("Item")
Answer = TypeVar("Answer")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
RETRIES = 2
AHEAD = 2
CONNECT_TIMEOUT = 10.0


class Crew(Protocol):
    """Workers that can be asked: how many there are, an executor for them, and whether they can still be reached."""

    size: int

    def hire(self) -> Executor:
        """Return an executor; called again when the one before broke."""
        ...

    def check(self) -> None:
        """Raise if the workers cannot be reached any more."""
        ...

    def close(self) -> None:
        """Let the workers go."""
        ...


class Alone:
    """This process does the work itself, one task after the other."""

    size = 1

    def hire(self) -> Executor:
        """Return an executor that runs what it is given at once."""
        return _AtOnce()

    def check(self) -> None:
        """Nothing can be lost."""

    def close(self) -> None:
        """Nothing is held."""


class _AtOnce(Executor):
    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Processes:
    """Worker processes on this machine, one thread each; they end when this process does, however it ends."""

    def __init__(self, jobs: int) -> None:
        self.size = jobs
        self._pools: list[ProcessPoolExecutor] = []

    def hire(self) -> Executor:
        """Start the processes."""
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        for name in THREADS:
            os.environ.setdefault(name, "1")
        pool = ProcessPoolExecutor(
            self.size, mp_context=multiprocessing.get_context(method), initializer=_end_with_parent
        )
        self._pools.append(pool)
        return pool

    def check(self) -> None:
        """A broken pool says so itself."""

    def close(self) -> None:
        """End the processes."""
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)


def _end_with_parent() -> None:
    """A worker waits for tasks for ever, even after its parent was killed: end then."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Cluster:
    """The workers of a running Dask scheduler."""

    def __init__(self, address: str) -> None:
        distributed = needed("distributed", "cluster")
        self.address = address
        try:
            self.client = distributed.Client(address, timeout=CONNECT_TIMEOUT, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"--scheduler {address}: cannot be reached ({_first_line(error)}); start one with "
                f"'dask scheduler', its workers with 'dask worker ADDRESS', and give the address that it prints."
            ) from None
        self.size = sum(self.client.nthreads().values())
        if not self.size:
            self.close()
            raise InputError(f"--scheduler {address}: it has no workers; start some with 'dask worker {address}'.")

    def hire(self) -> Executor:
        """Return an executor over the cluster."""
        return self.client.get_executor(pure=False, retries=RETRIES)  # type: ignore[no-any-return]

    def check(self) -> None:
        """Raise if the scheduler died."""
        if self.client.status != "running":
            raise SolveError(f"the scheduler {self.address} can no longer be reached.")

    def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(Exception):
            self.client.close(timeout=2)


def crew(jobs: int, scheduler: str = "") -> Crew:
    """Return the workers asked for.

    Raises
    ------
    InputError
        The scheduler cannot be reached or has no workers.
    """
    if scheduler:
        return Cluster(scheduler)
    if jobs < 1:
        raise InputError(f"--jobs {jobs}: at least 1.")
    return Alone() if jobs == 1 else Processes(jobs)


def answers(function: Callable[[Item], Answer], items: Iterable[Item], workers: Crew) -> Iterator[tuple[Item, Answer]]:
    """Yield each item with its answer as it comes, with few items in hand at a time.

    A pool of processes that breaks is started again twice and its items are given out anew.

    Raises
    ------
    SolveError
        Workers die again and again, or the scheduler can no longer be reached.
    """
    waiting, left = iter(items), RETRIES
    again: list[Item] = []
    executor = workers.hire()
    running: dict[Future[Answer], Item] = {}
    try:
        while True:
            try:
                _fill(executor, function, again, waiting, running, AHEAD * workers.size if workers.size > 1 else 1)
                if not running:
                    return
                done, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
                workers.check()
                for future in done:
                    answer = future.result()
                    yield running.pop(future), answer
            except BrokenProcessPool:
                again, running, left = [*again, *running.values()], {}, left - 1
                if left < 0:
                    raise SolveError(
                        "worker processes end again and again (is memory short?); try fewer --jobs."
                    ) from None
                executor = workers.hire()
    except CancelledError:
        raise SolveError("the workers dropped their tasks: the scheduler or its workers ended.") from None
    finally:
        for future in running:
            future.cancel()


def _fill(
    executor: Executor,
    function: Callable[[Item], Answer],
    again: list[Item],
    waiting: Iterator[Item],
    running: dict[Future[Answer], Item],
    most: int,
) -> None:
    while len(running) < most:
        item = again.pop() if again else next(waiting, None)
        if item is None:
            return
        try:
            running[executor.submit(function, item)] = item
        except BrokenProcessPool:
            again.append(item)
            raise
        except RuntimeError as error:  # a client that lost its scheduler takes no more work
            raise SolveError(f"the workers take no more tasks: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0].rstrip(".")
