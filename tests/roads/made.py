"""Small structure files made for the tests: one CA trace, right in every column."""

from pathlib import Path

NAMES = dict(
    zip(
        "ARNDCQEGHILKMFPSTWYV",
        "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split(),
        strict=True,
    )
)


def pdb(sequence: str, *, b: float = 90.0, x: float = 0.0, header: str = "") -> str:
    """A PDB file with a CA atom for each residue; every `b` and shift `x` makes other bytes."""
    lines = [
        f"ATOM  {i:5d}  CA  {NAMES[letter]} A{i:4d}    {3.8 * i + x:8.3f}{0:8.3f}{0:8.3f}{1:6.2f}{b:6.2f}           C  "
        for i, letter in enumerate(sequence, start=1)
    ]
    return "\n".join([*([header] if header else []), *lines, "TER", "END", ""])


def mmcif(sequence: str, *, b: float = 90.0, software: tuple[str, str] | None = None, title: str = "") -> str:
    """The same as mmCIF."""
    head = ["data_made", "_entry.id made"]
    if title:
        head.append(f"_struct.title '{title}'")
    if software is not None:
        head += [f"_software.name '{software[0]}'", f"_software.version '{software[1]}'"]
    columns = "group_PDB id type_symbol label_atom_id label_comp_id label_asym_id label_seq_id Cartn_x Cartn_y Cartn_z"
    columns += " occupancy B_iso_or_equiv auth_seq_id auth_asym_id"
    head += ["loop_", *(f"_atom_site.{name}" for name in columns.split())]
    rows = [
        f"ATOM {i} C CA {NAMES[letter]} A {i} {3.8 * i:.3f} 0.000 0.000 1.00 {b:.2f} {i} A"
        for i, letter in enumerate(sequence, start=1)
    ]
    return "\n".join([*head, *rows, "#", ""])


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """A file in a folder that is made if it is absent."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file
