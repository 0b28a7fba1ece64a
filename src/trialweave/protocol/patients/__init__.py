"""Patients against trials: what is known of a person, and what that says of each criterion.

In come FHIR bundles or rows of a cohort, and criteria as `protocol.criteria` reads them. Out come
verdicts, each with the fact that decides it. What is not known stays unknown, and nobody is ever
eligible by default. Nothing of a patient is kept.
"""
