"""Profiles: `ci` keeps `make test` quick, `soak` runs long; HYPOTHESIS_PROFILE chooses."""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile("ci", max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=_SLOW)
settings.register_profile(
    "soak", max_examples=2_000, stateful_step_count=60, deadline=None, suppress_health_check=_SLOW
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
