"""One patient against many trials, and a cohort against one: processor time, and memory.

``python benchmarks/matching.py [--trials 10000] [--people 10000] [--vocabularies]`` invents trials
out of lines as registers print them, with numbers drawn anew for each, reads their criteria as any
other's, and keeps them packed as a workspace does. Measured is what a further patient costs from
there: unpacking, ranking all trials, the twenty nearest in full. `--vocabularies` asks those that
ship whether a fact is an instance of words; opening them is timed apart. Every part runs in one
thread.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import numpy as np
import zstandard

from trialweave.model import PartialDate, parse_date
from trialweave.protocol.criteria import read_criterion
from trialweave.protocol.criteria.tree import Criterion
from trialweave.protocol.eligibility import Eligibility
from trialweave.protocol.patients.cohort_csv import read_cohort
from trialweave.protocol.patients.derived import derive
from trialweave.protocol.patients.evaluate import criterion_verdicts, trial_verdict
from trialweave.protocol.patients.facts import Fact, Patient, Range
from trialweave.protocol.patients.ranking import OUTCOMES, ranked
from trialweave.protocol.patients.relaxing import relaxed
from trialweave.protocol.patients.screening import screened
from trialweave.protocol.patients.setting import Setting
from trialweave.publish.eligibility import Kept, kept_of
from trialweave.publish.eligibility_terms import covering, terms_of

DAY: Final = dt.date(2026, 6, 30)
SHOWN: Final = 20
INCLUSION: Final = (
    "Age {a} to {b} years", "Age ≥ {a} years", "eGFR ≥ {c} mL/min/1.73 m2", "SpO2 ≤ {d}%",
    "Haemoglobin ≥ {e:.1f} g/dL", "Platelets ≥ {f},000/mm3", "ECOG performance status 0-{g}",
    "PaO2/FiO2 ≤ {h} mmHg", "NYHA class II or III", "HbA1c between {i:.1f}% and {j:.1f}%",
    "BMI {k} to {l} kg/m2", "Absolute neutrophil count ≥ {m:.2f} x 10^9/L", "LVEF < {n}%",
    "Systolic blood pressure between {o} and {p} mmHg", "Able to give written informed consent",
    "Male or female", "SOFA score ≥ {g}", "Serum albumin ≥ {q} g/L",
)  # fmt: skip
EXCLUSION: Final = (
    "Pregnant or breastfeeding women", "Serum creatinine > {r} µmol/L", "AST > {g} x ULN",
    "Malignancy within the past {g} years", "Stroke within {s} months before screening",
    "Systemic corticosteroids within {t} days before enrolment", "INR > {u:.2f}",
    "Total bilirubin > {u:.2f} mg/dL", "Body weight < {k} kg", "QTc interval > {v} ms",
    "Major surgery within {t} days before enrolment", "Lymphocyte count < {m:.2f} x 10^9/L",
    "Serum potassium > {w:.1f} mmol/L", "Life expectancy of less than {s} months",
    "Participation in another trial within {t} days", "Any condition that the investigator minds",
)  # fmt: skip
Result = TypeVar("Result")


def line(text: str, draw: random.Random) -> str:
    """A line with its numbers drawn."""
    a, k, o = draw.randint(16, 40), draw.randint(17, 24), draw.randint(85, 120)
    i = draw.uniform(5.5, 7.5)
    return text.format(
        a=a, b=a + draw.randint(20, 50), c=draw.randint(15, 60), d=draw.randint(88, 95),
        e=draw.uniform(7, 12), f=draw.randint(50, 150), g=draw.randint(1, 5),
        h=draw.randint(100, 300), i=i, j=i + draw.uniform(1, 4), k=k, l=k + draw.randint(8, 25),
        m=draw.uniform(0.5, 2), n=draw.randint(30, 55), o=o, p=o + draw.randint(30, 80),
        q=draw.randint(20, 35), r=draw.randint(110, 300), s=draw.randint(1, 12),
        t=draw.randint(7, 60), u=draw.uniform(1.1, 4), v=draw.randint(440, 520),
        w=draw.uniform(4.8, 6),
    )  # fmt: skip


def trials(count: int, draw: random.Random) -> list[Eligibility]:
    """Trials of 8 to 22 criteria; a line that was read before is not read again."""
    read: dict[tuple[str, str], Criterion] = {}
    made = []
    for number in range(count):
        criteria: list[Criterion] = []
        for section, lines in (("inclusion", INCLUSION), ("exclusion", EXCLUSION)):
            for text in draw.sample(lines, draw.randint(4, 11)):
                written = line(text, draw)
                one = read.get((section, written))
                if one is None:
                    one = read[section, written] = read_criterion(written, section=section)
                criteria.append(msgspec.structs.replace(one, number=len(criteria)))
        where = tuple("eligibility_text" for _ in criteria)
        made.append(Eligibility(f"invented:{number:06d}", tuple(criteria), where))
    return made


def person() -> Patient:
    """A woman of 64 with results of the week, conditions and drugs."""
    day = _date("2026-06-25")
    results = {
        "creatinine": (1.3, "mg/dL"), "egfr": (45.0, "mL/min/{1.73_m2}"), "spo2": (92.0, "%"),
        "hemoglobin": (10.9, "g/dL"), "platelets": (180.0, "10*9/L"), "ecog": (1.0, "{score}"),
        "pao2": (70.0, "mm[Hg]"), "fio2": (40.0, "%"), "hba1c": (7.2, "%"), "weight": (71.0, "kg"),
        "height": (165.0, "cm"), "anc": (4.1, "10*9/L"), "lvef": (48.0, "%"),
        "sbp": (128.0, "mm[Hg]"), "albumin": (3.4, "g/dL"), "inr": (1.1, ""),
        "bilirubin": (0.9, "mg/dL"), "qtc": (441.0, "ms"), "lymphocytes": (0.9, "10*9/L"),
        "potassium": (4.4, "mmol/L"), "ast": (44.0, "U/L"),
    }  # fmt: skip
    facts = [
        Fact("measurement", name, name, (), value, unit=unit, start=day, normal=Range(None, 40.0),
             resource=f"Observation/{name}")
        for name, (value, unit) in results.items()
    ]  # fmt: skip
    for label, since in (
        ("Type 2 diabetes mellitus", "2014"), ("Essential hypertension", "2009-03"),
        ("Chronic kidney disease", "2020-11"), ("Ischemic stroke", "2019-02-11"),
        ("Osteoarthritis of knee", "2016"), ("COVID-19", "2026-06-18"),
    ):  # fmt: skip
        facts.append(Fact("condition", "", label, start=_date(since), ongoing=True))
    for label in ("Dexamethasone", "Metformin", "Amlodipine", "Enoxaparin", "Atorvastatin"):
        facts.append(Fact("drug", "", label, start=_date("2026-06-19"), ongoing=True))
    return Patient("one", _date("1962-01-09"), "female", tuple(facts))


def _date(text: str) -> PartialDate:
    found = parse_date(text)
    assert found is not None
    return found


def cohort(count: int, draw: random.Random) -> bytes:
    """A table of so many people."""
    names = ("id,sex,birth date,creatinine [umol/L],spo2 [%],hemoglobin [g/dL],platelets [10*9/L],"
             "ecog,pao2 [mm[Hg]],fio2 [%],hba1c [%],weight [kg],height [cm],ast [U/L],inr,"
             "malignancy,stroke,drug: dexamethasone")  # fmt: skip
    out = io.StringIO()
    out.write(names.replace("pao2 [mm[Hg]]", "pao2 [kPa]") + "\n")
    for number in range(count):
        cells = [
            str(number), draw.choice(("f", "m")), f"{draw.randint(1930, 2010)}-05-17",
            f"{draw.gauss(95, 30):.0f}", f"{draw.randint(85, 99)}", f"{draw.gauss(12, 2):.1f}",
            f"{draw.gauss(220, 70):.0f}", str(draw.randint(0, 4)), f"{draw.gauss(10, 2):.1f}",
            str(draw.choice((21, 30, 40, 60))), f"{draw.gauss(6.5, 1):.1f}",
            f"{draw.gauss(78, 15):.0f}", f"{draw.gauss(170, 10):.0f}", f"{draw.gauss(35, 10):.0f}",
            f"{draw.gauss(1.1, 0.2):.2f}", draw.choice(("yes", "no", "no")),
            draw.choice(("yes", "no", "no", "no")), draw.choice(("yes", "no", "")),
        ]  # fmt: skip
        out.write(",".join(cells) + "\n")
    return out.getvalue().encode()


SCREENED: Final = (
    ("inclusion", "Age 18 to 75 years"), ("inclusion", "SpO2 ≤ 93%"),
    ("inclusion", "PaO2/FiO2 ≤ 300 mmHg"), ("inclusion", "ECOG performance status 0-2"),
    ("inclusion", "Haemoglobin ≥ 9 g/dL"), ("inclusion", "Platelets ≥ 100,000/mm3"),
    ("inclusion", "BMI 18 to 35 kg/m2"), ("inclusion", "HbA1c < 9%"),
    ("exclusion", "Serum creatinine > 1.5 mg/dL"), ("exclusion", "INR > 1.5"),
    ("exclusion", "Pregnant or breastfeeding women"),
    ("exclusion", "Malignancy within the past 5 years"),
    ("exclusion", "Stroke within 6 months before screening"),
    ("exclusion", "Dexamethasone within 14 days before enrolment"),
)  # fmt: skip


def timed(name: str, work: Callable[[], Result]) -> Result:
    """Do it, and say what it took."""
    begun = time.process_time()
    done = work()
    told = f"{time.process_time() - begun:8.3f} s"
    sys.stdout.write(f"{told}  {name}  ({_memory():.0f} MB at most so far)\n")
    sys.stdout.flush()
    return done


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one_against_many(count: int, draw: random.Random, vocabularies: bool, root: Path) -> None:
    """One patient against `count` trials."""
    told = timed(f"{count:,} trials invented and read (not part of a match)",
                 lambda: trials(count, draw))  # fmt: skip
    named = (lambda words: terms_of(root, words)) if vocabularies else (lambda words: {})
    data = timed(
        "laid out and packed, once a generation",
        lambda: zstandard.ZstdCompressor(3).compress(msgspec.msgpack.encode(kept_of(told, named))),
    )
    total = sum(len(each.criteria) for each in told)
    told.clear()
    kept = timed(
        f"unpacked: {total:,} criteria in {len(data):,} bytes",
        lambda: msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(data), type=Kept),
    )
    sys.stdout.write(f"            {len(kept.laid.conditions):,} distinct conditions\n")
    setting = Setting(DAY, derive=derive)
    me = person()
    if vocabularies:
        covers = covering(root, kept.words)
        setting = setting._replace(covers=covers)
        timed("vocabularies opened", lambda: covers("diabetes mellitus", me.facts[-8]))
    found = timed("all trials ranked", lambda: ranked(kept.laid, me, setting))
    again = timed("the same patient again", lambda: ranked(kept.laid, person(), setting))
    assert (found.outcome == again.outcome).all()
    order = np.lexsort((found.open / np.maximum(found.total, 1), found.outcome))[:SHOWN]

    def full() -> list[str]:
        return [_outcome(kept, int(place), me, setting) for place in order]

    shown = timed(f"{SHOWN} trials in full", full)
    assert shown == [OUTCOMES[found.outcome[place]] for place in order]
    counts = np.bincount(found.outcome, minlength=3)
    pairs = zip(OUTCOMES, counts.tolist(), strict=True)
    sys.stdout.write("            " + ", ".join(f"{n:,} {name}" for name, n in pairs) + "\n")


def _outcome(kept: Kept, place: int, me: Patient, setting: Setting) -> str:
    criteria = kept.unpacked(place).criteria
    found = criterion_verdicts(criteria, me, setting)
    return trial_verdict(found, study_id="", record_id="", title="").outcome


def many_against_one(count: int, draw: random.Random, vocabularies: bool, root: Path) -> None:
    """A cohort against one trial."""
    data = cohort(count, draw)
    found = timed(f"{count:,} people read, {len(data):,} bytes", lambda: read_cohort(data, DAY))
    criteria = [
        msgspec.structs.replace(read_criterion(text, section=section), number=number)
        for number, (section, text) in enumerate(SCREENED)
    ]
    setting = Setting(DAY, derive=derive, covers=covering(root) if vocabularies else None)
    result = timed(
        f"held against {len(criteria)} criteria",
        lambda: screened(found.people, criteria, setting),
    )
    sys.stdout.write(
        f"            {result.eligible:,} eligible, {result.undetermined:,} undetermined, "
        f"{result.ineligible:,} ineligible\n"
    )
    timed("one bound at ten values",
          lambda: relaxed(found.people, criteria, 0, range(70, 80), setting))  # fmt: skip


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--vocabularies", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        one_against_many(given.trials, random.Random(8), given.vocabularies, root)
        many_against_one(given.people, random.Random(9), given.vocabularies, root)


if __name__ == "__main__":
    main()
