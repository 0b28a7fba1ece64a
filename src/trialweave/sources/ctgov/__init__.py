"""ClinicalTrials.gov: its records in every form that its interfaces and downloads have had.

`forms` reads JSON (version 2, classic, flat), `xml` the legacy XML, `table` the CSV downloads; all
give the same `Trial`. `study` is the record as version 2 shapes it, to which the other forms are
brought; `fields` harmonises it; `results*` read what is posted.
"""
