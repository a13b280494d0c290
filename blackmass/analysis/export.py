"""A result as CSV, as spreadsheets open it: units in the header, and no text that could be taken for a formula."""

import io
import os
from pathlib import Path
from typing import Any

from blackmass.analysis.extras import needed
from blackmass.errors import InputError

MARK = "\ufeff".encode()  # by which Excel knows UTF-8
FORMULA = r"^([=+\-@\t\r])"


def export_csv(source: Path, target: Path) -> None:
    """Write the rows of a Parquet file as CSV, a part at a time.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    parquet, csv = needed("pyarrow.parquet", "sweep"), needed("pyarrow.csv", "sweep")
    other = target.with_name(target.name + ".tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with parquet.ParquetFile(source) as file, open(other, "wb") as out:
            out.write(MARK)
            header = True
            for batch in file.iter_batches():
                text = io.BytesIO()
                csv.write_csv(_plain(batch, file.schema_arrow), text, csv.WriteOptions(include_header=header))
                out.write(text.getvalue())
                header = False
        os.replace(other, target)
    except OSError as error:
        raise InputError(f"--csv {target}: cannot be written ({error.strerror}); choose another place.") from None


def _plain(batch: Any, schema: Any) -> Any:
    arrow, compute = needed("pyarrow", "sweep"), needed("pyarrow.compute", "sweep")
    columns = {}
    for field, values in zip(schema, batch.columns, strict=True):
        unit = (field.metadata or {}).get(b"unit", b"").decode()
        text = arrow.types.is_string(field.type)
        shown = compute.replace_substring_regex(values, FORMULA, r"'\1") if text else values
        columns[f"{field.name} [{unit}]" if unit else field.name] = shown
    return arrow.table(columns)
