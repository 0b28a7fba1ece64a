"""Interventions made computable: product, dose, route and schedule of each thing that is given.

What comes in is a register's text of an intervention; what goes out are frozen `Component`s, one a
product, with the place of each slot. Repairs of damaged numbers are flagged. What is not stated
stays None: nothing is inferred but by plain arithmetic. `of_trial` tells them by arm, and
`normal_dose` puts doses on common scales or says why it cannot.
"""

from trialweave.protocol.interventions.component import Component, Phase, Place
from trialweave.protocol.interventions.normal import NormalDose, normal_dose, stated_weight
from trialweave.protocol.interventions.reading import read_intervention
from trialweave.protocol.interventions.trial import Given, of_trial

__all__ = [
    "Component",
    "Given",
    "NormalDose",
    "Phase",
    "Place",
    "normal_dose",
    "of_trial",
    "read_intervention",
    "stated_weight",
]
