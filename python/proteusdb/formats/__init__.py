"""Structures from and to everything else: arrays, files, and the objects of other libraries.

::

    arrays.py    per-atom columns          -> _core.Structure
    atom37.py    (L, 37, 3) model output   <-> per-atom columns
    gemmi.py     gemmi.Structure           <-> Structure          extra: gemmi
    biotite.py   biotite AtomArray(Stack)  <-> Structure          extra: biotite
    bcif.py      mmCIF text                 -> BinaryCIF bytes    extra: bcif
    coerce.py    whatever a caller calls a structure -> Structure

PDB, mmCIF and BinaryCIF are read, and the first two written, by the compiled core. No module here imports an optional
library before it is used.
"""
