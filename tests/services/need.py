"""What a test does where the programs of a server are absent: it says how to install them, and skips or fails.

`PROTEUSDB_REQUIRE_SERVICES=1` turns the skip into a failure: a machine that should have everything must not pass by
testing nothing.
"""

import os
import shutil
from typing import NoReturn

import pytest

__all__ = ["absent", "program"]

VARIABLE = "PROTEUSDB_REQUIRE_SERVICES"


def absent(what: str, cure: str) -> NoReturn:
    """Skips the test, or fails it where services are required."""
    message = f"{what} is not installed; {cure}"
    if os.environ.get(VARIABLE) == "1":
        pytest.fail(f"{message} ({VARIABLE}=1 asks for it)", pytrace=False)
    pytest.skip(message)


def program(name: str, cure: str) -> str:
    """The path of a program; without it the test does not run."""
    return shutil.which(name) or absent(name, cure)
