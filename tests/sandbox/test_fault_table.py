"""The table of faults and the document that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicnb.sandbox._fault_edits import EDITS
from musicnb.sandbox._fault_spec import FaultSpec, WrongFault
from musicnb.sandbox._fault_table import KINDS, FaultKind, Stage
from musicnb.sandbox.faults import MAX_ARMED, Faults

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "faults.md"


def line_of(kind: FaultKind) -> str:
    operations = ", ".join(kind.operations)
    parameters = ", ".join(
        f"`{parameter.name}`={str(parameter.default).lower()}" for parameter in kind.parameters
    )
    return f"| `{kind.name}` | {kind.says} | {operations} | {parameters} |"


def test_document_shows_the_table() -> None:
    """Every fault stands in docs/faults.md as the table has it, and no other does."""
    _, _, table = DOCUMENT.read_text(encoding="utf-8").partition("| fault | what happens |")
    shown = [line for line in table.splitlines() if line.startswith("| `")]
    assert shown == [line_of(kind) for kind in KINDS.values()]


def test_every_edit_has_its_code() -> None:
    """What alters answers is in the table, and the other way round."""
    assert set(EDITS) == {kind.name for kind in KINDS.values() if kind.stage is Stage.EDIT}


@pytest.mark.parametrize("name", KINDS)
def test_fault_with_nothing_said_reads_the_same_from_text_and_json(name: str) -> None:
    """The command line and the endpoint know one set of rules."""
    spec = FaultSpec.from_text(name)
    assert spec == FaultSpec.from_json({"fault": name})
    assert FaultSpec.from_json(spec.to_json()) == spec
    assert spec.on == KINDS[name].operations[0]
    assert spec.times is None


def test_number_of_armed_faults_has_an_end() -> None:
    """Somebody who arms in a loop is stopped."""
    faults = Faults([FaultSpec.from_text("key_revoked")] * MAX_ARMED)
    with pytest.raises(WrongFault, match="disarm some"):
        faults.arm(FaultSpec.from_text("key_revoked"))
