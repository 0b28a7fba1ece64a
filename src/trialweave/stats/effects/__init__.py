"""Effect sizes of single studies with their sampling variances.

Ratios are natural logarithms; `MEASURES` says of every measure on which scale it is held and how
it is printed. Everything broadcasts; a study whose effect is not defined gets NaN for estimate and
variance together, and the measure's `undefined` says when that is. Names of measures and
conventions for zero cells are those of the function `escalc` of the R package metafor, so that
numbers can be compared.

Of two groups: `effect` counts, `rate_effect` events in person-time, `mean_difference`, `smd` and
their kin means. Of one: `proportion`, `rate`, `single_mean`, `correlation`, `change`. From print:
`from_interval`, `from_p`, `from_o_minus_e`. Numbers that are not there: `sd_from_se` and others,
arms combined or split, `mean_sd_from_quantiles`, trials of several arms with their covariances.
"""

from trialweave.stats.effects._common import Effects, wald_interval
from trialweave.stats.effects.change import change, change_sd, correlation_of_change, final_sd
from trialweave.stats.effects.convert import (
    Counted,
    Measured,
    combine_counts,
    combine_means,
    sd_from_difference_se,
    sd_from_interval,
    sd_from_se,
    split_counts,
    split_size,
)
from trialweave.stats.effects.means import (
    mean_difference,
    ratio_of_means,
    smd,
    smd_by_second_sd,
    smd_unequal_sds,
)
from trialweave.stats.effects.measures import (
    MEASURES,
    DataKind,
    EffectMeasure,
    Scale,
    back_transform,
    is_ratio,
    measure_named,
)
from trialweave.stats.effects.quantiles import (
    QUANTILE_FLAGS,
    FromQuantiles,
    mean_sd_from_quantiles,
)
from trialweave.stats.effects.rates import rate, rate_effect
from trialweave.stats.effects.reported import (
    REPORTED_FLAGS,
    Reported,
    from_interval,
    from_o_minus_e,
    from_p,
    from_printed_interval,
)
from trialweave.stats.effects.shared_control import (
    MultiArm,
    shared_control_counts,
    shared_control_means,
)
from trialweave.stats.effects.single import (
    BackTransformed,
    correlation,
    double_arcsine_proportion,
    harmonic_mean,
    proportion,
    single_mean,
)
from trialweave.stats.effects.two_groups import (
    Convention,
    CorrectedWhere,
    Measure,
    Share,
    effect,
)

__all__ = [
    "MEASURES",
    "QUANTILE_FLAGS",
    "REPORTED_FLAGS",
    "BackTransformed",
    "Convention",
    "CorrectedWhere",
    "Counted",
    "DataKind",
    "EffectMeasure",
    "Effects",
    "FromQuantiles",
    "Measure",
    "Measured",
    "MultiArm",
    "Reported",
    "Scale",
    "Share",
    "back_transform",
    "change",
    "change_sd",
    "combine_counts",
    "combine_means",
    "correlation",
    "correlation_of_change",
    "double_arcsine_proportion",
    "effect",
    "final_sd",
    "from_interval",
    "from_o_minus_e",
    "from_p",
    "from_printed_interval",
    "harmonic_mean",
    "is_ratio",
    "mean_difference",
    "mean_sd_from_quantiles",
    "measure_named",
    "proportion",
    "rate",
    "rate_effect",
    "ratio_of_means",
    "sd_from_difference_se",
    "sd_from_interval",
    "sd_from_se",
    "shared_control_counts",
    "shared_control_means",
    "single_mean",
    "smd",
    "smd_by_second_sd",
    "smd_unequal_sds",
    "split_counts",
    "split_size",
    "wald_interval",
]
