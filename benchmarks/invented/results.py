"""The posted results of an invented record: flow, baseline, outcome measures, adverse events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from invented.words import Draw

__all__ = ["results"]

_ORGANS = ("Cardiac disorders", "General disorders", "Nervous system disorders", "Investigations")


def results(
    draw: Draw, arms: list[dict[str, Any]], size: int, protocol: dict[str, Any]
) -> dict[str, Any]:
    shares = np.diff(np.linspace(0, size, len(arms) + 1).astype(int)).tolist()

    def groups(sign: str) -> list[dict[str, str]]:
        return [
            {"id": f"{sign}{i:03d}", "title": arm["label"], "description": arm["description"]}
            for i, arm in enumerate(arms)
        ]

    def per_arm(sign: str, **make: Callable[[int], Any]) -> list[dict[str, Any]]:
        return [
            {"groupId": f"{sign}{i:03d}", **{key: value(n) for key, value in make.items()}}
            for i, n in enumerate(shares)
        ]

    def measure(kind: str, outcome: dict[str, str]) -> dict[str, Any]:
        counted = draw.chance(0.4)
        spread = {} if counted else {"spread": lambda n: f"{draw.unit() * 9:.2f}"}
        value = (lambda n: str(draw.below(n + 1))) if counted else (lambda n: f"{draw.unit():.3f}")
        return {
            "type": kind,
            "title": outcome["measure"],
            "description": outcome.get("description", ""),
            "populationDescription": draw.phrase(),
            "reportingStatus": "POSTED",
            "paramType": "COUNT_OF_PARTICIPANTS" if counted else "MEAN",
            **({} if counted else {"dispersionType": "STANDARD_DEVIATION"}),
            "unitOfMeasure": "Participants" if counted else "units on a scale",
            "timeFrame": outcome["timeFrame"],
            "groups": groups("OG"),
            "denoms": [{"units": "Participants", "counts": per_arm("OG", value=str)}],
            "classes": [
                {"categories": [{"measurements": per_arm("OG", value=value, **spread)}]}
                for _ in range(draw.between(1, 3))
            ],
            "analyses": [
                {
                    "groupIds": ["OG000", "OG001"],
                    "statisticalMethod": "t-test, 2 sided",
                    "pValue": f"{draw.unit():.3f}",
                }
            ]
            if len(arms) > 1
            else [],
        }

    def events(count: int) -> list[dict[str, Any]]:
        return [
            {
                "term": draw.name(),
                "organSystem": draw.pick(_ORGANS),
                "assessmentType": "SYSTEMATIC_ASSESSMENT",
                "stats": per_arm(
                    "EG", numAffected=lambda n: draw.below(n + 1), numAtRisk=lambda n: n
                ),
            }
            for _ in range(count)
        ]

    outcomes = protocol["outcomesModule"]
    flow = {"type": "STARTED", "achievements": per_arm("FG", numSubjects=str)}
    ended = {"type": "COMPLETED", "achievements": per_arm("FG", numSubjects=str)}
    age = per_arm("BG", value=lambda n: f"{40 + 20 * draw.unit():.1f}", spread=lambda n: "9.1")
    return {
        "participantFlowModule": {
            "groups": groups("FG"),
            "periods": [{"title": "Overall Study", "milestones": [flow, ended]}],
        },
        "baselineCharacteristicsModule": {
            "groups": groups("BG"),
            "denoms": [{"units": "Participants", "counts": per_arm("BG", value=str)}],
            "measures": [
                {
                    "title": "Age, Continuous",
                    "paramType": "MEAN",
                    "dispersionType": "STANDARD_DEVIATION",
                    "unitOfMeasure": "years",
                    "classes": [{"categories": [{"measurements": age}]}],
                }
            ],
        },
        "outcomeMeasuresModule": {
            "outcomeMeasures": [
                *(measure("PRIMARY", one) for one in outcomes["primaryOutcomes"]),
                *(measure("SECONDARY", one) for one in outcomes["secondaryOutcomes"]),
            ]
        },
        "adverseEventsModule": {
            "frequencyThreshold": "5",
            "timeFrame": "1 year",
            "eventGroups": [
                {
                    **group,
                    "deathsNumAffected": draw.below(n + 1),
                    "deathsNumAtRisk": n,
                    "seriousNumAffected": draw.below(n + 1),
                    "seriousNumAtRisk": n,
                }
                for group, n in zip(groups("EG"), shares, strict=True)
            ],
            "seriousEvents": events(draw.many(15)),
            "otherEvents": events(draw.many(45)),
        },
    }
