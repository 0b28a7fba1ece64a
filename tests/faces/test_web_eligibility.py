"""The pages on who may take part: criteria as read, a patient, a cohort."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .patients import COHORT, NAME, patient
from .test_api_protocol import FORM, STUDY, form, post
from .test_web import Strict


def text_of(client: Any, path: str, *parts: tuple[str, bytes], status: int = 200) -> str:
    answer = post(client, path, form(*parts), FORM)
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert NAME not in answer.text
    page = Strict(answer.text)
    assert page.problems == []
    assert not page.all("script")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not {name for _, each in page.tags for name in each if name in ("style", "onclick")}
    return answer.text


def test_criteria_are_marked_with_conditions_and_repairs(client: Any) -> None:
    text = client.get(f"/criteria/{STUDY}").text
    assert '<mark class="read" title="SpO2 ≤ 93 %">SpO2 ≤ 93 %</mark>' in text
    assert "Not understood" in text
    assert f'href="/criteria/{STUDY}/export/cql"' in text
    assert "As fields of the register" in text
    assert 'href="/criteria/' in client.get(f"/study/{STUDY}").text


def test_an_export_is_a_file(client: Any) -> None:
    answer = client.get(f"/criteria/{STUDY}/export/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.startswith("criterion,section")


def test_a_patient_is_told_criterion_by_criterion(client: Any) -> None:
    fields = (("trial", STUDY.encode()), ("on", b"2026-06-25"), ("fresh", b"30"))
    text = text_of(client, "/match", ("file", patient()), *fields)
    assert "No medical advice." in text
    assert "Observation/o0" in text
    assert "What would settle it:" in text
    assert re.search(r'<details class="trial undetermined" open>', text)
    pasted = text_of(client, "/match", ("file", b""), ("text", patient(99.0).replace(
        NAME.encode(), b"")), *fields)  # fmt: skip
    assert '<details class="trial ineligible" open>' in pasted
    assert "as they stood" not in text_of(client, "/match", ("text", patient().replace(
        NAME.encode(), b"")), ("as_of", b""), *fields).lower()  # fmt: skip


def test_a_cohort_has_its_funnel_and_its_table(client: Any) -> None:
    fields = (("trial", STUDY.encode()), ("on", b"2026-06-25"))
    text = text_of(client, "/screen", ("file", COHORT), *fields)
    assert '<svg viewBox="0 0' in text
    assert "&lt;b&gt;shoe" in text
    assert "With other bounds" not in text
    more = (("criterion", b"1"), ("bounds", b"95 100"))
    assert "With other bounds of criterion 1" in text_of(
        client, "/screen", ("file", COHORT), *fields, *more
    )


@pytest.mark.parametrize(
    ("path", "parts", "status", "said"),
    [
        ("/match", (), 400, "there is no document"),
        ("/match", (("file", b"{"),), 400, "not JSON"),
        ("/match", (("file", b"{}"), ("fresh", b"soon")), 400, "no number"),
        ("/match", (("file", b"{}"), ("on", b"soon")), 400, "not a day"),
        ("/match", (("file", patient()), ("trial", b"nope")), 404, "no study"),
        ("/screen", (("file", COHORT),), 400, "one trial"),
        ("/screen", (("file", COHORT), ("trial", b"x"), ("bounds", b"1")), 400, "no criterion"),
    ],
)
def test_the_form_comes_again_with_the_reason(
    client: Any, path: str, parts: Any, status: int, said: str
) -> None:
    text = text_of(client, path, *parts, status=status)
    assert said in text
    assert f'action="{path}"' in text


def test_a_page_of_another_site_is_refused(client: Any) -> None:
    headers = FORM | {"origin": "http://evil.example"}
    assert post(client, "/match", form(("file", patient())), headers).status_code == 403
