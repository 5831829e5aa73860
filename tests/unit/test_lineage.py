"""The way from an order to a file as a drawing."""

import re
from xml.etree import ElementTree as ET

from musicnb.pictures import Step, lineage_svg


def test_things_stand_in_columns_by_how_many_steps_lead_to_them():
    """One box for each thing, one line for each step; names and labels are escaped."""
    steps = [
        Step("order 1", "task 7", "ordered, 40 credits"),
        Step("task 7", "clip <b>", "made"),
        Step("clip <b>", "file a.wav", "cut"),
        Step("task 7", "clip 2", "made"),
    ]
    drawn = lineage_svg(steps)
    root = ET.fromstring(drawn)  # noqa: S314 - we have just drawn it
    boxes = {group.find("title").text: group.find("rect") for group in root.findall("g")}
    assert set(boxes) == {"order 1", "task 7", "clip <b>", "clip 2", "file a.wav"}
    columns = [
        int(boxes[name].get("x")) for name in ("order 1", "task 7", "clip <b>", "file a.wav")
    ]
    assert columns == sorted(set(columns))
    assert boxes["clip 2"].get("x") == boxes["clip <b>"].get("x")
    assert [path.find("title").text for path in root.findall("path")] == [s.label for s in steps]
    assert not re.search(r"<(b|script)>", drawn)


def test_nothing_and_too_much_are_not_drawn():
    """Nor does a circle keep it busy."""
    assert lineage_svg([]) == ""
    assert lineage_svg([Step("a", f"b{n}", "") for n in range(401)]) == ""
    assert lineage_svg([Step("a", "b", ""), Step("b", "a", "")]).startswith("<svg")
