"""Study files: what they ask for, and how mistakes in them are named."""

import pytest

from blackmass.analysis.study_file import Asked, read_study
from blackmass.errors import InputError

STUDY = """
feed = "NMC622=1 t/h"
constraints = ["recovery.Li >= 0.8"]

[set]
screen.sharpness = 3

[axes]
screen.cut_size = "200:800:5 um"
"shredder.temperature" = ["20 degC", "40 degC"]
feed = ["NMC622=1 t/h", "NMC111=1 t/h, LFP=1 t/h"]

[sample]
cases = 256
method = "lhs"
seed = 4

[outputs]
loss = "1 - recovery.Li"
"""


def test_a_study_is_read(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    found = read_study(path)
    assert found == Asked(
        feed="NMC622=1 t/h",
        settings={"screen.sharpness": "3"},
        axes={
            "screen.cut_size": "200:800:5 um",
            "shredder.temperature": "20 degC,40 degC",
            "feed": "NMC622=1 t/h|NMC111=1 t/h, LFP=1 t/h",
        },
        cases=256,
        method="lhs",
        seed=4,
        outputs={"loss": "1 - recovery.Li"},
        constraints=("recovery.Li >= 0.8",),
    )


def test_the_command_line_counts_where_both_speak():
    both = Asked(cases=10, seed=1, axes={"a.b": "1:2"}).joined(Asked(seed=0, axes={"a.b": "3:4", "c.d": "5:6"}))
    assert (both.cases, both.seed, both.axes) == (10, 0, {"a.b": "3:4", "c.d": "5:6"})


WRONG = {
    "key": ("axis = 1", "there is no key 'axis'; did you mean 'axes'?"),
    "sample key": ("[sample]\ncase = 1", "there is no key 'sample.case'; did you mean 'cases'?"),
    "number": ("[sample]\ncases = 1.5", "a whole number is needed"),
    "table": ("axes = 3", "must be a table"),
    "list": ('constraints = "x"', "must be a list"),
    "value": ("[axes]\na.b = 1979-05-27", "a text or a number is needed"),
    "toml": ("[axes", "study.toml:"),
}


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_are_named(case, tmp_path):
    text, message = WRONG[case]
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_study(path)
    assert message in str(error.value)
    assert "study.toml" in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_study(tmp_path / "none.toml")
