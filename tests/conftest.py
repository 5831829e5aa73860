"""What every test shares."""

from hypothesis import HealthCheck, settings

# shared machines are slow at random; no test here is about time
settings.register_profile(
    "musicnb", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("musicnb")
