"""E-mail addresses in wordings become blots of the same length, everywhere in a record."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import Intervention, Trial, Value, stated
from trialweave.records.addresses import BLOT, blotted_addresses, without_addresses


@given(st.text())
def test_a_text_stays_as_long_and_one_without_an_address_as_it_is(text: str) -> None:
    assert len(blotted_addresses(text)) == len(text)
    if "@" not in text:
        assert blotted_addresses(text) == text


def test_only_the_address_is_blotted() -> None:
    assert blotted_addresses("to a.b@x.org, please") == f"to {BLOT * 9}, please"
    assert blotted_addresses("5 mg @ 8 am; a@b") == "5 mg @ 8 am; a@b"


def test_every_text_of_a_record_and_nothing_else_is_changed() -> None:
    def told(content: object, raw: str | None = None) -> Value:
        return stated(content, "test/1", span=(3, 9), raw=raw)

    given_ = Intervention(name=told("Cells"), other_names=told(("x@y.org", "B")))
    body = Trial(
        public_title=told("A title", raw="by c@d.org"),
        interventions=told((given_,)),
        enrollment=told(12),
    )
    found = without_addresses(body)
    assert found.public_title == told("A title", raw=f"by {BLOT * 7}")
    assert found.interventions.content[0].other_names.content == (BLOT * 7, "B")
    assert found.interventions.content[0].name is given_.name
    assert found.enrollment is body.enrollment
    plain = Trial(public_title=told("A title"))
    assert without_addresses(plain) is plain
