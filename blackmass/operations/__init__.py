"""Unit operations: one machine a file."""

from blackmass.operations.mixer import Mixer as Mixer
from blackmass.operations.operation import Operation as Operation
from blackmass.operations.operation import Outlets as Outlets
from blackmass.operations.operation import every_operation as every_operation
from blackmass.operations.splitter import Splitter as Splitter
from blackmass.operations.thickener import Thickener as Thickener
from blackmass.operations.solvent_extraction import SolventExtraction as SolventExtraction
