"""What every unit operation must hold, whatever enters and however it is set."""

import numpy as np
import pytest
from hypothesis import given, settings

from blackmass import species
from blackmass.operations.operation import every_operation
from blackmass.status import Status
from tests.strategies import operation_with, ports, seeds

CASES = 4
OPERATIONS = every_operation()
PROTON = species.index("H+")


def sides(batch, inlets, operation):
    """What entered, supplies drawn included, and what left, as lists of streams."""
    entered = [inlets[port] for port in operation.inlets] + [s.repeated(CASES) for s in batch.drawn.values()]
    return entered, [batch[port].repeated(CASES) for port in operation.outlets]


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=seeds)
def test_elements_and_charge_close_and_no_flow_is_negative(name, seed):
    random = np.random.default_rng(seed)
    operation = operation_with(random, OPERATIONS[name], CASES)
    inlets = ports(random, operation, CASES)
    batch = operation.run(**inlets)
    entered, left = sides(batch, inlets, operation)
    size = sum(np.abs(species.CONSERVED) @ np.abs(s.flow) for s in entered + left)  # neutral solids dissolve to ions
    error = sum(s.conserved for s in left) - sum(s.conserved for s in entered)
    assert np.all(np.abs(error) <= 1e-11 * size + 1e-30)
    for stream in left:
        assert np.all(np.isfinite(stream.flow))
        assert np.all(np.isfinite(stream.temperature))
        floor = -1e-12 * np.abs(stream.flow).max(0)
        floors = np.where(np.arange(species.COUNT)[:, None] == PROTON, -np.inf, floor)
        assert np.all(stream.flow >= floors), np.argwhere(stream.flow < floors)
    for duty in operation.duties:
        assert np.all(np.asarray(batch[duty]) >= 0), duty


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=4, deadline=None, derandomize=True)
@given(seed=seeds)
def test_a_batch_is_its_cases_one_by_one(name, seed):
    random = np.random.default_rng(seed)
    operation = operation_with(random, OPERATIONS[name], CASES)
    inlets = ports(random, operation, CASES)
    batch = operation.run(**inlets)
    status = np.broadcast_to(batch.status, (CASES,))
    for case in range(CASES):
        one = operation.take(np.array([case])).run(**{port: stream.case(case) for port, stream in inlets.items()})
        if status[case] > Status.OUT_OF_RANGE:
            continue
        for port in operation.outlets:
            size = max(np.abs(s.flow[:, case]).max() for s in [*inlets.values(), batch[port]])
            np.testing.assert_allclose(batch[port].flow[:, case], one[port].flow[:, 0], rtol=1e-7, atol=1e-9 * size)


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=seeds)
def test_twice_the_feed_is_twice_the_product(name, seed):
    random = np.random.default_rng(seed)
    operation = operation_with(random, OPERATIONS[name], CASES)
    inlets = ports(random, operation, CASES)
    doubled = {port: s.split(1.0)[0] + s if port in operation.inlets else s for port, s in inlets.items()}
    batch, twice = operation.run(**inlets), operation.run(**doubled)
    good = np.broadcast_to(batch.status, (CASES,)) <= Status.OUT_OF_RANGE
    for port in operation.outlets:
        flow = 2 * batch[port].repeated(CASES).flow[:, good]
        size = np.abs(flow).max(initial=0.0) + sum(np.abs(s.flow).max() for s in inlets.values())
        np.testing.assert_allclose(twice[port].repeated(CASES).flow[:, good], flow, rtol=1e-7, atol=1e-9 * size)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_port_parameter_and_duty_is_described(name):
    operation = OPERATIONS[name]
    assert operation.__doc__
    described = [*operation.inlets.values(), *operation.supplies.values(), *operation.outlets.values()]
    described += [*operation.params.values(), *operation.duties.values()]
    assert all(len(item.doc) > 2 for item in described)
