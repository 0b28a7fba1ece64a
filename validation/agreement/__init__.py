"""Compare every number that `trialweave.stats` can compute with reference results of R.

Run as ``python validation/agreement FOLDER``, where FOLDER holds JSON files of data tables with
results of metafor, meta, netmeta, bayesmeta, RTSA and base R, computed with tightened convergence.
Prints, for each kind of number, how many were compared, the largest deviation and the limit, and
the results that nothing was compared with; exits 1 if a number is over its limit without a
documented reason, or a result is not compared. ``--all`` prints every one of them, ``--markdown``
the tables of ``docs/evaluation/statistics.md``.
"""
