"""Documents about patients over the API: read, answered, bounded, refused, and kept nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from trialweave.faces import receiving

from .patients import COHORT, NAME, patient

STUDY = "NCT09999999"
ASKED = f"/api/v1/match?trial={STUDY}&on=2026-06-25"
FHIR = {"content-type": "application/fhir+json"}
CSV = {"content-type": "text/csv"}
FORM = {"content-type": "multipart/form-data; boundary=line"}


def form(*parts: tuple[str, bytes]) -> bytes:
    told = [
        b'--line\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), data)
        for name, data in parts
    ]
    return b"".join((*told, b"--line--\r\n"))


def post(client: Any, path: str, data: bytes, headers: Any) -> Any:
    return client.request("POST", path, content=data, headers=headers)


def test_a_patient_is_matched_and_nothing_is_stored(client: Any, caplog: Any) -> None:
    answer = post(client, ASKED, patient(), FHIR)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert NAME not in answer.text
    assert NAME not in caplog.text
    (one,) = answer.json()["patients"]
    (trial,) = one["trials"]
    follows = [each["follows"] for each in trial["criteria"]]
    assert (trial["outcome"], follows[:2]) == ("undetermined", ["allows", "allows"])
    assert trial["criteria"][0]["verdict"]["evidence"][0]["resource"] == "Observation/o0"


def test_an_exclusion_bars_and_low_values_do_not_allow(client: Any) -> None:
    (trial,) = post(client, ASKED, patient(99.0), FHIR).json()["patients"][0]["trials"]
    assert (trial["outcome"], trial["criteria"][0]["follows"]) == ("ineligible", "bars")


def test_a_form_with_a_file_says_the_same(client: Any) -> None:
    sent = post(client, ASKED, form(("file", patient())), FORM)
    assert sent.json() == post(client, ASKED, patient(), FHIR).json()


def test_a_cohort_is_screened_and_relaxed(client: Any) -> None:
    asked = f"trial={STUDY}&on=2026-06-25"
    found = post(client, f"/api/v1/screen?{asked}", COHORT, CSV).json()
    assert found["unused"] == ["<b>shoe"]
    assert [each["outcome"] for each in found["screening"]["people"]] == [
        *("undetermined", "ineligible", "ineligible")
    ]
    answer = post(client, f"/api/v1/relax?{asked}&criterion=0&value=100", COHORT, CSV)
    told = answer.json()
    assert (told["now"]["value"], told["now"]["ineligible"]) == (93.0, 2)
    assert told["series"][0]["value"] == 100.0
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "data", "headers", "status"),
    [
        (ASKED, b"{}", {"content-type": "text/plain"}, 415),
        (ASKED, b"a,b", CSV, 415),
        (ASKED, b" ", FHIR, 400),
        (ASKED, b"{", FHIR, 400),
        (ASKED, b"{}", FHIR, 400),
        (ASKED, patient(many=101), FHIR, 400),
        (ASKED, b"no form", FORM, 400),
        (ASKED, form(), FORM, 400),
        (ASKED, b"--line\r\n\r\nx\r\n--line--", FORM, 400),
        (ASKED, patient(), FHIR | {"sec-fetch-site": "cross-site"}, 403),
        (ASKED, b"x", FHIR | {"content-length": "99999999"}, 413),
        ("/api/v1/match?trial=nope", patient(), FHIR, 404),
        (f"{ASKED}&fresh=-1", patient(), FHIR, 422),
        (f"{ASKED}&complete=everything", patient(), FHIR, 422),
        (f"/api/v1/match?trial={STUDY}&on=today", patient(), FHIR, 422),
        ("/api/v1/screen", COHORT, CSV, 422),
        (f"/api/v1/relax?trial={STUDY}&criterion=2&value=1", COHORT, CSV, 400),
        ("/api/v1/link", b"x" * 70_000, {"content-type": "application/json"}, 413),
    ],
)
def test_what_is_refused_has_the_one_shape(
    client: Any, path: str, data: bytes, headers: Any, status: int
) -> None:
    answer = post(client, path, data, headers)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"type", "what", "where", "next_step", "status"}
    assert answer.headers["cache-control"] == ("no-cache" if "link" in path else "no-store")


def test_a_body_that_grows_too_long_is_not_read(client: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(receiving, "LONGEST", 50)

    async def parts() -> Any:
        for _ in range(9):
            yield b"x" * 10

    assert post(client, ASKED, parts(), FHIR).status_code == 413


def test_a_fault_tells_its_kind_alone(workspace: Any, client_of: Any, caplog: Any) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError(NAME)

    workspace.match = broken
    answer = post(client_of(workspace), ASKED, patient(), FHIR)
    assert answer.status_code == 500
    assert "KeyError" in answer.text
    assert NAME not in answer.text + caplog.text
