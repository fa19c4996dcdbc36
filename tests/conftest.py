"""Profiles: `ci` keeps `make test` quick, `soak` runs long; HYPOTHESIS_PROFILE chooses. Names of tests that stay."""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile("ci", max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=_SLOW)
settings.register_profile(
    "soak", max_examples=2_000, stateful_step_count=60, deadline=None, suppress_health_check=_SLOW
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its bytes only where they are text: an archive holds the second it was made in.

    Workers collect on their own, and what one of them calls differently stops the run.
    """
    if isinstance(val, bytes) and not (val.isascii() and val.decode("ascii").isprintable()):
        return argname
    return None
