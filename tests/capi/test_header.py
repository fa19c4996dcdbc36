"""Header, library and sources name the same things; compilers take the header."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from capi.reader import DECLARATIONS, Reader
from proteusdb import capi

ROOT = Path(__file__).parents[2]
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "rust/proteusdb-c/src").glob("*.rs")}

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include "proteusdb.h"

int main(int argc, char **argv) {
    proteusdb_store *store = NULL;
    proteusdb_ids *ids = NULL;
    const char *id;
    double sum = 0;
    if (argc != 2 || proteusdb_abi() != 1) return 2;
    if (proteusdb_open(argv[1], &store) != PROTEUSDB_OK) { fprintf(stderr, "%s\n", proteusdb_message()); return 1; }
    if (proteusdb_ids_begin(store, &ids) != PROTEUSDB_OK) return 3;
    while (proteusdb_ids_next(ids, &id) == PROTEUSDB_OK) {
        proteusdb_prediction *found = NULL;
        proteusdb_layout layout;
        if (proteusdb_get(store, id, 0, &found) != PROTEUSDB_OK) return 4;
        if (proteusdb_column(found, "coords", NULL, 0, &layout) == PROTEUSDB_OK) {
            float *coords = (float *)malloc((size_t)layout.bytes);
            if (proteusdb_column(found, "coords", coords, layout.bytes, &layout) != PROTEUSDB_OK) return 5;
            for (uint64_t at = 0; at < layout.shape[0] * 3; at++) sum += coords[at];
            printf("%s %u atoms\n", id, (unsigned)layout.shape[0]);
            free(coords);
        }
        proteusdb_free(found);
    }
    proteusdb_ids_free(ids);
    proteusdb_close(store);
    printf("%.1f\n", sum);
    return 0;
}
"""


def test_what_is_declared_is_there_and_nothing_else(reader: Reader) -> None:
    assert DECLARATIONS is not None
    declared = set(re.findall(r"\b(proteusdb_\w+)\(", DECLARATIONS[1]))
    written = {name for text in SOURCES.values() for name in re.findall(r'extern "C" fn (\w+)\(', text)}
    assert declared == written
    for name in declared:
        assert getattr(reader.lib, name) is not None
    assert reader.lib.proteusdb_abi() == 1


def test_codes_have_the_numbers_of_the_header(reader: Reader) -> None:
    body = SOURCES["call"].partition("pub enum Code {")[2].partition("}")[0]
    written = {int(number): name for name, number in re.findall(r"(\w+) = (\d+),", body)}
    assert {number: name.replace("_", "").lower() for number, name in reader.codes.items()} == {
        number: name.lower() for number, name in written.items()
    }


@pytest.mark.parametrize(
    ("compiler", "flags", "suffix"),
    [("cc", ["-std=c99", "-pedantic"], "c"), ("c++", ["-std=c++11", "-pedantic"], "cpp")],
)
def test_a_program_reads_a_store(
    compiler: str, flags: list[str], suffix: str, source: Path, read: dict[str, object], tmp_path: Path
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} on the PATH")
    (tmp_path / f"reader.{suffix}").write_text(PROGRAM)
    library = capi.library()
    warnings = ["-Wall", "-Wextra", "-Werror"]
    where = [f"-I{capi.include()}", str(library), f"-Wl,-rpath,{library.parent}", "-o", str(tmp_path / "reader")]
    subprocess.run([compiler, *flags, *warnings, str(tmp_path / f"reader.{suffix}"), *where], check=True, timeout=300)
    ran = subprocess.run([tmp_path / "reader", source], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    structures = {name: told["structure"] for name, told in read.items() if told["structure"] is not None}  # type: ignore[index]
    lines = ran.stdout.splitlines()
    assert lines[:-1] == [f"{name} {structures[name].n_atoms} atoms" for name in sorted(structures, key=str.encode)]
    assert float(lines[-1]) == pytest.approx(sum(float(s.coords.sum(dtype="f8")) for s in structures.values()), abs=0.1)
    missing = subprocess.run([tmp_path / "reader", tmp_path / "absent.db"], capture_output=True, text=True, timeout=120)
    assert missing.returncode == 1
    assert "absent.db" in missing.stderr


def test_build_scripts_are_told_where_it_is() -> None:
    run = [sys.executable, "-m", "proteusdb.capi"]
    told = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    assert told == [str(capi.include()), str(capi.library())]
    assert (Path(told[0]) / "proteusdb.h").is_file()
    only = subprocess.run([*run, "--library"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert only.splitlines() == told[1:]
