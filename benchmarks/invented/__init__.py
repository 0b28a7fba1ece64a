"""Invents records: words, ClinicalTrials.gov records, their posted results, second descriptions."""
