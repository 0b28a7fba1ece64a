"""Statistics of tables and of many meta-analyses at once: arrays in, arrays out.

Events and sizes of two arms go in, or effects and their variances; P values, intervals and pooled
estimates come out, with the shape that broadcasting gives. Nothing here knows a trial, reads a
file or prints. Every estimator names its source and says what it does where it is not defined;
what could not be computed is NaN together with a note. Effects of ratios are natural logarithms
everywhere but in `effects.back_transform`.

`tables` tests of 2x2 tables · `intervals` of proportions · `rounding` counts behind a printed
percentage · `survival` the most favourable log-rank test · `conditional` the odds ratio of exact
tests · `printed` the interval that a printed number stands for · `granularity` means and spreads
that whole numbers can have · `recompute` P values, limits and statistics from printed means,
intervals and test statistics · `agreement` of two raters · `absolute` effects from relative ones.

Packages: `effects` effect sizes and conversions · `pooling` models, heterogeneity, rare events,
Bayes · `regression` moderators, subgroups, several levels · `exploring` single studies, their
order, every subset · `bias` small-study effects · `network` several treatments · `sequential`
boundaries and information sizes.
"""
