"""What every test shares."""

from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# shared machines are slow at random; no test here is about time
settings.register_profile(
    "musicnb", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
# for hours of looking: --hypothesis-profile=long
settings.register_profile("long", settings.get_profile("musicnb"), max_examples=5_000)
settings.load_profile("musicnb")


class OneBrowser(LoadScopeScheduling):
    """A worker takes a whole file, and one of them all files of the browser.

    They share one JupyterLab, and two browsers would starve each other on two cores.
    """

    def _split_scope(self, nodeid):
        file = nodeid.split("::")[0]
        return "browser" if file.startswith("tests/browser/") else file


def pytest_xdist_make_scheduler(config, log):
    """Deal the tests out to the workers."""
    return OneBrowser(config, log)
