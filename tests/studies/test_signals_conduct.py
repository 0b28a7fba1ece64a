"""Who conducts a trial, where, in which arms; and titles in other languages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from trialweave.model import Received, Signal
from trialweave.model.persons import name_digests
from trialweave.records import admit
from trialweave.sources import read
from trialweave.studies import Profile, profile, weave_profiles
from trialweave.studies._cognates import _WORDS
from trialweave.studies.corpus import survey
from trialweave.studies.scoring import TEAM_CAP, judge
from trialweave.studies.signals import compare
from trialweave.studies.words import _BACKGROUND, product_words, words


def told(a: Profile, b: Profile, others: tuple[Profile, ...] = ()) -> dict[str, Signal]:
    return {signal.name: signal for signal in compare(a, b, survey([a, b, *others]))}


def of(make: SimpleNamespace, number: str, **said: Any) -> Profile:
    return profile(make.registration(number, **said))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jürgen Förster, MD", "FOERSTER J"),
        ("Prof. Dr. Ada K. Muster, PhD", "Muster AK"),
        ("Muster, Ada", "Ada Muster"),
        ("Muster E", "Muster, Ella"),  # no particle
        ("Y. Muster", "MUSTER Yann"),
        ("MUSTER Y BEISPIEL Ada", "Muster, A"),
        ("Wen Li", "Li Wen"),  # the order is not known
        ("Anna van der Veen", "Veen A"),
        ("Ríos Campo, Elena", "Elena Ríos Campo"),
        ("Muhammad Husseini", "Hosseini, Mohammad".replace("o", "u", 1)),
    ],
)
def test_one_name_in_two_spellings(one: str, other: str) -> None:
    assert name_digests(one) & name_digests(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ada Muster", "Bert Muster"), ("Ada Muster", "Zoe Beispiel"), ("Wen Li", "")],
)
def test_two_names(one: str, other: str) -> None:
    assert not name_digests(one) & name_digests(other)


@pytest.mark.parametrize(
    "name",
    ["Study Director", "Clinical Trials Office", "Muster", "王伟", " , ,", "MD, PhD", "x" * 10**6],
)
def test_what_names_no_person(name: str) -> None:
    assert name_digests(name) == frozenset()


_NAME = "Zephyrine Quillfeather"


def _json(number: str, officials: str) -> bytes:
    names = f'{{"nctId": "{number}", "briefTitle": "Honey"}}'
    places = f'{{"overallOfficials": {officials}}}'
    modules = f'{{"identificationModule": {names}, "contactsLocationsModule": {places}}}'
    return f'{{"protocolSection": {modules}}}'.encode()


_PORTAL = f"""<Trials_downloaded_from_ICTRP><Trial>
<TrialID>ISRCTN10000002</TrialID><Public_title>Honey</Public_title>
<Scientific_title>Honey</Scientific_title><Primary_sponsor>Amber</Primary_sponsor>
<Contact_Firstname>{_NAME.split()[0]}</Contact_Firstname>
<Contact_Lastname>{_NAME.split()[1]}</Contact_Lastname>
</Trial></Trials_downloaded_from_ICTRP>""".encode()


def _only(make: SimpleNamespace, name: str, data: bytes) -> Any:
    received = Received(name, data)
    when = make.registration("NCT01000001").received_at
    (record,) = admit(read(received), {}, received, when)
    return record


def test_an_investigator_is_compared_and_never_named(make: SimpleNamespace) -> None:
    official = f'[{{"name": "{_NAME}, MD", "role": "PRINCIPAL_INVESTIGATOR"}}]'
    records = [
        _only(make, "a.json", _json("NCT01000001", official)),
        _only(make, "b.xml", _PORTAL),
        make.article("p:1", authors=["Quillfeather Z", "Beispiel B"], title="Honey"),
    ]
    profiles = [profile(each) for each in records]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        found = told(profiles[one], profiles[other])["investigator"]
        assert found.weight > 2
        assert found.evidence == "the same investigator is named in both"
    links = weave_profiles(profiles).links
    kept = msgspec.json.encode([records[:2], profiles, links]).decode()
    assert "uillfeather" not in kept.casefold()
    assert "zephyrine" not in kept.casefold()


_COLUMNS = (
    "TrialID,Public title,Scientific title,Primary sponsor,Date registration,Source Register,"
    "Recruitment Status,Study type,Study design,Contact Firstname,Contact Lastname"
)
_ROW = "NCT01000001,Honey,Honey,Amber,2020-01-01,ClinicalTrials.gov,Recruiting,Interventional,x"
_CLASSIC = """{"FullStudy": {"Rank": 1, "Study": {"ProtocolSection": {
"IdentificationModule": {"NCTId": "NCT01000001", "BriefTitle": "Honey"},
"SponsorCollaboratorsModule": {"ResponsibleParty":
{"ResponsiblePartyInvestigatorFullName": "Zephyrine Quillfeather"}}}}}}"""
_DATA_SET = """<trials><trial><main><trial_id>ISRCTN10000002</trial_id>
<public_title>Honey</public_title><scientific_title>Honey</scientific_title>
<primary_sponsor>Amber</primary_sponsor><date_registration>2020-01-01</date_registration>
<reg_name>ISRCTN</reg_name></main><contacts>
<contact><firstname></firstname><lastname>Bert Beispiel</lastname></contact>
<contact><firstname>Zephyrine</firstname><middlename/><lastname>Quillfeather</lastname></contact>
</contacts></trial></trials>"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", f'{_COLUMNS}\n{_ROW},"; ","Bert Beispiel, PhD;Zephyrine Quillfeather, MD"\n'),
        ("a.csv", f"{_COLUMNS}\n{_ROW},Zephyrine,Quillfeather\n"),
        ("a.csv", f"{_COLUMNS}\n{_ROW},,Zephyrine Quillfeather\n"),
        ("a.json", _CLASSIC),
        ("a.xml", _DATA_SET),
    ],
)
def test_where_people_are_named(make: SimpleNamespace, name: str, text: str) -> None:
    record = _only(make, name, text.encode())
    assert name_digests(_NAME) & set(record.people)
    assert "uillfeather" not in msgspec.json.encode(record).decode()


@pytest.mark.parametrize("officials", ["[]", "[{}]", '[{"name": 5}]', '[{"name": null}]', "null"])
def test_officials_that_are_not_names(make: SimpleNamespace, officials: str) -> None:
    assert _only(make, "a.json", _json("NCT01000001", officials)).people == ()


def test_a_common_name_tells_less_and_another_one_nothing(make: SimpleNamespace) -> None:
    a, b = (of(make, number, people=("0f651",)) for number in ("NCT01000001", "ISRCTN10000002"))
    crowd = tuple(of(make, f"NCT2{n:07d}", people=("0f651",)) for n in range(40))
    others = tuple(of(make, f"NCT3{n:07d}", people=(f"{n:05x}",)) for n in range(200))
    rare, common = told(a, b, others)["investigator"], told(a, b, crowd + others)["investigator"]
    assert rare.weight > common.weight + 1
    many = of(make, "ISRCTN10000003", people=("0f651", *(f"{n:05x}" for n in range(30))))
    many_more = of(make, "ISRCTN10000004", people=("0f651", *(f"a{n:04x}" for n in range(30))))
    assert told(many, many_more)["investigator"].weight < told(a, b)["investigator"].weight
    assert "investigator" not in told(a, others[0])


def test_sites(make: SimpleNamespace) -> None:
    a = of(make, "NCT01000001", sites=[("Amber Bay Hospital", "Akureyri"), ("Site 7", "Osaka")])
    b = of(make, "ISRCTN10000002", sites=[("Amber Bay", "Akureyri")])
    assert "amber, bay" in told(a, b)["sponsor"].evidence
    assert "site" not in told(a, b)  # neither the facility nor its city is told twice
    near = of(make, "ISRCTN10000008", sites=[("Thyme Clinic", "Akureyri")])
    assert told(a, near)["site"].evidence == "sites in the same city: akureyri"
    many = [(f"Unit {word}", "") for word in ("Abc", "Def", "Ghi", "Jkl", "Mno")]
    far = of(make, "NCT01000007", sites=[*many, ("Amber Bay Hospital", "Akureyri")])
    said = told(far, b)["site"].evidence
    assert said == "the same facility is a site of both: akureyri"
    c = of(make, "ISRCTN10000003", sites=[("Thyme Clinic", "Osaka")])
    assert told(a, c)["site"].evidence == "sites in the same city: osaka"
    assert told(a, c)["site"].weight > 1
    crowd = tuple(of(make, f"NCT2{n:07d}", sites=[("", "Osaka")]) for n in range(60))
    assert told(a, c, crowd)["site"].weight == 0  # where all are
    assert "site" not in told(b, c)  # other sites are no evidence
    bare = of(make, "NCT01000005", sites=[*many, ("Amber Bay", "")])
    lone = of(make, "ISRCTN10000006", sites=[("Amber Bay", "")])
    assert told(bare, lone)["site"].evidence == "the same facility is a site of both"
    # A person's practice is not told by the name.
    assert "muster" not in str(of(make, "NCT01000004", sites=[("Dr. Ada Muster", "Bern")]).sites)


def test_a_team_is_worth_no_more_than_its_bound(make: SimpleNamespace) -> None:
    same: dict[str, Any] = {
        "primary_sponsor": "Quillfeather Amber Thyme Trust",
        "people": ("0f651",),
        "sites": [("Marmalade House", "Akureyri")],
    }
    a, b = of(make, "NCT01000001", **same), of(make, "ISRCTN10000002", **same)
    weights = {each.name: each.weight for each in judge(a, b, survey([a, b])).signals}
    team = sum(weights.get(name, 0) for name in ("sponsor", "investigator", "site", "shared team"))
    assert team == pytest.approx(TEAM_CAP, abs=0.05)


def test_arms_one_by_one(make: SimpleNamespace) -> None:
    def with_arms(number: str, *arms: Any) -> Profile:
        return of(make, number, public_title="Frostbite", arms=list(arms))

    a = with_arms("NCT01000001", ("Amber honey", 10), ("Thyme syrup", 20), ("Placebo", 10))
    turned = with_arms("ISRCTN10000002", ("Placebo", 9), ("Thyme syrup", 18), ("Amber honey", 9))
    found = told(a, turned)
    assert found["arms"].evidence == "both have 3 arms, of sizes as 1:1:2"
    assert found["arms"].weight > 1
    assert found["arm contents"].evidence == "2 of 2 arms under test receive alike"
    # One arm matches one other only.
    doubled = with_arms("ISRCTN10000003", ("Amber honey", None), ("Amber honey", None))
    one_each = told(a, doubled)
    assert "arm contents" not in one_each
    assert "other arms" not in one_each
    assert one_each["arms"].weight == -1
    other = with_arms("ISRCTN10000004", ("Mint tea", 10), ("Walking", 10), ("Rest", 10))
    assert told(a, other)["arms"].weight == -0.5  # other ratio
    assert told(a, other)["other arms"].weight == -1
    assert "arms" not in told(a, of(make, "ISRCTN10000005", public_title="Frostbite"))


def test_two_arms_are_common(make: SimpleNamespace) -> None:
    def pair(count: int) -> float:
        numbers = ("NCT01000001", "ISRCTN10000002")
        a, b = (of(make, each, arms=[(f"x{n}", None) for n in range(count)]) for each in numbers)
        return told(a, b)["arms"].weight

    assert 0 < pair(2) < pair(5) <= 2


@pytest.mark.parametrize(
    ("title", "english"),
    [
        (
            "Ensayo clínico aleatorizado de metilprednisolona en pacientes con neumonía grave",
            "Randomised trial of methylprednisolone in patients with severe pneumonia",
        ),
        ("Eficácia e segurança da colchicina", "Efficacy and safety of colchicine"),
        ("Étude de l'efficacité de la ivermectine", "Study of the efficacy of ivermectine"),
        ("Wirksamkeit von Vitamin D bei Patienten", "Efficacy of vitamin D in patients"),
        ("Idrossiclorochina e azitromicina", "Hydroxychloroquine and azithromycin"),
        (
            "Infecciones: células madre mesenquimales por vía intravenosa",
            "Infections: mesenchymal stem cells, intravenous",
        ),
        ("Nouvelle perfusion par injeção de fármacos", "New perfusion, injection of drugs"),
        ("Dexametasona, amoxicilina, metronidazol", "Dexamethasone amoxicillin metronidazole"),
    ],
)
def test_titles_in_other_languages_come_near(title: str, english: str) -> None:
    assert set(words(english)) <= set(words(title))


def test_every_word_that_trials_say_of_themselves_has_its_counterparts() -> None:
    """But for those that other languages spell alike, or by the rules for spellings."""
    alike = "assess combination covid critically ill novel plus saline versus virus"
    assert set(_BACKGROUND) - set(_WORDS.values()) == set(alike.split())


def test_english_is_left_as_it_is() -> None:
    assert words("Doses for mothers of madre cats") == ("dose", "mother", "madre", "cat")
    text = "graves disease baseline hydroxychloroquine chloroquine azithromycin medicine protein"
    assert words(text) == tuple(text.split())
    assert words("Hospital de Lleida", english=False) == ("hospital", "de", "lleida")
    assert product_words("hidroxicloroquina 400 mg") == ("hydroxychloroquine",)


def test_the_part_of_a_country_carries_the_name_of_its_programme(make: SimpleNamespace) -> None:
    a = of(make, "NCT01000001", public_title="Amber honey for frostbite (THAWOUT)")
    b = of(make, "ISRCTN10000002", public_title="Amber honey for frostbite - THAWOUT-ICELAND")
    assert told(a, b)["acronym"].evidence == "both are called THAWOUT"
