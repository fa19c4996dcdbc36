"""How the wheel is built: the C library first, so that maturin finds it where it packs the package from.

::

    cargo build -p proteusdb-c  ->  python/proteusdb/capi/lib/libproteusdb.so  --maturin-->  the wheel, or .venv

maturin builds one library a wheel. The hooks are those of PEP 517 and PEP 660; `make quick`, which has no use for them,
runs this file with the profile it builds by.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import maturin

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "proteusdb" / "capi" / "lib"
SUFFIXES = (".so", ".dylib", ".dll")

get_requires_for_build_wheel = maturin.get_requires_for_build_wheel
get_requires_for_build_editable = maturin.get_requires_for_build_editable
get_requires_for_build_sdist = maturin.get_requires_for_build_sdist
prepare_metadata_for_build_wheel = maturin.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = maturin.prepare_metadata_for_build_editable
build_sdist = maturin.build_sdist


def build_wheel(folder: str, settings: dict[str, Any] | None = None, metadata: str | None = None) -> str:
    """A wheel in `folder`; its name."""
    build_library("release")
    return str(maturin.build_wheel(folder, settings, metadata))


def build_editable(folder: str, settings: dict[str, Any] | None = None, metadata: str | None = None) -> str:
    """A wheel in `folder` that refers to these sources; its name."""
    build_library("release")
    return str(maturin.build_editable(folder, settings, metadata))


def build_library(profile: str) -> Path:
    """Builds the C library and puts it into the package."""
    command = ["cargo", "build", "--package", "proteusdb-c", "--lib", "--profile", profile]
    told = subprocess.run(
        [*command, "--message-format", "json-render-diagnostics"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    messages = [json.loads(line) for line in told.stdout.splitlines() if line.startswith(b"{")]
    names = [
        name
        for message in messages
        if message["reason"] == "compiler-artifact" and message["target"]["name"] == "proteusdb"
        for name in message["filenames"]
        if name.endswith(SUFFIXES)
    ]
    PACKAGE.mkdir(exist_ok=True)
    target = PACKAGE / Path(names[-1]).name
    # Renamed over the old one, which a process may have mapped.
    shutil.copy2(names[-1], target.with_suffix(".new"))
    os.replace(target.with_suffix(".new"), target)
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Builds the C library into the package.")
    parser.add_argument("--profile", default="release")
    print(build_library(parser.parse_args().profile))
