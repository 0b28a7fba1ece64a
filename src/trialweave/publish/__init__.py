"""What was found out, in forms to show and to hand on: views, figures, exports.

In: records, studies, findings, checks and syntheses as the stages left of here made them. Out:
frozen views that every face renders alike, figures as a Vega-Lite specification, SVG and PNG, and
one export format a module. Nothing here computes a result, or lets a record's text be obeyed.
"""
