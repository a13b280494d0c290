"""Rows of a study as Arrow tables, with the unit of every column beside it."""

from typing import Any

from blackmass.analysis.chunks import Rows, Task
from blackmass.analysis.extras import needed
from blackmass.analysis.outputs import unit_of
from blackmass.analysis.study import Study, inputs_shown

EXTRA = "sweep"
FACTS = b"blackmass"


def arrow() -> Any:
    """Return pyarrow, or say which extra brings it."""
    return needed("pyarrow", EXTRA)


def parquet() -> Any:
    """Return pyarrow.parquet, or say which extra brings it."""
    return needed("pyarrow.parquet", EXTRA)


def schema(study: Study) -> Any:
    """Return the Arrow schema of a study: case, inputs, how each case ended, outputs."""
    pa = arrow()
    kinds = {"whole": pa.int64(), "choice": pa.string(), "feed": pa.string()}
    fields = [pa.field("case", pa.int64())]
    fields += [_field(knob.path, kinds.get(knob.kind, pa.float64()), knob.unit) for knob in study.design.knobs]
    fields += [pa.field("converged", pa.bool_()), pa.field("status", pa.string()), pa.field("reason", pa.string())]
    fields.append(pa.field("iterations", pa.int64()))
    fields += [_field(name, pa.float64(), unit_of(name, study.plant)) for name in study.outputs]
    return pa.schema(fields)


def table(task: Task, rows: Rows, columns: Any) -> Any:
    """Return the rows of a task as an Arrow table of a schema; what is undefined is null."""
    pa = arrow()
    found: dict[str, Any] = {"case": range(task.start, task.start + task.cases), **inputs_shown(task)}
    found |= {"converged": rows.converged, **rows.state, **rows.outputs}
    arrays = [pa.array(found[field.name], type=field.type, from_pandas=True) for field in columns]
    return pa.Table.from_arrays(arrays, schema=columns)


def _field(name: str, kind: Any, unit: str) -> Any:
    return arrow().field(name, kind, metadata={"unit": unit})
