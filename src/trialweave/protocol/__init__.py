"""A trial's protocol made computable: who may take part, what is done to them, what is measured.

What comes in is prose of registers and articles: eligibility criteria, descriptions of
interventions, outcomes and their time points. What goes out are frozen trees of conditions,
doses and schedules, and time points in days, every part with the place in the text it was read
from. Damage that registers' exports did to the text (operators, superscripts, units) is repaired
as a flagged suggestion, never silently. What is not understood stays as text and is counted; it
is never dropped, and no condition is negated because of the list it stands in.
"""
