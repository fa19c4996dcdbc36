"""`python -m proteusdb.capi`: prints where header and library are, for build scripts."""

from __future__ import annotations

import argparse

from . import include, library


def main() -> None:
    """Prints one path a line."""
    parser = argparse.ArgumentParser("python -m proteusdb.capi", description="Where the C interface of proteusdb is.")
    parser.add_argument("--include", action="store_true", help="the folder of proteusdb.h")
    parser.add_argument("--library", action="store_true", help="the shared library")
    wanted = parser.parse_args()
    if wanted.include or not wanted.library:
        print(include())
    if wanted.library or not wanted.include:
        print(library())


main()
