"""The figures of a synthesis: specifications, drawings, table twins and words."""
