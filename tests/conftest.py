"""What every test shares."""

from hypothesis import HealthCheck, settings

# shared machines are slow at random; no test here is about time
settings.register_profile(
    "musicnb", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
# for hours of looking: --hypothesis-profile=long
settings.register_profile("long", settings.get_profile("musicnb"), max_examples=5_000)
settings.load_profile("musicnb")
