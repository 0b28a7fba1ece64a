"""Network meta-analysis: effects of several treatments compared in different studies.

Arms or pairwise effects go in (`arm_contrasts`, `pair_contrasts`); `network` gives the estimates of
all comparisons, heterogeneity and prediction, or says why there is no network. What can be asked
of it: `p_scores`, `league`, `direct_evidence` and `split`, `decompose` and `loops`,
`contributions`; `geometry` and `positions` for its drawing. `network_mantel_haenszel` and
`network_conditional` take counts of rare events as they are. Effects of ratios are natural
logarithms; matrices compare the row's treatment with the column's. Nothing here ranks without
being told which direction is good, nor gives a number across parts that nothing connects.
"""

from trialweave.stats.network._counts import CountNetwork
from trialweave.stats.network._rows import Tau2Method
from trialweave.stats.network.arms import ArmMeasure, arm_contrasts
from trialweave.stats.network.contrasts import (
    ContrastError,
    Contrasts,
    Note,
    StudyContrasts,
    pair_contrasts,
    select,
    study_contrasts,
    treatments_of,
)
from trialweave.stats.network.contributions import Contributions, contributions
from trialweave.stats.network.geometry import Edge, Geometry, Layout, Node, geometry, positions
from trialweave.stats.network.hypergeometric import Likelihood, network_conditional
from trialweave.stats.network.inconsistency import (
    Decomposition,
    Design,
    Loop,
    Loops,
    Q,
    decompose,
    loops,
)
from trialweave.stats.network.league import LeagueCell, LeagueTable, league
from trialweave.stats.network.mantel_haenszel import network_mantel_haenszel
from trialweave.stats.network.model import (
    Estimates,
    Model,
    Network,
    NoNetwork,
    Subnetwork,
    network,
    subnetworks,
)
from trialweave.stats.network.ranking import Ranking, p_scores
from trialweave.stats.network.splitting import (
    Direct,
    Split,
    SplitMethod,
    direct_evidence,
    split,
)

__all__ = [
    "ArmMeasure",
    "ContrastError",
    "Contrasts",
    "Contributions",
    "CountNetwork",
    "Decomposition",
    "Design",
    "Direct",
    "Edge",
    "Estimates",
    "Geometry",
    "Layout",
    "LeagueCell",
    "LeagueTable",
    "Likelihood",
    "Loop",
    "Loops",
    "Model",
    "Network",
    "NoNetwork",
    "Node",
    "Note",
    "Q",
    "Ranking",
    "Split",
    "SplitMethod",
    "StudyContrasts",
    "Subnetwork",
    "Tau2Method",
    "arm_contrasts",
    "contributions",
    "decompose",
    "direct_evidence",
    "geometry",
    "league",
    "loops",
    "network",
    "network_conditional",
    "network_mantel_haenszel",
    "p_scores",
    "pair_contrasts",
    "positions",
    "select",
    "split",
    "study_contrasts",
    "subnetworks",
    "treatments_of",
]
