"""Vocabularies of the field, and their terms in the texts of records."""
