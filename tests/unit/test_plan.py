"""Plans of sweeps: which cells there are, in which order, and what they cost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicnb import ReferenceAudioToMusic, TextToMusic
from musicnb.errors import InvalidInput
from musicnb.sweep import equal_money, plan_sweep

BRIEF = TextToMusic("{mood} dream pop, {tempo}", instrumental=True)
STORY = {
    "mood": ["calm", "bright", "dark"],
    "tempo": ["90 bpm", "120 bpm"],
    "model": {"suno-5.5": 1, "minimax-music-2.6": 2},
}


def names(plan):
    return [cell.name for cell in plan.cells]


def test_every_combination_is_a_cell_with_the_last_axis_fastest():
    """Three moods, two tempi, two models, one of them twice: 18 tasks, 24 clips, $1.08."""
    plan = plan_sweep("spring", BRIEF, STORY)
    assert names(plan)[:3] == [
        "calm · 90 bpm · suno-5.5",
        "calm · 90 bpm · minimax-music-2.6",
        "calm · 120 bpm · suno-5.5",
    ]
    assert (plan.tasks, plan.clips, plan.credits, plan.usd) == (
        18, 24, Decimal(1080), Decimal("1.08"),
    )  # fmt: skip
    assert [brief.model for brief in plan.briefs[:3]] == [
        "suno-5.5", "minimax-music-2.6", "minimax-music-2.6",
    ]  # fmt: skip
    assert plan.briefs[0].prompt == "calm dream pop, 90 bpm"


def test_axis_fills_braces_sets_fields_and_sets_options():
    """What an axis does is told by its name; None leaves an option to the model."""
    options = {"negative_tags": "drums"}
    brief = TextToMusic("{mood}", title="{{{mood}}}", options=options, instrumental=True)
    axes = {"mood": ["calm"], "style_weight": [0.3, None], "negative_tags": [None]}
    with_weight, without = plan_sweep("s", brief, axes).briefs
    assert (with_weight.prompt, with_weight.title) == ("calm", "{calm}")
    assert dict(with_weight.options) == {"style_weight": 0.3}
    assert dict(without.options) == {}


def test_value_of_a_prompt_axis_may_hold_braces_itself():
    """Fields are set first, then filled."""
    plan = plan_sweep("s", TextToMusic("x"), {"prompt": ["{mood} a", "b"], "mood": ["calm"]})
    assert [brief.prompt for brief in plan.briefs] == ["calm a", "b"]


def test_labels_stand_for_long_values():
    """Tables show the label, the prompt holds the words."""
    axes = {"mood": {"calm": "very calm, slow, at night"}}
    plan = plan_sweep("s", TextToMusic("{mood} pop"), axes)
    assert (names(plan), plan.briefs[0].prompt) == (["calm"], "very calm, slow, at night pop")


def test_label_of_an_address_has_neither_its_signature_nor_its_password():
    """Labels stand in notebooks, tables and manifests; two addresses stay two cells."""
    brief = ReferenceAudioToMusic(
        "{mood} x", model="suno-5.5", reference_audio="https://e.com/a.mp3"
    )
    links = [f"https://user:SECRET@e.com/a.mp3?X-Signature=SECRET{n}" for n in (1, 2)]
    plan = plan_sweep("links", brief, {"reference_audio": links, "mood": ["calm"]})
    labels = [cell.labels["reference_audio"] for cell in plan.cells]
    assert len(set(labels)) == 2
    assert all(label.startswith("https://e.com/a.mp3 (") for label in labels)
    assert "SECRET" not in f"{labels}{plan._repr_html_()}{plan}{plan.table()}"
    assert plan.cells[0].brief.request().body()["reference_audio"]["url"] == links[0]


def test_tuple_of_axes_varies_together():
    """Two values belong to each other, in a product with the rest."""
    axes = {("mood", "tempo"): [("calm", "60 bpm"), ("wild", "150 bpm")], "model": ["suno-5.5"]}
    assert names(plan_sweep("s", BRIEF, axes)) == [
        "calm · 60 bpm · suno-5.5",
        "wild · 150 bpm · suno-5.5",
    ]


def test_list_names_every_cell_itself():
    """No product; the order of the axes is that of the first."""
    rows = [{"mood": "calm", "tempo": "60 bpm"}, {"tempo": "150 bpm", "mood": "wild"}]
    assert names(plan_sweep("s", BRIEF, rows)) == ["calm · 60 bpm", "wild · 150 bpm"]


def test_excluded_cells_stay_in_sight_with_their_reason():
    """A pattern or a function leaves cells out; they cost nothing."""
    plan = plan_sweep(
        "s",
        BRIEF,
        STORY,
        exclude=[
            {"mood": "calm", "tempo": ["120 bpm"]},
            lambda cell: "too dear" if cell["mood"] == "dark" else False,
        ],
    )
    assert [cell.left_out for cell in plan.left_out] == [
        *["excluded: calm, 120 bpm"] * 2, *["too dear"] * 4,
    ]  # fmt: skip
    assert (plan.tasks, plan.credits) == (9, Decimal(540))


def test_all_invalid_cells_are_listed_at_once_and_none_is_run():
    """An option that one model lacks, a number out of range, a hole in the prompt."""
    brief = TextToMusic("{mood} pop", title="x", instrumental=True)
    axes = {"style_weight": [0.3, 7], "model": ["suno-5.5", "minimax-music-2.6"], "mood": ["calm"]}
    plan = plan_sweep("s", brief, axes)
    assert [cell.number for cell in plan.invalid] == [2, 3, 4]
    with pytest.raises(InvalidInput) as caught:
        plan.run()
    assert {fault.field.partition(" (")[0] for fault in caught.value.faults} == {
        "cell 2", "cell 3", "cell 4",
    }  # fmt: skip


def test_hole_that_no_axis_fills_is_a_fault():
    """A forgotten axis does not go out as braces."""
    (cell,) = plan_sweep("s", BRIEF, {"mood": ["calm"]}).cells
    assert "there is no axis 'tempo'" in cell.problem


def test_text_in_braces_is_never_evaluated():
    """Only names are filled in: no attributes, no formats."""
    brief = TextToMusic("{mood.__class__} {0} {mood!r} {mood}")
    assert plan_sweep("s", brief, {"mood": ["{tempo}"]}).briefs[0].prompt == (
        "{mood.__class__} {0} {mood!r} {tempo}"
    )


@pytest.mark.parametrize(
    ("axes", "field"),
    [
        ("mood", "axes"),
        (7, "axes"),
        ({"mood": "calm"}, "axes['mood']"),
        ({"mood": []}, "axes['mood']"),
        ({"mood": ["a", "a"]}, "axes['mood']"),
        ({"mood": {"a": 0}}, "axes['mood']"),
        ({"mood": {"a": -1, "b": 2}}, "axes['mood']"),
        ({"no such": ["a"]}, "axes['no such']"),
        ({7: ["a"]}, "axes[7]"),
        ({"volume": ["a"]}, "axes['volume']"),
        ({("mood", "tempo"): ["ab"]}, "axes[('mood', 'tempo')]"),
        ({("mood", "mood"): [("a", "b")]}, "axes['mood']"),
        ({"mood": ["a"], ("mood", "tempo"): [("a", "b")]}, "axes['mood']"),
        ({"mood": range(200), "tempo": range(200)}, "axes"),
        ([{"mood": "a"}, {"tempo": "b"}], "axes[1]"),
        ([1], "axes[0]"),
    ],
)
def test_wrong_axes_are_refused_by_name(axes, field):
    """The message names the axis and what to give."""
    with pytest.raises(InvalidInput) as caught:
        plan_sweep("s", BRIEF, axes)
    assert field in {fault.field for fault in caught.value.faults}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "\0"},
        {"name": "x" * 81},
        {"name": 3},
        {"brief": "dream pop"},
        {"repeats": 0},
        {"repeats": True},
        {"repeats": 5000},
        {"exclude": [{"volume": 1}]},
        {"exclude": ["calm"]},
        {"exclude": [{}]},
    ],
)
def test_wrong_plan_is_refused(wrong):
    """Before anything is priced."""
    given_values = {"name": "s", "brief": BRIEF, "axes": STORY, **wrong}
    with pytest.raises(InvalidInput):
        plan_sweep(**given_values)


def test_digest_changes_with_what_is_ordered_and_with_nothing_else():
    """The same plan made again has it; another repeat, order or word has not."""
    plan = plan_sweep("s", BRIEF, STORY)
    assert plan.digest == plan_sweep("s", BRIEF, STORY).digest
    turned = {"tempo": STORY["tempo"], "mood": STORY["mood"], "model": STORY["model"]}
    others = [
        plan_sweep("t", BRIEF, STORY),
        plan_sweep("s", BRIEF, STORY, repeats=2),
        plan_sweep("s", BRIEF, turned),
        plan_sweep("s", BRIEF.with_changes(title="x"), STORY),
        plan_sweep("s", BRIEF, STORY, exclude={"mood": "calm"}),
    ]
    assert len({plan.digest, *(other.digest for other in others)}) == 6
    with pytest.raises(InvalidInput, match="look at it again"):
        plan.run(digest=others[0].digest)


def test_plan_without_a_studio_says_how_to_get_one():
    """It can be looked at, not run."""
    with pytest.raises(InvalidInput, match=r"studio\.sweep"):
        plan_sweep("s", BRIEF, STORY).run()


def test_card_escapes_every_word_that_came_from_outside():
    """Names, labels and problems are data."""
    evil = "<img src=x onerror=alert(1)>"
    plan = plan_sweep(evil, TextToMusic("{mood}" + "x" * 600), {"mood": [evil]})
    assert plan.invalid
    assert "<img" not in plan._repr_html_()
    assert "&lt;img" in plan._repr_html_()


def test_table_has_the_axes_as_its_index_and_the_price_as_a_number():
    """One row a cell, those that cannot run too."""
    table = plan_sweep("s", BRIEF, STORY, exclude={"mood": "dark"}).table()
    assert list(table.index.names) == ["mood", "tempo", "model"]
    assert table["credits"].sum() == 720.0
    assert (table["problem"] != "").sum() == 4


def test_equal_money_buys_more_of_the_cheaper_model():
    """400 credits are 5 tasks and 10 clips, or 8 tasks and 8 clips."""
    plan = equal_money("m", ["suno-5.5", "minimax-music-2.6"], ["calm pad", "techno"], 400)
    tasks = {"suno-5.5": 0, "minimax-music-2.6": 0}
    for cell in plan.cells:
        tasks[cell.brief.model] += cell.repeats
    assert tasks == {"suno-5.5": 5, "minimax-music-2.6": 8}
    assert (plan.tasks, plan.clips, plan.credits) == (13, 18, Decimal(800))
    assert [cell.repeats for cell in plan.cells] == [3, 4, 2, 4]


@pytest.mark.parametrize(
    ("models", "prompts", "money"),
    [
        ("suno-5.5", ["a"], 400),
        (["suno-5.5"], "a", 400),
        ([], ["a"], 400),
        (["nobody"], ["a"], 400),
        (["suno-5.5"], ["a", "b"], 100),
        (["suno-5.5"], ["a"], "much"),
        (["suno-5.5"], ["a"], -5),
        (["suno-5.5"], ["a"], 1e9),
        (["suno-5.5"], ["a"], float("nan")),
        (["suno-5.5"], ["a"], True),
        (["suno-5.5", "suno-5.5"], ["a"], 400),
    ],
)
def test_arms_that_cannot_be_made_are_refused(models, prompts, money):
    """Unknown models, and money that does not reach once round the prompts."""
    with pytest.raises(InvalidInput):
        equal_money("m", models, prompts, money)


def test_arms_of_something_else_than_a_brief_are_refused():
    """It is named, before its money is counted."""
    with pytest.raises(InvalidInput, match="must be a TextToMusic"):
        equal_money("m", ["suno-5.5"], ["a"], 400, brief="dream pop")


@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    counts=st.lists(st.integers(1, 3), min_size=2, max_size=2),
    repeats=st.integers(1, 3),
)
def test_price_is_the_sum_of_what_is_ordered(sizes, counts, repeats):
    """Whatever the axes: tasks, clips and credits are those of the briefs, each cell once."""
    words = [f"a{number}" for number in range(len(sizes))]
    brief = TextToMusic(" ".join(f"{{{word}}}" for word in words), instrumental=True)
    axes = {
        word: [f"{word} {n}" for n in range(size)]
        for word, size in zip(words, sizes, strict=True)
    }  # fmt: skip
    axes["model"] = dict(zip(("suno-5.5", "minimax-music-2.6"), counts, strict=True))
    plan = plan_sweep("s", brief, axes, repeats=repeats)
    assert plan.tasks == len(plan.briefs)
    assert plan.credits == sum(brief.price.credits_high for brief in plan.briefs)
    assert plan.clips == sum(brief.price.clips_high for brief in plan.briefs)
    assert len(set(names(plan))) == len(plan.cells)
