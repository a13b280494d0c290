"""Sections of a plant: units that belong together, added to a plant with one call, so that routes share their parts."""

from blackmass.sections.copper import Decoppered as Decoppered
from blackmass.sections.copper import cement_copper as cement_copper
from blackmass.sections.copper import electrowin_copper as electrowin_copper
from blackmass.sections.graphite import graphite as graphite
from blackmass.sections.hub import hub as hub
from blackmass.sections.leach_and_purify import Purified as Purified
from blackmass.sections.leach_and_purify import leach_and_purify as leach_and_purify
from blackmass.sections.lithium import Lithium as Lithium
from blackmass.sections.lithium import dried_carbonate as dried_carbonate
from blackmass.sections.lithium import lithium as lithium
from blackmass.sections.lithium import soften as soften
from blackmass.sections.merge import merge as merge
from blackmass.sections.merge import return_water as return_water
from blackmass.sections.refine import Refined as Refined
from blackmass.sections.refine import refine as refine
from blackmass.sections.spoke import Spoke as Spoke
from blackmass.sections.spoke import spoke as spoke
