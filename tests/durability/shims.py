"""The shim that makes calls fail and records writes, built where there is a C compiler."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from durability.processes import FOLDER

__all__ = ["built", "under"]


def built(folder: Path) -> Path:
    """The library; the test is skipped, with the reason, where it cannot be built."""
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if not sys.platform.startswith("linux"):
        pytest.skip("LD_PRELOAD and /proc are of Linux")
    if compiler is None:
        pytest.skip("no C compiler (cc, gcc, clang) to build the shim with")
    library = folder / "shim.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(FOLDER / "shim.c"), "-ldl", "-pthread"]
    subprocess.run(command, check=True, timeout=120)
    return library


def under(library: Path, folder: Path, **more: str) -> dict[str, str]:
    """The environment of a program that runs under it; calls on files below the folder count."""
    return {**os.environ, "LD_PRELOAD": str(library), "SHIM_FOLDER": os.path.realpath(folder), **more}
