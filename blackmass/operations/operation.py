"""The base of every unit operation, and what one returns."""

import copy
import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, dataclass_transform

import numpy as np
import numpy.typing as npt

from blackmass.declare import Duty, Inlet, Outlet, Param, Port, Supply
from blackmass.errors import InputError, nearest
from blackmass.status import OK, StatusArray
from blackmass.stream import Stream

AREAS = (
    "dry part",
    "thermal treatment",
    "leaching",
    "impurity removal",
    "extraction and electrowinning",
    "precipitation of products",
    "evaporation and crystallisation",
    "separation of solids",
    "streams",
)
"""Parts of a plant, in the order in which the documentation lists them."""


class Outlets:
    """What `run` returns: outlet streams, reagents drawn, duties, status, and figures worth reporting.

    Parameters
    ----------
    status : array (cases,) of `Status`
    report : mapping of name to array (..., cases)
        Figures to show beside the streams, for example {"pH": ...}; SI units.
    drawn : mapping of supply port to Stream
        What the operation drew from each supply.
    guess : array (..., cases), optional
        Where an inner solver ended: handed to `run` as `start` on the next pass. It saves time and changes no answer.
    values : Stream for each outlet, array (cases,) [W or SI] for each duty
    """

    def __init__(
        self,
        *,
        status: "npt.ArrayLike | StatusArray" = OK,
        report: Mapping[str, Any] | None = None,
        drawn: Mapping[str, Stream] | None = None,
        guess: npt.NDArray[np.float64] | None = None,
        **values: Any,
    ) -> None:
        self.status = np.asarray(status, dtype=np.int8)
        self.report = dict(report or {})
        self.drawn = dict(drawn or {})
        self.guess = guess
        self.values = values

    def __getitem__(self, name: str) -> Any:
        """Stream of an outlet, or value of a duty."""
        return self.values[name]

    def take(self, numbers: npt.NDArray[np.intp]) -> "Outlets":
        """Return some of the cases."""
        return Outlets(
            status=_taken(self.status, numbers),
            report=_taken(self.report, numbers),
            drawn=_taken(self.drawn, numbers),
            guess=None if self.guess is None else self.guess[..., numbers],
            **_taken(self.values, numbers),
        )


def _taken(value: Any, numbers: npt.NDArray[np.intp]) -> Any:
    if isinstance(value, Mapping):
        return {name: _taken(inner, numbers) for name, inner in value.items()}
    if isinstance(value, Stream):
        return value.take(numbers)
    return value[..., numbers] if np.ndim(value) and np.shape(value)[-1] > 1 else value


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Operation:
    """A unit operation: declared parameters and ports, and a pure `run(inlets) -> Outlets`.

    Outlets are built from the inlets and summed extents, so that they close by construction:
    sum(inlets) + sum(drawn) = sum(outlets) in every element and in charge.
    """

    inlets: ClassVar[Mapping[str, Port]]
    supplies: ClassVar[Mapping[str, Port]]
    outlets: ClassVar[Mapping[str, Port]]
    duties: ClassVar[Mapping[str, Duty]]
    params: ClassVar[Mapping[str, Param]]
    area: ClassVar[str] = AREAS[-1]
    """The part of a plant to which the operation belongs, one of `AREAS`."""
    warm_started: ClassVar[bool] = False
    """Whether `run` takes `start`, the `Outlets.guess` of an earlier pass for the same cases (NaN: no guess)."""

    def __init_subclass__(cls, *, area: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if area is not None:
            if area not in AREAS:
                raise InputError(f"{cls.__name__} has no area '{area}'{nearest(area, AREAS)}")
            cls.area = area
        ports: dict[str, dict[str, Any]] = {"inlets": {}, "supplies": {}, "outlets": {}, "duties": {}}
        for base in reversed(cls.__mro__[1:]):
            for kind, found in ports.items():
                found.update(getattr(base, kind, {}))
        for name, value in list(vars(cls).items()):
            if type(value) in _KINDS:
                ports[_KINDS[type(value)]][name] = value
                delattr(cls, name)
        for kind, found in ports.items():
            setattr(cls, kind, found)
        fields = dataclasses.fields(dataclasses.dataclass(frozen=True, kw_only=True, eq=False)(cls))  # type: ignore[arg-type]
        cls.params = {f.name: f.metadata["param"] for f in fields if "param" in f.metadata}
        _check_signature(cls)

    def __init__(self, **values: Any) -> None:  # replaced by the dataclass; here for the type checker
        raise InputError("Operation is only a base: choose one of the unit operations.")

    def __post_init__(self) -> None:
        for name, declared in self.params.items():
            value = declared.read(getattr(self, name), f"{type(self).__name__}.{name}")
            object.__setattr__(self, name, value)

    def changed(self, **values: Any) -> "Operation":
        """Return a copy with other parameters.

        Raises
        ------
        InputError
            There is no such parameter; the nearest name is offered.
        """
        for name in values:
            if name not in self.params:
                raise InputError(f"{type(self).__name__} has no parameter '{name}'{nearest(name, self.params)}")
        return dataclasses.replace(self, **values)  # type: ignore[type-var]

    def take(
        self, numbers: npt.NDArray[np.intp], knobs: Mapping[str, npt.NDArray[np.float64]] | None = None
    ) -> "Operation":
        """Return a copy with the parameters of some cases; `knobs` replace parameters unchecked."""
        chosen = {
            name: value[numbers]
            for name in self.params
            if isinstance(value := getattr(self, name), np.ndarray) and value.ndim
        }
        chosen.update(knobs or {})
        if not chosen:
            return self
        twin = copy.copy(self)
        for name, value in chosen.items():
            object.__setattr__(twin, name, value)
        return twin

    run: ClassVar[Callable[..., Outlets]]
    """`run(self, <inlets and supplies>) -> Outlets`: written by each operation; supplies come as compositions."""


_KINDS = {Inlet: "inlets", Supply: "supplies", Outlet: "outlets", Duty: "duties"}


def _check_signature(cls: type[Operation]) -> None:
    if "run" not in vars(cls) and not hasattr(cls, "run"):
        return
    given = [name for name in inspect.signature(cls.run).parameters if name not in ("self", "start")]
    cls.warm_started = "start" in inspect.signature(cls.run).parameters
    declared = [*cls.inlets, *cls.supplies]
    if set(given) != set(declared):
        raise InputError(f"{cls.__name__}.run takes {given}, but the declared ports are {declared}.")


def every_operation() -> dict[str, type[Operation]]:
    """Return every unit operation by class name, found by walking the package."""
    package = importlib.import_module("blackmass.operations")
    found: dict[str, type[Operation]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        for value in vars(importlib.import_module(f"blackmass.operations.{module.name}")).values():
            own = getattr(value, "__module__", "") == f"blackmass.operations.{module.name}"
            if own and isinstance(value, type) and issubclass(value, Operation) and value is not Operation:
                found[value.__name__] = value
    return dict(sorted(found.items()))
