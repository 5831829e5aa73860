"""Recordings that cannot be read: refused in our own words, at once, and nothing is sent."""

import os
import socket
import tempfile
import time
from pathlib import Path

import pytest

from musicnb.errors import InvalidInput
from musicnb.studio._files import named_upload
from musicnb.studio._uploading import send_once

WAY_OUT = "give the path of a FLAC, MP3 or WAV file"
PATIENCE_S = 30
NOBODY = 65_534


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.fspath(path))


UNREADABLE = {
    "absent": (lambda _path: None, "nothing has that name"),
    "dangling": (lambda path: path.symlink_to(path.with_name("gone")), "a link that leads nowhere"),
    "circle": (lambda path: path.symlink_to(path), "is no file that can be read"),
    "folder": (lambda path: path.mkdir(), "is no file but a folder"),
    "pipe": (os.mkfifo, "is no file but a pipe"),
    "socket": (make_socket, "is no file but a socket"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is no file but a device"),
    "empty": (lambda path: path.touch(), "is empty"),
}


@pytest.fixture(params=UNREADABLE)
def unreadable(request):
    """Make one, and say what is to be read about it; a socket's path must be short."""
    with tempfile.TemporaryDirectory(prefix="mnb") as folder:
        path = Path(folder, "take.wav")
        make, said = UNREADABLE[request.param]
        make(path)
        yield path, said


def test_upload_of_what_cannot_be_read_names_field_value_and_way_out(studio, unreadable):
    """Neither an OSError of Python's nor a wait without an end."""
    path, said = unreadable
    with pytest.raises(InvalidInput) as refused:
        studio.upload(path)
    assert [fault.field for fault in refused.value.faults] == ["source"]
    assert all(text in str(refused.value) for text in (str(path), said, WAY_OUT))


def test_form_says_the_same_of_its_recording(studio, unreadable):
    """Set from Python it is an error, named on the page it is said beside the recording."""
    path, said = unreadable
    form = studio.form(prompt="before")
    with pytest.raises(InvalidInput) as refused:
        form.set(reference=path)
    assert [fault.field for fault in refused.value.faults] == ["reference"]
    form.widget._hear(form.widget, {"op": "refer", "source": str(path)}, [])
    deadline = time.monotonic() + PATIENCE_S
    while form.widget.reference["state"] == "busy" and time.monotonic() < deadline:
        time.sleep(0.01)
    shown = form.widget.reference
    assert shown["state"] == "refused"
    assert all(text in shown["why"] for text in (str(path), said, WAY_OUT))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody with fewer rights")
def test_file_that_may_not_be_read_is_refused():
    """What the system says stands in the message."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "secret.wav")
        path.write_bytes(b"RIFF")
        path.chmod(0o600)
        os.seteuid(NOBODY)
        try:
            with pytest.raises(InvalidInput, match=f"Permission denied.*{WAY_OUT}"):
                named_upload(path)
        finally:
            os.seteuid(0)


def test_file_that_goes_away_while_it_is_read_is_refused(studio, tmp_path):
    """A stick that is pulled out is no traceback."""
    path = tmp_path / "take.wav"
    path.write_bytes(b"RIFF")
    with pytest.raises(InvalidInput, match=f"source: .*take.wav.*{WAY_OUT}"):
        send_once(studio._road, path, told=lambda _doing, _part: path.unlink(missing_ok=True))
