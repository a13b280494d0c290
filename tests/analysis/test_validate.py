# ruff: noqa: E501  (rows of case files)
"""Case files as other people write them: read, predicted or refused with a reason, never a traceback."""

import csv
import json
import math

import pytest

from blackmass.analysis.validate import shipped_files, validate
from blackmass.analysis.validate_names import look_up
from blackmass.analysis.validate_table import figure, read_case_file
from blackmass.errors import InputError

LEACH = "case_id,source,quality,feed,acid,acid_M,reductant,reductant_M,T_C,time_min,S_L_gL,x_Li_pct,x_Ni_pct,x_Co_pct"
SX = (
    "case_id,source,quality,extractant,extractant_M,saponified_fraction,T_C,pH_equilibrium,oa_ratio,stages,medium,"
    "feed_Mn_gL,feed_Co_gL,feed_Ni_gL,E_Mn_pct,E_Co_pct,E_Ni_pct"
)
RAIN = "case_id,quality,medium,reagent,reagent_ratio,T_C,pH_final,feed_Li_gL,feed_Co_gL,feed_Ni_gL,y_Li_pct,y_Ni_pct"


@pytest.fixture
def run(tmp_path):
    def call(header, *rows, encoding="utf-8", end="\n"):
        path = tmp_path / "cases.csv"
        path.write_bytes(end.join([header, *rows, ""]).encode(encoding))
        return validate([path])

    return call


FIGURES = {
    "95": 95, "95,5": 95.5, "0,979": 0.979, "~95": 95, "≈ 95": 95, ">99.9": 99.9, "≤ 0.1": 0.1, "98 ± 1": 98, "95-99": 97,
    "95–99": 97, "60 %": 60, "1e-3": 1e-3, "ca. 40": 40, "−0.5": -0.5, "1,234.5": 1234.5, "10 to 20": 15,
}  # fmt: skip


@pytest.mark.parametrize("text", FIGURES)
def test_figures_are_read_as_meant(text):
    assert figure(text, "here") == pytest.approx(FIGURES[text])


@pytest.mark.parametrize("text", ["", "-", "n/a", "N.D.", "nan", "?"])
def test_figures_not_stated(text):
    assert figure(text, "here") is None


@pytest.mark.parametrize("text", ["hot", "1,000", "inf", "1e999", "5 6", "12 g/L", "--3", "0x10"])
def test_figures_that_cannot_be_read_are_refused(text):
    with pytest.raises(InputError, match=r"here: '"):
        figure(text, "here")


def test_per_cent_in_a_fraction():
    assert figure("60 %", "here", fraction=True) == pytest.approx(0.6)


def test_names_as_papers_write_them():
    pairs = {"P204": "D2EHPA", "P507": "PC-88A", "pc88a": "PC-88A", "cyanex-272": "Cyanex 272", "EHEHPA": "PC-88A"}
    pairs |= {
        "Versatic acid 10": "Versatic 10",
        "20% D2EHPA": "D2EHPA",
        "bis(2,4,4-trimethylpentyl)phosphinic acid": "Cyanex 272",
    }
    for name, model in pairs.items():
        assert look_up(name, "extractant").name == model
    assert look_up("H₂O₂ (30 wt%)", "reagent", ("H2O2",)).name == "H2O2"
    assert look_up("lime", "precipitant").name == "Ca(OH)2"
    assert look_up("sulphuric acid", "reagent").name == "H2SO4"


def test_shipped_files_hold_every_row_of_the_cases():
    found = validate(shipped_files())
    plants = [row for row in found.rows if not row.of_a_salt]
    assert len(plants) == 517
    assert {row.kind for row in found.rows} == {"leach", "sx", "precipitation", "solubility", "activity"}
    statistics = found.statistics()
    assert statistics["by_kind"]["leach"]["median_absolute_error"] < 4.5
    assert statistics["by_kind"]["leach"]["p90_absolute_error"] < 14
    assert statistics["by_kind"]["sx"]["median_absolute_error"] < 5
    assert statistics["by_kind"]["precipitation"]["median_absolute_error"] < 5
    assert statistics["count"] == sum(row.quality != "C" for row in plants)


def test_sources_left_out_of_the_fit_are_predicted_by_a_fit_without_them():
    statistics = validate([path for path in shipped_files() if path.name == "leach.csv"]).statistics()
    fitted, unseen = statistics["by_kind"]["leach"], statistics["left_out"]["leach"]
    assert unseen["count"] == fitted["count"]
    assert unseen["median_absolute_error"] < 2 * fitted["median_absolute_error"]


def test_predictions_do_not_see_what_was_measured(run):
    same = ["a,me,A,NMC622,H2SO4,2,H2O2,1,60,60,50,99,98,97", "b,me,A,NMC622,H2SO4,2,H2O2,1,60,60,50,1,2,3"]
    rows = run(LEACH, *same).rows
    assert [row.predicted for row in rows[:3]] == [row.predicted for row in rows[3:]]


def test_quality_c_is_shown_and_not_counted(run):
    found = run(LEACH, "a,me,A,LiCoO2,H2SO4,2,H2O2,1,60,60,20,99,,98", "b,me,c,LiCoO2,H2SO4,2,H2O2,1,60,60,20,5,,5")
    assert len(found.rows) == 4
    assert found.statistics()["count"] == 2


def test_spreadsheet_habits(run):
    row = '"a","me","A",LiCoO2,H2SO4,"2,0",H2O2,"1,5",60,60,20,"99,1",,>98'
    plain = run(LEACH, "a,me,A,LiCoO2,H2SO4,2.0,H2O2,1.5,60,60,20,99.1,,98").rows
    assert run(LEACH, row, ",,,,,,,,,,,,,", "", end="\r\n", encoding="utf-8-sig").rows == plain
    semicolons = [text.replace(",", ";") for text in (LEACH, "a,me,A,LiCoO2,H2SO4,2.0,H2O2,1.5,60,60,20,99.1,,98")]
    assert run(semicolons[0], semicolons[1].replace(".", ",")).rows == plain
    assert (
        run(LEACH.replace(",", "\t"), "a,me,A,LiCoO2,H2SO4,2.0,H2O2,1.5,60,60,20,99.1,,98".replace(",", "\t")).rows
        == plain
    )
    assert run(LEACH.upper() + ",colour", "a,me,A,LiCoO2,H2SO4,2.0,H2O2,1.5,60,60,20,99.1,,98,red").rows == plain


def test_unused_columns_are_named(run):
    found = run(LEACH + ",colour", "a,me,A,LiCoO2,H2SO4,2.0,H2O2,1.5,60,60,20,99.1,,98,red")
    assert "colour" in found.warnings[0]


FEEDS = [
    "LiNi0.83Co0.12Mn0.05O2", "NMC 811", "NCM523", "LiNi1/3Co1/3Mn1/3O2", "LiNi₀.₈Co₀.₁Mn₀.₁O₂", "NCA", "LiNi0.8Co0.15Al0.05O2",
    "Li(Ni0.5Co0.2Mn0.3)O2", "LiNi0.82Co0.12Mn0.05Zr0.01O2", "Li0.8Ni0.6Co0.2Mn0.2O2", "LCO + NMC111",
    "LiCoO2 (from phones)", "NMC (1:1:1)", "NCM 83:12:5", "NMC721", "LiFePO4/C + LCO", "spent LiCoO2 powder",
    "50% LiCoO2 + 50% LiNi0.6Mn0.2Co0.2O2", "0.7 LiNi0.6Mn0.2Co0.2O2 + 0.3 LiFePO4",
]  # fmt: skip


@pytest.mark.parametrize("feed", FEEDS)
def test_feeds(run, feed):
    rows = run(LEACH, f'a,me,A,"{feed}",H2SO4,2,H2O2,2,70,120,30,99,,98').rows
    assert all(50 < row.predicted <= 100 for row in rows)


def test_feeds_without_a_model_are_flagged(run):
    rows = run(
        LEACH,
        "a,me,A,LiCoO2,H2SO4,2,H2O2,2,70,120,30,99,,98",
        "b,me,A,LiMn0.6Fe0.4PO4,H2SO4,2,H2O2,2,70,120,30,99,,98",
        "c,me,A,mixed scrap,H2SO4,2,H2O2,2,70,120,30,99,,98",
        "d,me,A,,H2SO4,2,H2O2,2,70,120,30,99,,98",
        "e,me,A,LiCoO2,H2SO4,2,H2O2,2,70,120,30,99,50,98",
    ).rows
    predicted = {(row.case, row.element): row.predicted for row in rows}
    assert predicted["a", "Li"] is not None
    assert all(predicted[case, "Li"] is None for case in "bcd")
    assert predicted["e", "Ni"] is None
    assert predicted["e", "Co"] is not None
    assert all("not predicted" in row.remark for row in rows if row.predicted is None)


REAGENTS = {
    "citric acid,1.25,H2O2,1": True, "HCl,4,none,": True, "DL-malic acid,1.5,H2O2,0.6": True, "oxalic acid,1,,": True,
    "H3PO4,2,glucose,0.05": True, "sulfuric acid,2,ascorbic acid,0.2": True, "H2SO4,1,NaHSO3,0.1": True,
    "H2SO4,2,Na2S2O3,0.3": True, "HNO3,1,H2O2 (30%),0.5": True, "H2SO4,,H2O2,": True, ",2,,1": True, ",,,": True,
    "H2SO4,2,LiFePO4,0.3": True, "H2SO4,2,Cu foil,0.3": True,
    "H2SO4 + HCl,1 + 0.5,none,0": True, "H2SO4+HCl,2,none,0": True, "H2SO4+HCl,1+2+3,none,0": False, "choline chloride,2,none,": False,
    "H2SO4,2,ethanol,0.2": False, "H2SO4,2,unobtainium juice,0.2": False,
}  # fmt: skip


@pytest.mark.parametrize("reagents", REAGENTS)
def test_reagents(run, reagents):
    good = "z,me,A,LiCoO2,H2SO4,2,H2O2,2,70,120,30,99,,98"
    rows = [row for row in run(LEACH, f"a,me,A,LiCoO2,{reagents},70,120,30,99,,98", good).rows if row.case == "a"]
    assert [row.predicted is not None for row in rows] == [REAGENTS[reagents]] * 2
    assert all(row.predicted is None or math.isfinite(row.predicted) for row in rows)


def test_solid_reductants_raise_extraction(run):
    alone, copper = (run(LEACH, f"a,me,A,LiCoO2,H2SO4,2,{r},70,240,30,99,,98").rows for r in ("none,", "Cu,0.3"))
    assert copper[1].predicted > alone[1].predicted + 20


def test_sodium_of_the_alkali_counts_as_fed(run):
    rows = run(SX + ",feed_Na_gL,E_Na_pct", "a,me,A,D2EHPA,3,,25,7,2,2,sulfate,1,1,1,90,10,5,1,20").rows
    assert 0 < next(row.predicted for row in rows if row.element == "Na") < 100


def test_outside_the_range_is_predicted_and_flagged(run):
    rows = run(LEACH, "a,me,A,LiCoO2,citric acid,1,H2O2,2,70,120,30,99,,98").rows
    assert not any(row.in_range for row in rows)
    assert all(row.counted for row in rows)


EXTRACTIONS = {
    "PC-88A,0.6,,25,4.5,1,1,sulfate": True, "P507,0.6,0.5,25,,1,2,sulfate": True, "P204,1,,40,3,1:2,3,chloride": True,
    "Versatic acid 10,0.5,,,6.5,,,": True, "Cyanex272,0.5,60 %,25,,2,2,sulphate": True, "D2EHPA,,,,,,,": True,
    "LIX984N,0.3,,25,2,1,1,sulfate": True, "Na-Cyanex 272,0.3,0.7,25,5.5,1,1,sulfate": True,
    "D2EHPA + 5% TBP,0.6,,25,3,1,1,sulfate": True, "20% v/v D2EHPA in kerosene,0.6,,25,3,1,1,nitrate": True,
    "D2EHPA,0.5,1.0,25,,1,5,sulfate": True, "D2EHPA + Cyanex 272,0.6,,25,3,1,1,sulfate": False,
    "Aliquat 336,0.6,,25,3,1,1,sulfate": False, "Cyanex 301,0.6,,25,3,1,1,sulfate": False,
}  # fmt: skip


@pytest.mark.parametrize("conditions", EXTRACTIONS)
def test_extractions(run, conditions):
    good = "z,me,A,D2EHPA,0.5,,25,3,1,1,sulfate,1,1,1,90,10,5"
    rows = [row for row in run(SX, f"a,me,A,{conditions},2,10,1,80,50,10", good).rows if row.case == "a"]
    assert len(rows) == 3
    assert [row.predicted is not None for row in rows] == [EXTRACTIONS[conditions]] * 3
    assert all(row.predicted is None or -1e-6 < row.predicted < 100 + 1e-6 for row in rows)


def test_extraction_of_what_has_no_constant_is_flagged(run):
    rows = run(SX + ",E_Cr_pct,E_Li_pct,E_K_pct", "a,me,A,D2EHPA,0.5,,25,3,1,1,sulfate,1,1,1,90,10,5,50,1,1").rows
    missing = {row.element: row.remark for row in rows if row.predicted is None}
    assert set(missing) == {"Cr", "K"}


PRECIPITATIONS = {
    "sulfate,NaOH,,60,9": True, "chloride,lime,,25,10": True, "sulfate,Na2CO3,1.1,,": True, "sulfate,oxalic acid,1.5,50,2": True,
    "sulfate,ammonia,,50,8": True, "sulfate,Na3PO4,1.2,60,": True, ",NH4HCO3,1,40,": True, "sulfate,MgO,0.9,50,": True,
    "sulfate,LiOH,,25,11": True, "nitrate,KOH,,25,11": True, "sulfate,H2C2O4,,25,2": True, ",,,,9": True,
    "sulfate,CO2,1,25,10": True, "sulfate,CO2,1,25,": False, "sulfate,Ca(OH)2 slurry,,25,9": True, "sulfate,Na2S,1,25,4": False, "sulfate,KMnO4,1,25,": False, "sulfate,NaClO,1,25,": False, "sulfate,DMG,1,25,": False,
}  # fmt: skip


@pytest.mark.parametrize("conditions", PRECIPITATIONS)
def test_precipitations(run, conditions):
    good = "z,A,sulfate,NaOH,,25,9,3,5,10,1,99"
    rows = [row for row in run(RAIN, f"a,A,{conditions},3,5,10,1,99", good).rows if row.case == "a"]
    assert [row.predicted is not None for row in rows] == [PRECIPITATIONS[conditions]] * 2
    assert all(row.predicted is None or -1e-6 < row.predicted < 100 + 1e-6 for row in rows)


def test_residual_metals_are_judged_by_their_ratio(run):
    found = run(
        "case_id,quality,medium,reagent,pH_final,T_C,feed_Ni_gL,y_Ni_pct,residual_Ni_mgL,residual_Co_mgL",
        "a,A,sulfate,NaOH,8.5,25,10,99,15,3",
    )
    statistics = found.statistics()
    assert statistics["count"] == 1
    assert statistics["residual"]["count"] == 1
    assert next(row for row in found.rows if row.element == "Co").predicted is None


WRONG = {
    "slip in a name": (LEACH, "a,me,A,LiCoO2,H2SO5,2,H2O2,2,70,120,30,99,,98", r"\(a\): acid 'H2SO5'.*did you mean 'H2SO4'"),
    "a sure slip": (LEACH, "a,me,A,LiCoO2,sulfuric acd,2,H2O2,2,70,120,30,99,,98", r"\(a\), column acid: 'sulfuric acd'.*did you mean 'sulfuric acid'"),
    "slip in an extractant": (SX, "a,me,A,Cyanx 272,1,,25,3,1,1,sulfate,1,1,1,90,10,5", "did you mean 'Cyanex 272'"),
    "nothing known": (LEACH, "a,me,A,LiCoO2,unobtainium,2,H2O2,2,70,120,30,99,,98", "acid 'unobtainium' is not known.*H2SO4"),
    "text for a figure": (LEACH, "a,me,A,LiCoO2,H2SO4,strong,H2O2,2,70,120,30,99,,98", "column acid_M: 'strong' is not a number"),
    "measured beyond sense": (LEACH, "a,me,A,LiCoO2,H2SO4,2,H2O2,2,70,120,30,999,,98", "x_Li_pct: '999' is outside"),
    "negative": (LEACH, "a,me,A,LiCoO2,H2SO4,-2,H2O2,2,70,120,30,99,,98", "acid_M: '-2' is outside 0 to 30"),
    "half a stage": (SX, "a,me,A,D2EHPA,1,,25,3,1,1.5,sulfate,1,1,1,90,10,5", "stages: '1.5' is not a whole number"),
    "fraction in per cent": (SX, "a,me,A,D2EHPA,1,60,25,,1,1,sulfate,1,1,1,90,10,5", "saponified_fraction: '60' is outside 0 to 1"),
    "unquoted commas": (LEACH, "a,me,A,LiCoO2,H2SO4,2,H2O2,2,70,120,30,99,1,98,2", "15 cells, the header has 14"),
    "no case": (LEACH, "", "no case below"),
    "no measured column": ("case_id,feed,acid", "a,LiCoO2,H2SO4", "no column of measured figures"),
    "no extractant": (SX.replace("extractant,", "extract,", 1), "a,me,A,D2EHPA,1,,25,3,1,1,sulfate,1,1,1,90,10,5", "needs a column 'extractant'"),
    "column twice": (LEACH + ",feed", "a,me,A,LiCoO2,H2SO4,2,H2O2,2,70,120,30,99,,98,LCO", "'feed' stands in the header twice"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_files_are_refused_in_one_paragraph(run, case):
    header, row, message = WRONG[case]
    with pytest.raises(InputError, match=message) as caught:
        run(header, row)
    assert "\n" not in str(caught.value)
    assert "cases.csv" in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"\x00\x01\x02,\x00", b"\xff\xfe\x00", "x_Li_pct,feed\n\xe9".encode("latin-1")]
)
def test_files_that_are_no_text_are_refused(tmp_path, data):
    path = tmp_path / "cases.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"cases\.csv"):
        read_case_file(path)


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_case_file(path)


def test_results_are_plain_json(run):
    found = run(LEACH, "a,me,A,LiCoO2,H2SO4,2,H2O2,2,70,120,30,99,50,98")
    text = json.dumps([row.as_json() for row in found.rows], allow_nan=False)
    assert json.loads(text)[0]["case"] == "a"


def test_case_files_cite_the_bibliography():
    for path in shipped_files():
        with path.open(encoding="utf-8", newline="") as file:
            assert all(row["key"] for row in csv.DictReader(file))


SOLUBLE = "case_id,quality,salt,solid,T_C,background,background_mol_kg,CO2_atm,solubility_mol_kg,solubility_g_kg,fitted"
GAMMA = "case_id,quality,salt,molality,T_C,gamma"


def test_salts_are_met_within_5_per_cent_of_independent_figures():
    found = validate([path for path in shipped_files() if path.stem in ("solubility", "activity")])
    salts = found.statistics()["salts"]["by_salt"]
    for salt in ("Li2CO3", "Na2SO4", "CoSO4", "MnSO4", "Li2SO4", "CaSO4", "LiF"):
        assert salts[f"solubility of {salt}, independent"]["median_absolute_error"] < 3
    assert salts["activity of Na2SO4, independent"]["p90_absolute_error"] < 2
    acid = [row for row in found.rows if row.element == "H2SO4" and row.counted]
    assert {row.temperature_C for row in acid if not row.fitted} == {25, 40}
    assert max(abs(row.error) for row in acid) < 1
    assert found.statistics()["count"] == 0


def test_errors_of_salts_are_in_per_cent_of_the_value_and_stand_apart(run):
    found = run(SOLUBLE, "a,A,Na2SO4,,25,,,,1.0,,", "b,A,Na2SO4,,25,,,,4.0,,log K", "c,C,Na2SO4,,25,,,,9,,")
    first, second, _ = found.rows
    assert first.predicted == second.predicted
    assert first.error == pytest.approx(100 * (first.predicted - 1))
    assert found.statistics()["count"] == 0
    kinds = found.statistics()["salts"]["by_kind"]
    assert kinds["solubility, independent"]["count"] == kinds["solubility, fitted"]["count"] == 1
    assert first.as_json()["unit"] == "mol/kg water"


def test_solubility_units_solids_backgrounds_and_gas(run):
    rows = run(
        SOLUBLE,
        "a,A,Na2SO4,,20,,,,1.4,190,",
        "b,A,Na2SO4,Na2SO4,20,,,,3.6,,",
        "c,A,Li2CO3,,25,Na2SO4,1,,0.3,,",
        "d,A,Li2CO3,,25,,,1,0.7,,",
        "e,A,Li2CO3,,25,,,,0.17,,",
    ).rows
    assert rows[1].predicted == pytest.approx(142.04 * rows[0].predicted, rel=1e-3)
    assert rows[2].predicted > 2 * rows[0].predicted  # the anhydrous salt is not the stable one at 20 C
    assert "solid: Na2SO4.10H2O" in rows[0].remark
    assert rows[3].predicted > 1.3 * rows[5].predicted
    assert rows[4].predicted > 3 * rows[5].predicted


def test_names_of_salts_that_are_not_known_leave_their_rows_unpredicted(run):
    rows = run(
        SOLUBLE,
        "a,A,Na2SO4,,20,,,,1.4,,",
        "b,A,XySO4,,20,,,,1,,",
        "c,A,NaCl,,20,,,,6,,",
        "d,A,NiSO4,NiSO4.5H2O,20,,,,6,,",
    ).rows
    assert [row.predicted is None for row in rows] == [False, True, True, True]
    assert all("not predicted" in row.remark for row in rows[1:])
    with pytest.raises(InputError, match="XySO4"):
        run(GAMMA, "a,A,XySO4,1,25,0.2")


def test_activity_needs_a_molality(run):
    rows = run(GAMMA, "a,A,Na2SO4,,25,0.2", "b,A,Na2SO4,1,,0.2").rows
    assert rows[0].predicted is None
    assert rows[1].predicted == pytest.approx(0.201, rel=0.01)
    assert "T_C 25" in rows[1].remark
