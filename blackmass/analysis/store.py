"""Where a sweep is kept: parts while it runs, one Parquet file when it is done. Neither is ever half written.

Every run of cases is a part, written beside its place and moved there whole, so that a sweep which is killed at any
moment has lost no more than the runs in hand. The parts are merged in order, one at a time.
"""

import contextlib
import dataclasses
import importlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from blackmass.analysis.tabular import FACTS, arrow, parquet
from blackmass.errors import InputError, SolveError

ROW_GROUP = 50_000
MOST_REASONS = 20


@dataclasses.dataclass(frozen=True)
class Merged:
    """What is in a finished file."""

    cases: int
    converged: int
    reasons: dict[str, int]


class Store:
    """The file of a sweep and the folder of its parts, held by one process at a time.

    Parameters
    ----------
    path : Path
        The file that is wanted; parts lie in `<path>.parts` meanwhile.
    study : mapping
        What defines the study: only the same study is resumed.
    facts : mapping
        What else the file says of its origin (command, ...).
    """

    def __init__(self, path: Path, study: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        parquet()
        self.path, self.study, self.facts = path, dict(study), dict(facts)
        self.folder = path.with_name(path.name + ".parts")
        self._lock: Any = None

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.close()

    # --- beginning ---------------------------------------------------------------------------------
    def begin(self, *, resume: bool, force: bool) -> bool:
        """Make the folder or take up what is there; returns whether the file is finished already.

        Raises
        ------
        InputError
            Something is there and neither `resume` nor `force` is given; it belongs to another study; it cannot be
            written; another process writes it.
        """
        if self.path.is_dir():
            raise InputError(
                f"--out {self.path}: is a folder; give the name of a file, such as {self.path}/sweep.parquet."
            )
        if (self.path.exists() or self.folder.exists()) and not (resume or force):
            raise InputError(
                f"--out {self.path}: a sweep is there already; give --resume to go on with it, --force to replace it, "
                f"or another name."
            )
        self._make_folder()
        if force and not resume:
            self._clear()
        elif self.path.exists():
            self._check(_facts_of(self.path), self.path)
            self._clear()
            self._drop_folder()
            return True
        self._sign()
        return False

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / "lock").open("w")
        except OSError as error:
            raise InputError(
                f"--out {self.path}: cannot be written ({error.strerror}); choose another place."
            ) from None
        try:
            importlib.import_module("fcntl").flock(
                self._lock, 2 | 4
            )  # exclusive, without waiting; ends with the process
        except ModuleNotFoundError:
            pass  # no locks of this kind on this system
        except OSError:
            raise InputError(f"--out {self.path}: another sweep writes it now; wait, or choose another name.") from None

    def _sign(self) -> None:
        """Write what the study is beside the parts, or check that it is the same."""
        note = self.folder / "study.json"
        if note.exists():
            self._check(json.loads(note.read_text()), self.folder)
            return
        self._clear()
        _replace(note, json.dumps({"study": self.study, **self.facts}, indent=2).encode())

    def _check(self, there: Mapping[str, Any], place: Path) -> None:
        mine = {**self.study, "version": self.facts["version"]}
        theirs = {**there.get("study", {}), "version": there.get("version")}
        for name in sorted({*mine, *theirs}):
            if mine.get(name) != theirs.get(name):
                raise InputError(
                    f"--resume {place}: holds another study: its {name.replace('_', ' ')} is {theirs.get(name)!r}, "
                    f"not {mine.get(name)!r}; choose another name, or --force without --resume to replace it."
                )

    def _clear(self) -> None:
        for part in [*self.folder.glob("part-*"), self.folder / "study.json"]:
            part.unlink(missing_ok=True)

    # --- parts -------------------------------------------------------------------------------------
    def _part(self, number: int) -> Path:
        return self.folder / f"part-{number:08d}.parquet"

    def has(self, number: int, cases: int) -> bool:
        """Whether a part is there and whole."""
        try:
            return bool(parquet().read_metadata(self._part(number)).num_rows == cases)
        except (OSError, arrow().ArrowInvalid):
            return False

    def save(self, number: int, data: bytes) -> None:
        """Write a part, whole or not at all."""
        _replace(self._part(number), data)

    # --- end ---------------------------------------------------------------------------------------
    def merge(self, chunks: int) -> Merged:
        """Join the parts into the file, in order, and remove them."""
        kept = self.folder / "merged.tmp"
        try:
            with contextlib.ExitStack() as closing:
                writer = None
                for parts in _runs(self, chunks):
                    rows = arrow().concat_tables(parts)
                    if writer is None:
                        facts = {FACTS: json.dumps({"study": self.study, **self.facts}).encode()}
                        columns = rows.schema.with_metadata(facts)
                        writer = closing.enter_context(parquet().ParquetWriter(kept, columns, compression="zstd"))
                    writer.write_table(rows.cast(columns), row_group_size=ROW_GROUP)
            _settle(kept, self.path)
        except OSError as error:
            raise SolveError(
                f"{self.path}: cannot be written ({error.strerror}); --resume goes on from here."
            ) from None
        self._drop_folder()
        return counted(self.path)

    def _drop_folder(self) -> None:
        if self._lock is not None:
            self._lock.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _runs(store: Store, chunks: int) -> Any:
    """Yield the parts in lists of about a row group."""
    parts, rows = [], 0
    for number in range(chunks):
        part = parquet().read_table(store._part(number))
        parts.append(part)
        rows += part.num_rows
        if rows >= ROW_GROUP:
            yield parts
            parts, rows = [], 0
    if parts:
        yield parts


def counted(path: Path) -> Merged:
    """Count how the cases of a finished file ended, one row group at a time."""
    file = parquet().ParquetFile(path)
    cases, converged, reasons = 0, 0, Counter[str]()
    for group in range(file.num_row_groups):
        part = file.read_row_group(group, columns=["converged", "status", "reason"]).to_pydict()
        cases += len(part["converged"])
        converged += sum(part["converged"])
        ends = zip(part["converged"], part["status"], part["reason"], strict=True)
        reasons.update(_brief(status, reason) for good, status, reason in ends if not good)
    return Merged(cases, converged, dict(reasons.most_common(MOST_REASONS)))


def _brief(status: str, reason: str) -> str:
    place = reason.partition(":")[0].partition(",")[0]
    return f"{status} at {place}" if place.isidentifier() else status


def _facts_of(path: Path) -> dict[str, Any]:
    try:
        metadata = parquet().read_schema(path).metadata or {}
        return json.loads(metadata[FACTS])  # type: ignore[no-any-return]
    except (OSError, KeyError, ValueError, arrow().ArrowInvalid):
        raise InputError(
            f"--resume {path}: is no file of a sweep; choose another name, or --force to replace it."
        ) from None


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(path.name + ".tmp")
    try:
        beside.write_bytes(data)
        _settle(beside, path)
    except OSError as error:
        raise SolveError(f"{path}: cannot be written ({error.strerror}); --resume goes on from here.") from None


def _settle(beside: Path, path: Path) -> None:
    """Move a file to its place after it reached the disk."""
    with beside.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(beside, path)
