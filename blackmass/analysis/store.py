"""Results of a study in a Parquet file: written chunk by chunk beside it, and put together whole at the end.

While a study runs, its chunks are files in the folder FILE.parts. Every file is written under another name, flushed
to the disk and then renamed, so that it is there whole or not at all, whenever the program is stopped.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from blackmass.analysis.design import Columns
from blackmass.analysis.extras import needed
from blackmass.errors import InputError, SolveError

KEY = b"blackmass"
ROWS = 65_536  # in a row group of the whole file
_DIFFERENT = {
    "version": "was made by version {0} of the program, this is {1}",
    "flowsheet": "is of the flowsheet {0}, not {1}",
    "flowsheet_hash": "is of another state of the flowsheet (hash {0}, not {1}): parameters, feed or data differ",
    "seed": "was drawn with seed {0}, not {1}",
}


class Store:
    """The Parquet file of a study, under construction.

    Parameters
    ----------
    path : Path
    about : mapping
        What defines the study; a file is gone on with only if it says the same.
    schema : pyarrow.Schema
    rows : sequence of int
        Number of cases of each chunk.
    command : str
        How the study was asked for; kept, not compared.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], schema: Any, rows: list[int], command: str = "") -> None:
        self.path, self.about, self.rows = path, dict(about), rows
        self.folder = path.with_name(path.name + ".parts")
        self.schema, self.command = schema, command
        self.done: set[int] = set()
        self.complete = False
        self._lock: int | None = None

    # --- begin and end -----------------------------------------------------------------------------
    def open(self, *, resume: bool = False, force: bool = False) -> "Store":
        """Make ready to write, and find what is done already.

        Raises
        ------
        InputError
            Something is there already and neither `resume` nor `force` was given, it belongs to another study, another
            process writes it, or the place cannot be written.
        """
        _check_place(self.path)
        if self.path.exists() and not force:
            if not resume:
                raise InputError(f"--out {self.path}: exists already; --resume goes on with it, --force begins anew.")
            self._check_same(_about_of_file(self.path), self.path)
            self.complete = True
            return self
        try:
            self.folder.mkdir(exist_ok=True)
            self._take_lock()
            self._begin(resume, force)
        except (OSError, ValueError, KeyError) as error:
            self.close()
            raise InputError(f"--out {self.path}: cannot be written or gone on with ({error}).") from None
        except InputError:
            self.close()
            raise
        return self

    def _begin(self, resume: bool, force: bool) -> None:
        if force:
            self.path.unlink(missing_ok=True)
            for part in self._parts():
                part.unlink()
        if not resume and self._parts():
            raise InputError(
                f"--out {self.path}: holds an unfinished study; --resume goes on with it, --force begins anew."
            )
        note = self.folder / "study.json"
        if self._parts():
            kept = json.loads(note.read_text(encoding="utf-8"))
            self._check_same(kept["about"], self.folder)
            self.command = kept["command"]
        else:
            _write(note, lambda path: path.write_text(json.dumps({"about": self.about, "command": self.command})))
        for leftover in self.folder.glob("*.tmp"):
            leftover.unlink()
        self.done = {number for number in range(len(self.rows)) if self._is_whole(number)}

    def write(self, number: int, start: int, columns: Columns) -> None:
        """Keep a chunk, whole or not at all.

        Raises
        ------
        SolveError
            The disk refuses it.
        """
        parquet = needed("pyarrow.parquet", "sweep")
        cases = np.arange(start, start + self.rows[number])
        table = self._table({"case": cases, **columns})
        try:
            _write(self._part(number), lambda path: parquet.write_table(table, path))
        except OSError as error:
            raise SolveError(f"--out {self.folder}: {error.strerror or error}; what was solved is kept.") from None
        self.done.add(number)

    def finish(self) -> None:
        """Put all chunks into the file, a few at a time, and remove them."""
        if not self.complete:
            try:
                _write(self.path, self._merge)
            except OSError as error:
                raise SolveError(f"--out {self.path}: {error.strerror or error}; its parts are kept.") from None
            self.complete = True
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Let others write; a folder in which nothing was kept goes."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
            if not self._parts():
                shutil.rmtree(self.folder, ignore_errors=True)

    # --- parts -------------------------------------------------------------------------------------
    def _part(self, number: int) -> Path:
        return self.folder / f"{number:08d}.parquet"

    def _parts(self) -> list[Path]:
        return list(self.folder.glob("*.parquet"))

    def _is_whole(self, number: int) -> bool:
        parquet, path = needed("pyarrow.parquet", "sweep"), self._part(number)
        if not path.exists():
            return False
        try:
            return bool(parquet.read_metadata(path).num_rows == self.rows[number])
        except (OSError, ValueError):
            return False

    def _merge(self, path: Path) -> None:
        parquet = needed("pyarrow.parquet", "sweep")
        text = json.dumps({**self.about, "command": self.command}).encode()
        schema = self.schema.with_metadata({**(self.schema.metadata or {}), KEY: text})
        with parquet.ParquetWriter(path, schema) as writer:
            for table in self._tables():
                writer.write_table(table.cast(schema))

    def _tables(self) -> Iterator[Any]:
        """Chunks in order, joined to tables of a good size."""
        arrow, parquet = needed("pyarrow", "sweep"), needed("pyarrow.parquet", "sweep")
        held: list[Any] = []
        for number in range(len(self.rows)):
            held.append(parquet.read_table(self._part(number)))
            if sum(table.num_rows for table in held) >= ROWS:
                yield arrow.concat_tables(held).combine_chunks()
                held = []
        if held:
            yield arrow.concat_tables(held).combine_chunks()

    def _table(self, columns: Columns) -> Any:
        arrow = needed("pyarrow", "sweep")
        arrays = [
            arrow.array(
                _as_text(columns[field.name]) if arrow.types.is_string(field.type) else columns[field.name],
                from_pandas=True,  # what is undefined (NaN) is missing
            )
            for field in self.schema
        ]
        return arrow.table(arrays, schema=self.schema)

    # --- checks ------------------------------------------------------------------------------------
    def _check_same(self, kept: Mapping[str, Any], where: Path) -> None:
        ours = json.loads(json.dumps(self.about))
        for key in [*_DIFFERENT, *ours]:
            if ours.get(key) != kept.get(key):
                text = _DIFFERENT.get(key, f"differs in '{key}' ({{0}}, not {{1}})")
                raise InputError(
                    f"--resume: {where} {text.format(kept.get(key), ours.get(key))}; choose another --out, or --force."
                )

    def _take_lock(self) -> None:
        """One process writes at a time; the lock goes with the process, however it ends."""
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT)
        with contextlib.suppress(ImportError):
            import fcntl

            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._lock)
                self._lock = None
                raise InputError(f"--out {self.path}: another process is writing it.") from None


def schema_of(names: Mapping[str, str], units: Mapping[str, str]) -> Any:
    """Return the schema of columns: `names` maps them to "float", "int", "text" or "bool"; units go into the fields."""
    arrow = needed("pyarrow", "sweep")
    kinds = {"float": arrow.float64(), "int": arrow.int64(), "text": arrow.string(), "bool": arrow.bool_()}
    fields = [arrow.field("case", arrow.int64())]
    for name, kind in names.items():
        metadata = {"unit": units[name]} if units.get(name) else None
        fields.append(arrow.field(name, kinds[kind], metadata=metadata))
    return arrow.schema(fields)


def ends_of(path: Path) -> dict[tuple[str, str], int]:
    """Return how many rows of a file ended how: (status, reason) to number; a part of the file is read at a time."""
    parquet = needed("pyarrow.parquet", "sweep")
    counts: dict[tuple[str, str], int] = {}
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["status", "reason"]):
            for end in zip(batch["status"].to_pylist(), batch["reason"].to_pylist(), strict=True):
                counts[end] = counts.get(end, 0) + 1
    return counts


def _as_text(values: Any) -> list[str | None]:
    return [None if value is None else str(value) for value in values]


def _about_of_file(path: Path) -> dict[str, Any]:
    parquet = needed("pyarrow.parquet", "sweep")
    try:
        return json.loads(parquet.read_schema(path).metadata[KEY])  # type: ignore[no-any-return]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"--out {path}: is no result of this program; choose another file.") from None


def _write(path: Path, fill: Any) -> None:
    """Write a file under another name, flush it to the disk, and rename it."""
    other = path.with_name(path.name + ".tmp")
    fill(other)
    with open(other, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(other, path)


def _check_place(path: Path) -> None:
    if path.suffix.lower() not in (".parquet", ".pq"):
        raise InputError(f"--out {path}: the name of a Parquet file is needed, such as sweep.parquet.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"--out {path}: cannot be written ({error.strerror}); choose another place.") from None
    if path.is_dir():
        raise InputError(f"--out {path}: is a folder; the name of a file is needed.")
