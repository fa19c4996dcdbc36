"""Realistic predictions made from nothing: for demonstrations, benchmarks and tests.

::

    residues   the twenty: bond lengths, angles, rotamers       place      internal coordinates to Cartesian
    fold       secondary structure to a compact backbone        sidechains atoms in each residue's frame
    chain      one chain with its pLDDT                         prediction a record for store_prediction
    folder     files named as predictors name theirs
    layouts    folders as predictors leave them, with scores and arrays beside the structures

Needs numpy alone; the same seed gives the same prediction everywhere.
"""

from .chain import make_chain, random_sequence
from .folder import write_folder
from .layouts import LAYOUTS, Made, write_layout
from .prediction import synthetic_prediction

__all__ = [
    "LAYOUTS",
    "Made",
    "make_chain",
    "random_sequence",
    "synthetic_prediction",
    "write_folder",
    "write_layout",
]
