"""Aqueous equilibrium: balances, constants, complementarity, dosing, warm starts, activity models with gradients."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry import aqueous
from blackmass.chemistry.activity import LN10, Activity, Davies
from blackmass.chemistry.dosing import Dosing
from blackmass.chemistry.equilibria import COMPONENTS, component_rows, dissolved, pure_phase
from blackmass.chemistry.neutralisation import SOLIDS as NEUTRALISER_SOLIDS
from blackmass.chemistry.reagents import reagent_stream
from blackmass.errors import InputError
from blackmass.status import Status
from blackmass.stream import Stream

KILOGRAM = 1.0 / species.molar_mass("H2O")
SODA = reagent_stream("sodium_hydroxide")[0].flow
LIQUOR = {
    "Ni+2": 0.35,
    "Co+2": 0.12,
    "Mn+2": 0.12,
    "Li+": 0.6,
    "Al+3": 0.05,
    "Fe+3": 0.005,
    "Cu+2": 0.01,
    "Na+": 0.3,
    "F-": 0.02,
    "PO4-3": 0.005,
    "Ca+2": 0.001,
    "Mg+2": 0.001,
    "H+": 0.2,
}
SOLIDS = (
    "Fe(OH)3",
    "Al(OH)3",
    "alunite-Na",
    "FePO4.2H2O",
    "AlPO4.2H2O",
    "CaF2",
    "Ni(OH)2",
    "brochantite",
)
REACTIONS = {reaction.name: reaction for reaction in dissolved("davies")}
METALS = [name for name in COMPONENTS if name != "H+" and species.CHARGE[species.index(name)] > 0]
ACIDS = [name for name in COMPONENTS if species.CHARGE[species.index(name)] < 0]


def sulfate(amounts: dict[str, object], cases: int = 1, temperature: float = 298.15) -> Stream:
    """A liquor in a kilogram of water, its charge balanced by sulfate."""
    flow = Stream.of({"H2O": KILOGRAM, **amounts}, cases=cases).flow.copy()
    flow[species.index("SO4-2")] += species.CHARGE @ flow / 2
    return Stream(flow, temperature)


def leach_liquor(cases: int = 1, seed: int = 0) -> Stream:
    draw = np.random.default_rng(seed)
    return sulfate({name: amount * (0.5 + draw.random(cases)) for name, amount in LIQUOR.items()}, cases)


def wide_liquors(cases: int, seed: int) -> Stream:
    """Any liquor: traces to 1e-12 mol/kg, components that are not there, sulfate to 6 mol/kg, acid to strong alkali."""
    draw = np.random.default_rng(seed)
    amounts = {}
    for name in METALS + ACIDS:
        top = 0.3 if name in ("Na+", "Li+", "Ni+2", "Co+2", "Mn+2", "SO4-2") else -0.4
        amount = 10 ** draw.uniform(-12, top, cases)
        amounts[name] = np.where(draw.random(cases) < 0.4, 0.0, amount)
    flow = Stream.of({"H2O": KILOGRAM, **amounts}, cases=cases).flow.copy()
    excess = species.CHARGE @ flow
    acid = 10 ** draw.uniform(-8, 0.5, cases)
    alkaline = draw.random(cases) < 0.3
    strong = np.minimum(acid, 1.5)
    flow[species.index("H+")] = np.where(alkaline, -strong, acid)
    flow[species.index("Na+")] += np.maximum(-excess, 0.0) + np.where(alkaline, strong, 0.0)
    flow[species.index("SO4-2")] += np.maximum(excess, 0.0) / 2 + np.where(alkaline, 0.0, acid / 2)
    return Stream(flow, draw.uniform(273.15, 373.15, cases))


def dissolved_balance(found: aqueous.Equilibrium) -> np.ndarray:
    """Moles of each component in the dissolved species and the free water (components, cases)."""
    total = np.zeros((len(COMPONENTS), found.pH.size))
    for name, molality in zip(found.names, found.molality, strict=True):
        own = np.eye(len(COMPONENTS))[COMPONENTS.index(name)] if name in COMPONENTS else REACTIONS[name].amounts
        total += own[:, None] * molality * found.water_mass
    total[-1] += found.water_mass * KILOGRAM
    return total


def check(stream: Stream, found: aqueous.Equilibrium, dosed: np.ndarray | float = 0.0, near: float = 1e-10) -> None:
    """What any equilibrium must fulfil: every balance, and each phase saturated or absent."""
    good = found.status <= Status.OUT_OF_RANGE
    fed = stream.flow + dosed
    left = fed + found.stoichiometry @ found.extent
    conserved = species.CONSERVED @ (left - fed)
    assert np.abs(conserved).max() <= 1e-12 * np.abs(fed).max()
    sizes = np.abs(left).sum(0)
    off = np.abs(dissolved_balance(found) - left[component_rows()])
    assert np.all(off[:, good] <= near * np.maximum(np.abs(left[component_rows()]), 1e-3 * sizes)[:, good])
    for row, name in enumerate(found.phases):
        there = left[species.index(name)][good]
        saturation = found.log_saturation[row, good]
        if species.SPECIES[species.index(name)].phase == "solid":
            assert np.all(there >= 0), name
        assert np.all(saturation < 1e-9), name
        assert np.all((there <= 1e-11) | (np.abs(saturation) < 1e-9)), name


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), formed=st.integers(0, 12), open_=st.booleans())
def test_any_liquor_reaches_equilibrium(seed, formed, open_):
    stream = wide_liquors(20, seed)
    names = [name for name in aqueous.pure_phases() if name not in ("CO2(g)", "NH3(g)", "NaOH", "Na2CO3", "CaO", "MgO")]
    solids = tuple(np.random.default_rng(seed).choice(names, formed, replace=False).tolist())
    gases = {"CO2(g)": 0.01} if open_ else None
    found = aqueous.equilibrate(stream.flow, stream.temperature, solids=solids, gases=gases)
    assert np.count_nonzero(found.status > Status.OUT_OF_RANGE) <= 1
    check(stream, found)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    reagent=st.sampled_from(
        ["sodium_hydroxide", "calcium_hydroxide", "sodium_carbonate", "magnesium_oxide", "sulfuric_acid"]
    ),
)
def test_any_target_is_met_or_told_why_not(seed, reagent):
    stream = wide_liquors(20, seed)
    pH = np.random.default_rng(seed).uniform(-0.5, 13.5, 20)
    flow = reagent_stream(reagent)[0].flow
    solids = ("CaSO4.2H2O", "Mg(OH)2", "Ca(OH)2", "Fe(OH)3", "CaCO3")
    found = aqueous.equilibrate(stream.flow, stream.temperature, solids=solids, pH=pH, reagent=flow)
    check(stream, found, found.dose * flow)
    met = found.status <= Status.OUT_OF_RANGE
    told = (found.status == Status.INFEASIBLE) | (found.status == Status.SPEC_NOT_REACHED)
    assert np.count_nonzero(~(met | told)) <= 1
    np.testing.assert_allclose(found.pH[met], pH[met], atol=1e-11)
    assert np.all(found.dose >= 0)
    assert np.all(found.past == (found.status == Status.INFEASIBLE))
    assert np.all(found.dose[found.past] == 0)
    side = -1.0 if reagent == "sulfuric_acid" else 1.0
    assert np.all(side * (found.pH - pH)[found.past] >= -1e-9)
    assert np.all(side * (found.pH - pH)[found.status == Status.SPEC_NOT_REACHED] < 0)


def test_constants_are_recovered():
    found = aqueous.equilibrate(leach_liquor().flow, 333.15)
    charges = np.array(
        [species.CHARGE[species.index(name)] if name in COMPONENTS else REACTIONS[name].charge for name in found.names]
    )
    gamma = Davies().evaluate(found.names, charges, found.molality, np.array([333.15])).ln_gamma[:, 0]
    activity = dict(zip(found.names, np.log(np.maximum(found.molality[:, 0], 1e-300)) + gamma, strict=True))
    activity["H2O"] = float(np.log(found.water_activity[0]))
    for name in found.names:
        if name in REACTIONS and found.molality_of(name) > 0:
            parts = zip(COMPONENTS, REACTIONS[name].amounts, strict=True)
            formed = sum(amount * activity[part] for part, amount in parts if amount)
            constant = REACTIONS[name].ln_k(np.array([333.15]))[0]
            assert activity[name] - formed == pytest.approx(constant, abs=1e-10), name
    assert found.pH[0] == pytest.approx(-activity["H+"] / LN10, abs=1e-12)


def test_pure_water_is_neutral():
    found = aqueous.equilibrate(Stream.of({"H2O": KILOGRAM}).flow, 298.15)
    assert found.pH == pytest.approx(7.0, abs=1e-3)
    assert found.status == Status.OK


def test_scaling_the_stream_scales_the_extents():
    stream = leach_liquor(5)
    found = aqueous.equilibrate(stream.flow, 333.15, solids=SOLIDS, pH=4.5, reagent=SODA)
    for factor in (1e-6, 1e4):
        scaled = aqueous.equilibrate(factor * stream.flow, 333.15, solids=SOLIDS, pH=4.5, reagent=SODA)
        np.testing.assert_allclose(scaled.extent, factor * found.extent, rtol=1e-10, atol=1e-12 * factor)
        np.testing.assert_allclose(scaled.dose, factor * found.dose, rtol=1e-11)


def test_a_batch_is_its_cases():
    stream = leach_liquor(4)
    temperature, pH = np.array([280.0, 300.0, 333.0, 360.0]), np.array([3.0, 4.0, 5.0, 6.0])
    batch = aqueous.equilibrate(stream.flow, temperature, solids=SOLIDS, pH=pH, reagent=SODA)
    for case in range(4):
        one = aqueous.equilibrate(stream.case(case).flow, temperature[case], solids=SOLIDS, pH=pH[case], reagent=SODA)
        np.testing.assert_allclose(one.extent[:, 0], batch.extent[:, case], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(one.molality[:, 0], batch.molality[:, case], rtol=1e-10)


def test_a_large_batch_of_similar_liquors_is_its_cases():
    stream = leach_liquor(150)
    batch = aqueous.equilibrate(stream.flow, 333.15, solids=SOLIDS, pH=4.5, reagent=SODA)
    assert np.all(batch.status <= Status.OUT_OF_RANGE)
    check(stream, batch, batch.dose * SODA)
    for case in (0, 70, 149):
        one = aqueous.equilibrate(stream.case(case).flow, 333.15, solids=SOLIDS, pH=4.5, reagent=SODA)
        np.testing.assert_allclose(one.extent[:, 0], batch.extent[:, case], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(one.dose, batch.dose[case], rtol=1e-11)


@pytest.mark.parametrize("target", [None, 4.5])
def test_a_warm_start_changes_nothing(target):
    stream, near = leach_liquor(30), leach_liquor(30, seed=1)
    dosing = {} if target is None else {"pH": target, "reagent": SODA}
    guess = aqueous.equilibrate(stream.flow, 333.15, solids=SOLIDS, **dosing).guess
    guess[:, ::3] = np.nan
    cold = aqueous.equilibrate(near.flow, 333.15, solids=SOLIDS, **dosing)
    warm = aqueous.equilibrate(near.flow, 333.15, solids=SOLIDS, **dosing, start=guess)
    assert np.all(warm.status == cold.status)
    np.testing.assert_allclose(warm.pH, cold.pH, atol=1e-11)
    np.testing.assert_allclose(warm.molality, cold.molality, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(warm.extent, cold.extent, rtol=1e-11, atol=1e-12)


def test_a_guess_survives_components_that_come_and_go():
    first = sulfate({"Ni+2": 0.5, "H+": 0.1})
    second = sulfate({"Ni+2": 0.5, "H+": 0.1, "Al+3": 0.05, "F-": 0.02})
    guess = aqueous.equilibrate(first.flow, 298.15).guess
    warm = aqueous.equilibrate(second.flow, 298.15, start=guess)
    cold = aqueous.equilibrate(second.flow, 298.15)
    np.testing.assert_allclose(warm.pH, cold.pH, atol=1e-11)
    back = aqueous.equilibrate(first.flow, 298.15, start=warm.guess)
    assert back.status == Status.OK


def test_carbon_dioxide_leaves_an_open_acid_liquor_and_not_a_closed_one():
    stream = sulfate({"Na+": 1.0, "CO3-2": 0.2, "H+": 0.6})
    closed = aqueous.equilibrate(stream.flow, 298.15)
    opened = aqueous.equilibrate(stream.flow, 298.15, gases={"CO2(g)": 1.0})
    assert closed.extent.size == 0
    assert 0.1 < opened.extent[0, 0] < 0.2
    assert opened.log_saturation_of("CO2(g)") == pytest.approx(0.0, abs=1e-10)
    less = aqueous.equilibrate(stream.flow, 298.15, gases={"CO2(g)": 0.01})
    assert less.extent[0, 0] > opened.extent[0, 0]


def test_more_alkali_is_needed_for_a_higher_ph_and_precipitates_more():
    stream = leach_liquor().repeated(9)
    found = aqueous.equilibrate(stream.flow, 333.15, solids=SOLIDS, pH=np.linspace(2.5, 6.5, 9), reagent=SODA)
    assert np.all(np.diff(found.dose) > 0)
    aluminium = -np.array([pure_phase(name).amounts[COMPONENTS.index("Al+3")] for name in SOLIDS]) @ found.extent
    assert np.all(np.diff(aluminium) <= 1e-12)


def test_a_liquor_beyond_the_target_needs_no_dose():
    stream = leach_liquor()
    found = aqueous.equilibrate(stream.flow, 298.15, pH=0.3, reagent=SODA)
    assert found.past.all()
    assert found.status == Status.INFEASIBLE
    assert found.dose == 0
    np.testing.assert_allclose(found.pH, aqueous.pH(stream.flow, 298.15), atol=1e-11)


def test_lime_that_saturates_does_not_reach_ph_13_and_says_so():
    stream = leach_liquor()
    lime = species.column({"Ca(OH)2": 1.0})
    found = aqueous.equilibrate(stream.flow, 298.15, solids=(*SOLIDS, "Ca(OH)2", "CaSO4.2H2O"), pH=13.5, reagent=lime)
    assert found.status == Status.SPEC_NOT_REACHED
    assert not found.past.any()
    assert 12 < found.pH[0] < 13.5
    left = stream.flow + lime[:, None] * found.dose + found.stoichiometry @ found.extent
    assert left[species.index("Ca(OH)2"), 0] > 0
    np.testing.assert_allclose(
        species.CONSERVED @ left, species.CONSERVED @ (stream.flow + lime[:, None] * found.dose), atol=1e-12
    )


def test_a_case_that_cannot_be_leaves_the_others_alone():
    stream = leach_liquor(4)
    flow = stream.flow.copy()
    flow[species.index("Ni+2"), 1] = np.nan
    flow[:, 2] = 0.0
    found = aqueous.equilibrate(flow, 298.15)
    good = aqueous.equilibrate(stream.flow, 298.15)
    assert found.status.tolist() == [Status.OK, Status.NOT_FINITE, Status.OK, Status.OK]
    np.testing.assert_allclose(found.pH[[0, 3]], good.pH[[0, 3]], atol=1e-11)
    assert np.isnan(found.guess[:, 1:3]).all()


def test_an_unknown_solid_names_the_nearest():
    with pytest.raises(InputError, match="there is no solubility constant for 'gypsun'"):
        aqueous.equilibrate(leach_liquor().flow, 298.15, solids=("gypsun",))


@dataclasses.dataclass(frozen=True)
class Interaction:
    """Davies, and for each pair of opposite ions a term in the molality of the other, as in the SIT equation."""

    strength: float
    derivatives: bool
    tier: str = "davies"

    def evaluate(self, names, charges, molality, temperature) -> Activity:
        plain = Davies().evaluate(names, charges, molality, temperature)
        charges = np.asarray(charges, dtype=float)
        pairs = self.strength * (charges[:, None] * charges < 0) * np.sqrt(np.abs(charges[:, None] * charges))
        water = 0.5 * np.einsum("ij,in,jn->n", pairs, molality, molality) / KILOGRAM
        found = dataclasses.replace(
            plain, ln_gamma=plain.ln_gamma + pairs @ molality, ln_water=plain.ln_water - water, slope=None
        )
        if not self.derivatives:
            return found
        by_strength = plain.slope[:, None] * (0.5 * charges**2)[None, :, None]
        by_water = -(pairs @ molality) / KILOGRAM
        # the law for water in the Davies model falls by a fixed amount per molal
        step = 1e-6 * np.ones_like(molality)
        linear = Davies().evaluate(names, charges, molality + step / len(names), temperature).ln_water - plain.ln_water
        by_water = by_water + linear / 1e-6
        return dataclasses.replace(found, gradient=pairs[:, :, None] + by_strength, water_gradient=by_water)


@pytest.mark.parametrize("strength", [0.05, -0.03])
def test_a_model_with_derivatives_by_composition_converges_to_the_same(strength):
    stream = sulfate({"Ni+2": np.array([0.5, 1.5, 2.5]), "Na+": 1.0, "H+": 0.1}, 3)
    solids = ("NiSO4.6H2O", "NiSO4.7H2O", "Na2SO4.10H2O")
    exact = aqueous.equilibrate(stream.flow, 298.15, solids=solids, model=Interaction(strength, True))
    behind = aqueous.equilibrate(stream.flow, 298.15, solids=solids, model=Interaction(strength, False))
    assert np.all(exact.status <= Status.OUT_OF_RANGE)
    settled = behind.status <= Status.OUT_OF_RANGE
    np.testing.assert_allclose(exact.pH[settled], behind.pH[settled], atol=1e-9)
    np.testing.assert_allclose(exact.extent[:, settled], behind.extent[:, settled], rtol=1e-8, atol=1e-9)
    check(stream, exact)


REAGENTS = ("sodium_hydroxide", "calcium_hydroxide", "sodium_carbonate", "magnesium_oxide", "sulfuric_acid")
IN_LIQUORS = ("Na+", "K+", "Li+", "F-", "PO4-3", "CO3-2", "Al+3", "Fe+3", "Fe+2", "Cu+2", "Ni+2", "Co+2", "Mn+2")


def any_liquors(cases: int, seed: int, most: float) -> tuple[Stream, np.ndarray]:
    """Liquors with 1e-9 to `most` mol/kg of everything, charge balanced by sulfate or acid, and target pHs."""
    draw = np.random.default_rng(seed)
    amounts = {name: 10 ** draw.uniform(-9, np.log10(most), cases) for name in (*IN_LIQUORS, "SO4-2")}
    charge = sum(species.CHARGE[species.index(name)] * amount for name, amount in amounts.items())
    acid = 10 ** draw.uniform(-6, 0, cases)
    amounts["H+"] = np.maximum(-charge, 0.0) + acid
    amounts["SO4-2"] = amounts["SO4-2"] + (np.maximum(charge, 0.0) + acid) / 2
    stream = Stream.of({"H2O": KILOGRAM, **amounts}, cases=cases)
    return Stream(stream.flow, draw.uniform(283.15, 368.15, cases)), draw.uniform(1, 12, cases)


@pytest.mark.parametrize("most", [0.3, 6.0])
@pytest.mark.parametrize("reagent", REAGENTS)
def test_practically_every_liquor_can_be_dosed(reagent, most):
    cases = 500
    stream, pH = any_liquors(cases, 11, most)
    tank = Dosing(stream.temperature, pH, reagent_stream(reagent)[0].flow, NEUTRALISER_SOLIDS)
    found = tank.settle(stream.flow, None)
    assert np.count_nonzero(found.status > Status.OUT_OF_RANGE) <= cases // 2000
    met = np.abs(found.pH - pH) < 1e-10
    side = -1.0 if reagent == "sulfuric_acid" else 1.0
    assert np.all(met | ((found.dose == 0) & (side * (found.pH - pH) > 0)) | (side * (found.pH - pH) < 0))
    again = tank.settle(stream.flow, found.guess)
    np.testing.assert_allclose(again.pH, found.pH, atol=1e-11)
    np.testing.assert_allclose(again.extent, found.extent, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("most", [0.3, 6.0])
def test_practically_every_liquor_is_solved(most):
    cases = 2000
    stream, _ = any_liquors(cases, 12, most)
    gases = {"CO2(g)": 1.0}
    found = aqueous.equilibrate(stream.flow, stream.temperature, solids=NEUTRALISER_SOLIDS, gases=gases)
    assert np.count_nonzero(found.status > Status.OUT_OF_RANGE) <= cases // 2000
    check(stream, found, near=1e-11)


@pytest.mark.parametrize("reagent", [None, "sodium_hydroxide", "calcium_hydroxide"])
def test_the_order_of_the_cases_does_not_matter(reagent):
    stream = leach_liquor(200, seed=3)
    pH = np.random.default_rng(4).uniform(2, 9, 200)
    base = None if reagent is None else reagent_stream(reagent)[0].flow
    found, turned = (
        aqueous.equilibrate(stream.flow[:, order], 333.15, solids=NEUTRALISER_SOLIDS, pH=pH[order], reagent=base)
        for order in (slice(None), slice(None, None, -1))
    )
    assert np.all(found.status == turned.status[::-1])
    np.testing.assert_allclose(found.pH, turned.pH[::-1], atol=1e-11)
    np.testing.assert_allclose(found.extent, turned.extent[:, ::-1], rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found.dose, turned.dose[::-1], rtol=1e-11)


def test_a_bound_of_the_dose_is_kept():
    stream = leach_liquor(6)
    free = aqueous.equilibrate(stream.flow, 333.15, solids=SOLIDS, pH=4.5, reagent=SODA)
    bound = free.dose * np.array([0.0, 0.3, 0.9, 1.0 + 1e-9, 2.0, np.inf])
    held = aqueous.equilibrate(stream.flow, 333.15, solids=SOLIDS, pH=4.5, reagent=SODA, bound=bound)
    again = aqueous.equilibrate(stream.flow, 333.15, solids=SOLIDS, pH=4.5, reagent=SODA, bound=bound, start=held.guess)
    short = Status.SPEC_NOT_REACHED
    assert held.status.tolist() == [Status.OK, short, short, Status.OK, Status.OK, Status.OK]
    np.testing.assert_allclose(held.dose, np.minimum(bound, free.dose), rtol=1e-8)
    np.testing.assert_allclose(again.extent, held.extent, rtol=1e-11, atol=1e-12)
    assert np.all(held.pH[:3] < 4.5)


def test_other_models_do_not_dose():
    with pytest.raises(InputError, match="only be reached with the Davies model"):
        aqueous.equilibrate(leach_liquor().flow, 298.15, pH=4.0, reagent=SODA, model=Interaction(0.05, True))
