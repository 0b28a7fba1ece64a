"""Studies side by side and the evidence map, as pages."""

from __future__ import annotations

from typing import Any

from trialweave.faces.protocol_figures import schedules
from trialweave.protocol.timeline import Lane, Mark, Timeline

STUDY, OTHER, BARE = "NCT09999999", "NCT08880001", "NCT08880009"


def test_rows_say_in_words_whether_they_differ(client: Any) -> None:
    text = client.get(f"/compare?id={STUDY}&id={OTHER}").text
    assert '<span class="told-apart conflict">≠ differs</span>' in text
    assert "cannot be told" in text
    assert "not stated" in text
    assert 'class="dose"' in text
    assert "As a table" in text
    assert "Outcomes that meet" in text


def test_a_study_that_states_nothing_differs_from_none(client: Any) -> None:
    text = client.get(f"/compare?id={OTHER}&id={BARE}").text
    assert "≠ differs" not in text
    assert "No record of it states a day" in text


def test_the_map_counts_and_leads_to_its_studies(client: Any) -> None:
    text = client.get("/evidence-map").text
    assert 'href="/evidence-map?product=cells&amp;outcome=mortality#list"' in text
    listed = client.get("/evidence-map?product=cells&outcome=mortality&limit=1").text
    assert "2 studies" in listed
    assert ">Next</a>" in listed
    assert "Trial BARE" not in listed


def test_schedules_share_one_axis_that_holds_every_mark() -> None:
    marks = (Mark("dose", "x", -3.0, -3.0), Mark("observation", "y", 0.0, 400.0))
    one = Timeline((Lane("a", "arm", marks=marks),), -3.0, 400.0)
    other = Timeline((Lane("b", "outcome", marks=(Mark("measurement", "", 28.0, 28.0),)),), 28, 28)
    drawn = schedules(("A", "B"), ("", ""), (one, other))
    assert drawn[0].ticks == drawn[1].ticks
    xs = [place.x for each in drawn for lane in each.lanes for place in lane.places]
    assert xs == sorted(xs[:1]) + xs[1:]
    assert all(210 <= x <= 700 for x in xs)
    assert drawn[0].lanes[0].places[1].x + drawn[0].lanes[0].places[1].width == 700
