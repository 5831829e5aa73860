"""What a delivered file says about itself, and what its original says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final

DISCLOSURE: Final = "This music was generated with artificial intelligence."

# the JUMBF box that a store of C2PA manifests begins with, in whatever kind of file:
# C2PA specification 2.1, section 11.1.4.2
_C2PA_STORE: Final = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Labels:
    """What is to be written into a file; what is empty is left out.

    Every kind of file has a title and a comment, and only these arrive everywhere; so all but the
    title stands in the comment, a line each.

    Parameters
    ----------
    title, prompt, model, task_id
        Of the clip.
    origin
        What it was made of, such as a clip's id and hash.
    loop
        What loop it is, in words.
    sandbox
        Whether the sandbox made it.
    disclosure
        What tells listeners and platforms that this is AI's work; in your words, or ours.
    """

    title: str = ""
    prompt: str = ""
    model: str = ""
    task_id: str = ""
    origin: str = ""
    loop: str = ""
    sandbox: bool = False
    disclosure: str = DISCLOSURE

    def tags(self) -> dict[str, str]:
        """Return title and comment as every format takes them."""
        rows = {
            "Disclosure": self.disclosure,
            "Prompt": self.prompt,
            "Model": self.model,
            "Task": self.task_id,
            "Made of": self.origin,
            "Loop": self.loop,
            "Sandbox": "made by the musicnb sandbox with its own engine" if self.sandbox else "",
        }
        lines = [f"{name}: {' '.join(text.split())}" for name, text in rows.items() if text]
        tags = {"title": self.title, "comment": "\n".join(lines)}
        # half of a letter cannot be written
        whole = {name: text.encode(errors="replace").decode() for name, text in tags.items()}
        return {name: text for name, text in whole.items() if text}


def has_content_credentials(file: BinaryIO) -> bool:
    """Whether a file carries a C2PA manifest store, read from its beginning in blocks."""
    file.seek(0)
    kept = b""
    while chunk := file.read(_CHUNK):
        if _C2PA_STORE in kept + chunk:
            return True
        kept = chunk[-len(_C2PA_STORE) :]
    return False
