"""Which service is used, and the key that never shows."""

import copy
import pickle
import sys
import traceback
import types
from pathlib import Path

import pytest

import musicnb
from musicnb import Studio
from musicnb.errors import ConfigurationError
from musicnb.settings import HOSTED_URL, ApiKey, Settings

SECRET = "sk-verysecretverysecretverysecret12"  # noqa: S105 - made up


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch):
    """No variable of the person who runs the tests takes part."""
    for name in ("MUSICNB_BASE_URL", "MUSICNB_API_KEY", "BEATRA_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_set_means_the_sandbox():
    """Out of the box nothing can cost money."""
    assert Settings.resolve() is None


def test_key_in_the_environment_alone_still_means_the_sandbox(monkeypatch):
    """A variable set for another program does not make this one spend money."""
    monkeypatch.setenv("BEATRA_API_KEY", SECRET)
    assert Settings.resolve() is None


def test_key_as_argument_means_the_hosted_service():
    """Who hands over a key wants to use it."""
    settings = Settings.resolve(api_key=ApiKey(SECRET))
    assert settings.base_url == HOSTED_URL


def test_sandbox_by_name_overrides_the_environment(monkeypatch):
    """``base_url="sandbox"`` is offline whatever is set."""
    monkeypatch.setenv("MUSICNB_BASE_URL", HOSTED_URL)
    monkeypatch.setenv("MUSICNB_API_KEY", SECRET)
    assert Settings.resolve(base_url="sandbox") is None


@pytest.mark.parametrize("variable", ["MUSICNB_API_KEY", "BEATRA_API_KEY"])
def test_url_and_key_in_the_environment_switch_the_service(monkeypatch, variable):
    """The same notebook moves by two variables."""
    monkeypatch.setenv("MUSICNB_BASE_URL", "https://music.example/v1/")
    monkeypatch.setenv(variable, f"  {SECRET}\n")
    settings = Settings.resolve()
    assert settings.base_url == "https://music.example/v1"
    assert settings.api_key.reveal() == SECRET


@pytest.fixture
def colab(monkeypatch):
    """Stand in for a Colab notebook: the names and errors that ``google.colab`` has."""
    kept = {}

    class SecretNotFoundError(Exception):
        pass

    class NotebookAccessError(Exception):
        pass

    class TimeoutException(Exception):
        pass

    def get(name):
        if name not in kept:
            raise SecretNotFoundError(name)
        if kept[name] is None:
            raise NotebookAccessError(name)
        return kept[name]

    errors = (SecretNotFoundError, NotebookAccessError, TimeoutException)
    userdata = types.SimpleNamespace(get=get, **{error.__name__: error for error in errors})
    module = types.ModuleType("google.colab")
    module.userdata = userdata
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", module)
    return kept


def test_secrets_of_colab_switch_the_service(colab):
    """A notebook there has no environment to set before it starts."""
    assert Settings.resolve() is None
    colab |= {"MUSICNB_BASE_URL": HOSTED_URL, "MUSICNB_API_KEY": SECRET}
    settings = Settings.resolve()
    assert (settings.base_url, settings.api_key.reveal()) == (HOSTED_URL, SECRET)
    assert SECRET not in repr(settings)


def test_secret_of_colab_alone_costs_nothing(colab):
    """As of a variable: a key that merely lies there is not used."""
    colab["MUSICNB_API_KEY"] = SECRET
    assert Settings.resolve() is None


def test_secret_this_notebook_may_not_read_says_where_to_allow_it(colab):
    """Colab asks for every notebook once."""
    colab["MUSICNB_API_KEY"] = None
    with pytest.raises(ConfigurationError, match="in Colab: add it under Secrets") as caught:
        Settings.resolve(base_url=HOSTED_URL)
    assert SECRET not in str(caught.value)


def test_variable_comes_before_a_secret_of_colab(colab, monkeypatch):
    """What somebody set on purpose in this kernel is what counts."""
    monkeypatch.setenv("MUSICNB_API_KEY", SECRET)
    colab["MUSICNB_API_KEY"] = "sk-another"
    assert Settings.resolve(base_url=HOSTED_URL).api_key.reveal() == SECRET


def test_url_without_a_key_says_what_to_set():
    """No key for a hosted URL is an error that names the variable."""
    with pytest.raises(ConfigurationError, match="MUSICNB_API_KEY"):
        Settings.resolve(base_url="https://music.example/v1")


@pytest.mark.parametrize(
    "url",
    [
        "http://music.example/v1",
        "ftp://music.example/v1",
        "music.example",
        "https://user:pw@music.example/v1",
        "https://music.example/v1?key=1",
        "http://127.0.0.1.example/v1",
        "https://",
        "javascript:alert(1)",
    ],
)
def test_url_that_a_key_must_not_go_to_is_refused(url):
    """Unencrypted, foreign or malformed base URLs never see the key."""
    with pytest.raises(ConfigurationError) as caught:
        Settings.resolve(base_url=url, api_key=ApiKey(SECRET))
    assert "pw" not in str(caught.value)


def test_loopback_may_be_plain_http():
    """A sandbox run by hand is reached without TLS."""
    settings = Settings.resolve(base_url="http://127.0.0.1:8000", api_key=ApiKey(SECRET))
    assert settings.base_url == "http://127.0.0.1:8000/v1"


def test_key_shows_in_no_text_form():
    """Neither repr, str, format nor the attributes give the key away."""
    key = ApiKey(SECRET)
    settings = Settings("https://music.example/v1", key)
    shown = f"{key}{key!r}{settings}{settings!r}{dir(key)}{key.fingerprint}"
    assert SECRET not in shown
    assert "hidden" in shown


def test_key_is_neither_pickled_nor_deep_copied():
    """It cannot travel into a file or a widget by accident."""
    key = ApiKey(SECRET)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)
    with pytest.raises(TypeError, match="not pickled"):
        copy.deepcopy({"key": key})


@pytest.mark.parametrize(
    "bad",
    ["", "   ", "sk-ключ", "sk- two words", "Bearer sk-x", "sk-\x00abc", "sk-a\nb", b"sk-1", 5],
)
def test_malformed_key_is_refused_without_being_repeated(bad, tmp_path):
    """The message explains, and no frame of ours holds the value when a traceback is printed."""
    with pytest.raises(ConfigurationError, match="value not shown") as caught:
        Studio(tmp_path / "library", api_key=bad)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    package = str(Path(musicnb.__file__).parent)
    own = [frame for frame in frames.stack if frame.filename.startswith(package)]
    assert own
    if isinstance(bad, str) and bad.strip():
        assert bad.strip() not in str(caught.value) + "".join(str(frame.locals) for frame in own)
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize("url", ["", "  ", 5, [], "https://[::1", "http://127.0.0.1:notaport/v1"])
def test_base_url_that_is_none_never_means_real_money(url):
    """An empty or malformed base URL is an error, not the hosted service."""
    with pytest.raises(ConfigurationError):
        Settings.resolve(base_url=url, api_key=ApiKey(SECRET))


@pytest.mark.parametrize("name", ["sandbox", " SANDBOX ", "Sandbox"])
def test_sandbox_may_be_written_in_any_case(name):
    """Who asks for the sandbox gets it."""
    assert Settings.resolve(base_url=name) is None
