"""What all tests share."""

from hypothesis import HealthCheck, settings

# How long a claim takes on a busy machine says nothing about whether it holds.
settings.register_profile("claims", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("claims")
