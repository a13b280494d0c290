"""The cache of machine code, and that it notices when a file that a kernel calls has changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import blackmass

INNER = "from blackmass.numerics.compiled import compiled\n@compiled\ndef inner(x):\n    return {factor} * x\n"
OUTER = (
    "from blackmass.numerics.compiled import compiled\nfrom blackmass.numerics.inner_test import inner\n"
    "@compiled\ndef outer(x):\n    return inner(x) + 1.0\n"
)


def result(place: Path) -> float:
    code = "from blackmass.numerics.outer_test import outer; print(outer(1.0))"
    environment = os.environ | {"PYTHONPATH": str(place)}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=place, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(ran.stdout)


def test_machine_code_follows_a_change_in_another_file(tmp_path):
    package = tmp_path / "blackmass"
    shutil.copytree(Path(blackmass.__file__).parent / "numerics", package / "numerics")
    (package / "__init__.py").touch()
    (package / "chemistry").mkdir()
    (package / "numerics" / "inner_test.py").write_text(INNER.format(factor=2.0))
    (package / "numerics" / "outer_test.py").write_text(OUTER)
    assert result(tmp_path) == 3.0
    (package / "numerics" / "inner_test.py").write_text(INNER.format(factor=30.0))
    assert result(tmp_path) == 31.0
