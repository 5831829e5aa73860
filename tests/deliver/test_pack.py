"""A pack is what was written, to the byte, or it is refused."""

import hashlib
import io
import json
import os
import stat
import subprocess
import tempfile
import zipfile
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from musicnb.cli._main import main
from musicnb.deliver import (
    ClipRecord,
    FileRecord,
    Measured,
    PackManifest,
    Rights,
    pack_schema,
    verify_pack,
    write_pack,
)
from musicnb.errors import InvalidInput
from musicnb.sound import encode

SHA = hashlib.sha256


def sounds():
    rng = np.random.default_rng(3)
    loud = (rng.standard_normal((4_800, 2)) * 0.1).astype(np.float32)
    return {
        "masters/first-30s.wav": encode(loud, 48_000, format="WAV"),
        "masters/first-15s.wav": encode(loud[:2_400], 48_000, format="WAV"),
        "index.html": b"<!doctype html><title>Pack</title>",
    }


def manifest_of(contents, **changes):
    files = tuple(
        FileRecord(
            path=path,
            role="page" if path.endswith("html") else "cut",
            sha256=SHA(content).hexdigest(),
            size_bytes=len(content),
            media_type="text/html" if path.endswith("html") else "audio/wav",
            clip_id=None if path.endswith("html") else "clip-1",
            measured=None
            if path.endswith("html")
            else Measured(duration_s=0.1, frames=4_800, sample_rate_hz=48_000, channels=2),
        )
        for path, content in contents.items()
    )
    clip = ClipRecord(
        clip_id="clip-1", task_id="task-1", job_id="job-1", model="suno-5.5", title="=1+1",
        sha256=SHA(b"clip").hexdigest(), request={"model": "suno-5.5"}, credits="40",
        is_sandbox=True,
    )  # fmt: skip
    given = {
        "name": "Spring", "made_at": "2026-01-02T03:04:05.000Z", "musicnb": "0.1.0",
        "is_sandbox": True, "disclosure": "Made with AI.", "rights": Rights(note="ours"),
        "clips": (clip,), "files": files,
    }  # fmt: skip
    return PackManifest(**given | changes)


@pytest.fixture
def pack(tmp_path):
    contents = sounds()
    return write_pack(tmp_path / "pack.zip", manifest_of(contents), contents)


def test_written_pack_is_whole(pack):
    """What was just written is found to be so, and the result says by which seal."""
    check = verify_pack(pack)
    assert check
    assert check.problems == ()
    assert check.files == 5
    assert check.sha256 == SHA(pack.read_bytes()).hexdigest()
    assert check.sha256 in str(check)
    assert check.manifest == manifest_of(sounds())


def test_pack_is_checked_where_no_temporary_file_can_be_written(pack, monkeypatch):
    """A full disk makes no pack a bad one."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    assert verify_pack(pack)


def test_same_content_gives_the_same_bytes(pack, tmp_path):
    """Nothing of the moment or the machine is in a pack: two can be compared by one hash."""
    contents = sounds()
    for path, content in contents.items():
        (tmp_path / Path(path).name).write_bytes(content)
    from_disk = {path: tmp_path / Path(path).name for path in contents}
    again = write_pack(tmp_path / "again.zip", manifest_of(contents), from_disk)
    assert again.read_bytes() == pack.read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="nothing is deleted there")
def test_half_of_a_pack_that_was_killed_goes_with_the_next(tmp_path):
    """It may be as large as a pack, and its name begins with a dot."""
    half = tmp_path / f".{'0' * 32}.part"
    half.write_bytes(b"PK")
    os.utime(half, (0, 0))
    pack = write_pack(tmp_path / "pack.zip", manifest_of(sounds()), sounds())
    assert list(tmp_path.iterdir()) == [pack]


def test_every_flipped_byte_is_found(pack, tmp_path):
    """Each byte of the headers and the directory, and a thousand others, is turned over once."""
    whole = pack.read_bytes()
    with zipfile.ZipFile(pack) as archive:
        starts = [info.header_offset for info in archive.infolist()]
        directory = archive.start_dir
    around = {at for start in starts for at in range(start, start + 80)}
    around |= set(range(directory, len(whole)))
    inside = np.random.default_rng(1).choice(len(whole), 1_000, replace=False).tolist()
    broken = tmp_path / "broken.zip"
    for at in sorted(around | set(inside)):
        data = bytearray(whole)
        data[at] ^= 1 << at % 8
        broken.write_bytes(data)
        assert not verify_pack(broken), f"byte {at} of {len(whole)}"


@pytest.mark.parametrize("cut", [0, 1, 21, 22, 100, 5_000])
def test_cut_off_pack_is_refused(pack, tmp_path, cut):
    """A download that ended early is no pack."""
    broken = tmp_path / "broken.zip"
    broken.write_bytes(pack.read_bytes()[:cut])
    assert verify_pack(broken).problems


@pytest.mark.parametrize("extra", [b"\0", b"PK", b"x" * 70_000])
@pytest.mark.parametrize("in_front", [True, False])
def test_bytes_around_a_pack_are_refused(pack, tmp_path, extra, in_front):
    """A program in front of an archive, or something behind it, is not part of the pack."""
    broken = tmp_path / "broken.zip"
    whole = pack.read_bytes()
    broken.write_bytes(extra + whole if in_front else whole + extra)
    assert not verify_pack(broken)


def rewritten(pack, target, change):
    """Write the archive anew with another tool's freedom, after `change` of its (name, data)."""
    with zipfile.ZipFile(pack) as archive:
        items = [(zipfile.ZipInfo(i.filename), archive.read(i)) for i in archive.infolist()]
    change(items)
    with zipfile.ZipFile(target, "w") as archive:
        for info, data in items:
            archive.writestr(info, data)
    return verify_pack(target)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("../evil.txt", "no name"), ("/etc/passwd", "no name"), ("C:/evil.txt", "no name"),
        ("a\\b.txt", "no name"), (".hidden", "no name"), ("masters/../../x", "no name"),
        ("a/b/c/d.txt", "no name"), ("CON\n.txt", "no name"), ("", "no name"), ("a/", "no name"),
        ("INDEX.HTML", "twice"), ("more.txt", "not named"), ("a" * 300, "no name"),
    ],
)  # fmt: skip
def test_strange_name_is_refused(pack, tmp_path, name, word):
    """A name that leads elsewhere, means two things or is not in the manifest stops it."""
    items = lambda entries: entries.append((zipfile.ZipInfo(name), b"x"))  # noqa: E731
    check = rewritten(pack, tmp_path / "evil.zip", items)
    assert word in str(check)


def test_link_in_an_archive_is_refused(pack, tmp_path):
    """A link would be unpacked as a way out of the folder."""

    def link(entries):
        info = zipfile.ZipInfo("link.txt")
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        entries.append((info, b"/etc/passwd"))

    assert "a link" in str(rewritten(pack, tmp_path / "evil.zip", link))


def test_bomb_is_refused_before_it_is_read(pack, tmp_path):
    """What is compressed is none of ours: ten megabytes of nothing are not even opened."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(pack) as archive, zipfile.ZipFile(bomb, "w") as target:
        for info in archive.infolist():
            target.writestr(info, archive.read(info))
        target.writestr("big.wav", b"\0" * 10_000_000, zipfile.ZIP_DEFLATED)
    assert "compressed" in str(verify_pack(bomb))


def test_list_of_a_million_files_is_refused_before_it_is_read(pack):
    """It would fill the memory: two hundred bytes for each that stands in the file."""
    with zipfile.ZipFile(pack, "a") as archive:
        start = archive.start_dir
    data = pack.read_bytes()
    end = data.rfind(b"PK\5\6")
    row = data[start:end][: data[start:end].find(b"PK\1\2", 4)]
    rows = row * 100_000
    counts = b"\xff\xff" * 2 + len(rows).to_bytes(4, "little")
    pack.write_bytes(data[:start] + rows + data[end : end + 8] + counts + data[end + 16 :])
    check = verify_pack(pack)
    assert "too long" in str(check)


def test_files_that_lie_over_each_other_are_refused(pack, tmp_path):
    """A directory that names one stretch of the archive many times promises more than there is."""
    with zipfile.ZipFile(pack) as archive:
        at = archive.start_dir
        count = len(archive.infolist())
    whole = pack.read_bytes()
    ending, directory = whole[-22:], whole[at:-22]
    biggest = directory[: directory.index(b"masters/first-30s.wav") + 21]
    biggest = biggest[biggest.rindex(b"PK\1\2") :]
    copies = [biggest[:-7] + f"{n:03}.wav".encode() for n in range(50)]
    directory += b"".join(copies)
    ending = bytearray(ending)
    for place in (8, 10):
        ending[place : place + 2] = (count + 50).to_bytes(2, "little")
    ending[12:16] = len(directory).to_bytes(4, "little")
    evil = tmp_path / "evil.zip"
    evil.write_bytes(whole[:at] + directory + ending)
    assert verify_pack(evil).problems


@pytest.mark.parametrize("gone", ["manifest.json", "SHA256SUMS", "masters/first-15s.wav"])
def test_missing_file_is_named(pack, tmp_path, gone):
    """What is not there is said by its name."""

    def remove(entries):
        entries[:] = [entry for entry in entries if entry[0].filename != gone]

    check = rewritten(pack, tmp_path / "less.zip", remove)
    assert gone in str(check)
    assert "missing" in str(check)


def test_manifest_and_checksums_that_disagree_are_refused(pack, tmp_path):
    """Whoever makes the checksums fit a changed file has the manifest against them."""

    def change(entries):
        sums = {info.filename: data for info, data in entries}
        changed = sums["index.html"] + b"<script>"
        sums["SHA256SUMS"] = sums["SHA256SUMS"].replace(
            SHA(sums["index.html"]).hexdigest().encode(), SHA(changed).hexdigest().encode()
        )
        sums["index.html"] = changed
        entries[:] = [(info, sums[info.filename]) for info, _ in entries]

    check = rewritten(pack, tmp_path / "evil.zip", change)
    assert "index.html: other length than manifest.json says" in check.problems


def test_hostile_manifest_is_refused_by_its_fault(tmp_path):
    """Checksums that fit do not make a manifest of anything."""
    for text in (b"{}", b"[" * 100_000, b'{"version": 1, "version": 1}', b"\xff", b"nan",
                 json.dumps({"version": 1, "files": [{"path": "../x"}]}).encode()):  # fmt: skip
        evil = tmp_path / "evil.zip"
        with zipfile.ZipFile(evil, "w") as archive:
            archive.writestr("manifest.json", text)
            archive.writestr("SHA256SUMS", f"{SHA(text).hexdigest()}  manifest.json\n")
        assert any(p.startswith("manifest.json: ") for p in verify_pack(evil).problems), text[:40]


def test_terminal_obeys_nothing_that_stands_in_a_manifest(tmp_path):
    """A key with an escape sequence is told as what it is."""
    about = json.dumps({"version": 1, "\x1b[2J\n": {"\x1b]0;": 1}}).encode()
    sums = f"{SHA(about).hexdigest()}  manifest.json\n"
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("manifest.json", about)
        archive.writestr("SHA256SUMS", sums)
    check = verify_pack(tmp_path / "x.zip")
    assert any(r"'\x1b[2J\n'" in problem for problem in check.problems)
    assert all(problem.isprintable() for problem in check.problems)


def test_folder_of_endless_folders_is_refused_before_all_are_seen(tmp_path):
    """They hold no file that could be counted."""
    for outer in range(130):
        for inner in range(120):
            (tmp_path / f"f{outer}" / f"g{inner}").mkdir(parents=True)
    check = verify_pack(tmp_path)
    assert check.problems == ("it has more than 15,002 files and folders",)


def test_unpacked_pack_is_checked_as_well(pack, tmp_path):
    """A folder is a pack; a changed, a strange and a linked file in it are found."""
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
    assert verify_pack(folder).ok
    shown = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    (folder / "notes.txt").write_text("mine")
    assert "notes.txt: is not named in manifest.json" in verify_pack(folder).problems
    (folder / "notes.txt").unlink()
    (folder / "index.html").write_text("other")
    assert "index.html: other bytes than SHA256SUMS says" in verify_pack(folder).problems
    (folder / "index.html").unlink()
    (folder / "index.html").symlink_to("/etc/passwd")
    assert "a link" in str(verify_pack(folder))


def test_what_is_no_pack_is_said_plainly(tmp_path):
    """Nothing there, a text, an empty folder, a pipe: one line, no traceback, no waiting."""
    (tmp_path / "text.zip").write_text("hello")
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, word in (
        ("none.zip", "cannot be read"), ("text.zip", "no ZIP file"),
        ("empty", "manifest.json is missing"), ("pipe", "no file"),
    ):  # fmt: skip
        assert word in str(verify_pack(tmp_path / name))
    for wrong in (None, 3, "a\0b"):
        with pytest.raises(InvalidInput, match="path"):
            verify_pack(wrong)


def test_empty_path_is_not_the_present_folder(tmp_path, monkeypatch):
    """A variable that was never filled in checks and writes nothing."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="it is empty"):
        verify_pack("")
    assert main(["verify", ""]) == 1
    assert list(tmp_path.iterdir()) == []


def test_noise_is_refused(tmp_path):
    """Two hundred files of noise with the marks of an archive in them raise nothing."""
    rng = np.random.default_rng(5)
    path = tmp_path / "noise.zip"
    for _ in range(200):
        data = bytearray(rng.bytes(int(rng.integers(22, 400))))
        data[-22:-18] = b"PK\5\6"
        data[-2:] = b"\0\0"
        path.write_bytes(data)
        assert not verify_pack(path)


def test_writing_refuses_what_does_not_fit_and_leaves_nothing(tmp_path):
    """A file changed since it was measured, one too few, one too many, a name that is taken."""
    contents = sounds()
    manifest = manifest_of(contents)
    target = tmp_path / "pack.zip"
    with pytest.raises(InvalidInput, match="other bytes"):
        write_pack(target, manifest, contents | {"index.html": b"other"})
    with pytest.raises(InvalidInput, match="not in both"):
        write_pack(target, manifest, contents | {"more.html": b"other"})
    with pytest.raises(InvalidInput, match="not in both"):
        write_pack(target, manifest, {})
    assert not list(tmp_path.iterdir())
    target.write_text("mine")
    with pytest.raises(FileExistsError):
        write_pack(target, manifest, contents)
    assert target.read_text() == "mine"


def test_manifest_fits_its_schema_which_is_shipped():
    """The schema beside the code is the one that the code has, and refuses what is no manifest."""
    shipped = Path(pack_schema.__code__.co_filename).with_name("pack.schema.json")
    schema = json.loads(shipped.read_text())
    assert schema == pack_schema()
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    written = json.loads(manifest_of(sounds()).model_dump_json())
    validator.validate(written)
    written["files"][0]["path"] = "../x"
    assert list(validator.iter_errors(written))


def test_other_programs_read_a_pack(pack):
    """It is a plain ZIP file."""
    with zipfile.ZipFile(io.BytesIO(pack.read_bytes())) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[:2] == ["manifest.json", "SHA256SUMS"]
