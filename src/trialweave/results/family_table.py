"""The families of outcomes, as rows of patterns; what is done with them stands in `families`.

The wordings are those that trial reports use. A family is never the name of a disease alone, which
says more often who took part than what happened to them.
"""

from __future__ import annotations

__all__ = ["FAMILIES", "FURTHER", "MEASURED"]

# One row a family, first match wins at one place of the text; narrower wordings stand before the
# wider ones they contain. Patterns are tried on lower-case text.
FAMILIES: tuple[tuple[str, str], ...] = (
    ("", r"\bnumber of "
     r"(?:(?!participants|patients|subjects|persons|people|individuals|with)\w+ ){0,3}"
     r"events?\b|\bevents,? not (?:patients|persons)\b|\bepisodes of\b"),
    ("", r"\bother \(not including serious\) adverse events"),
    ("", r"\bsurviv\w+ (?:without|free (?:of|from))|\balive (?:without|and)\b"),
    ("ventilator-free days",
     r"\b(?:ventilat(?:or|ion)|respiratory[- ]support|organ[- ](?:support|failure))[- ]free days?"
     r"|\bdays? (?:alive and )?free (?:of|from) (?:\w+ )?ventilat\w+|\bvfds?\b"),
    ("progression-free survival", r"\bprogression[- ]free survival|\bpfs\b"),
    ("", r"(?:progression|event|disease|relapse|recurrence|ventilator|ventilation|hospital|icu|"
     r"symptom|failure|metastasis)[- ]free(?: survival| days?)?"),
    ("", r"survivin\b|(?:graft|implant|flap|cell|allograft|renal|technique) survival"),
    ("cause-specific mortality",
     r"(?:cardiovascular|cv|cardiac|cancer|covid-19|disease|respiratory|sepsis|vascular|"
     r"malaria|aids|liver|stroke)[- ](?:related |specific )?(?:death|mortalit)\w*"
     r"|(?:deaths?|mortality|died) (?:due to|from|attribut\w+ to|caused by|related to)(?! any)"),
    ("mortality after a landmark", r"(?:deaths?|mortality|died) after day"),
    ("mortality",
     r"(?:did not|didn't|failed to) survive|non-?survivors?\b|\bmortalit(?:y|ies)\b|\bdeaths?\b"
     r"|\bdied\b|(?<!to be )\bdead\b|\bexpired\b|\bfatalit(?:y|ies)\b|\bdeceased\b"),
    ("survival", r"\bsurviv(?:al|ed|e|ing)\b|\balive\b"
     r"|(?:^|\d |\bthe |\bmore |\bfewer |\bof )survivors?\b"),
    ("", r"\b(?:fatal|lethal|mild|moderate|minor|major|local|systemic|cardiac|cardiovascular|"
     r"gastrointestinal|respiratory|hepatic|renal|infectious|ha?ematological|non-ha?ematological|"
     r"unexpected|new|other|common|immune-related|prespecified|\S{1,30}-associated|non-?serious|"
     r"grade \S{1,8}) "
     r"(?:adverse (?:events?|effects?|reactions?)|side[- ]effects?|aes?|toxicit(?:y|ies))\b"),
    ("", r"\b(?:adverse (?:events?|effects?|reactions?)|s?aes?) after day\b"),
    ("", r"\btime (?:from \w+ )?to (?:\w+ ){0,3}(?:remission|recovery|improvement|resolution|"
     r"discharge|death|event|extubation|clearance|progression|relapse|response|negativ\w+)\b"),
    ("related adverse events",
     r"(?:treatment|drug|infusion|injection|product|cell|study|therapy|procedure)[- ]related"
     r" (?:serious |severe )?(?:adverse|side|toxic)[- ]?(?:events?|effects?|reactions?|ities|ity)?"
     r"|(?:adverse|side)[- ](?:events?|effects?|reactions?)(?: were| was)?"
     r" (?:attribut\w+|related|due) "
     r"|infusion reactions?"),
    ("severe adverse events",
     r"\bsevere (?:adverse|side)[- ](?:events?|effects?|reactions?)\b"),
    ("serious adverse events",
     r"\bserious (?:treatment[- ]emergent )?(?:adverse|side|unwanted)[- ]"
     r"(?:drug )?(?:events?|effects?|reactions?)\b|\bt?e?saes?\b|serious adverse\b"),
    ("adverse events",
     r"\badverse[- ](?:drug )?(?:events?|effects?|reactions?)\b|\bside[- ]effects?\b"
     r"|\bt?e?aes?\b|\btreatment-emergent (?:adverse|events?)\b|\btoxicit(?:y|ies)\b"),
    ("extubation", r"\bextubat\w+|weaned (?:from|off) (?:\w+ ){0,2}ventilat\w+"),
    ("non-invasive ventilation", r"\bnon-?invasive (?:mechanical )?ventilat\w+"),
    ("ventilation duration", r"(?:duration|days|time|length) (?:of|on) (?:invasive |mechanical )*"
     r"ventilat\w+"),
    ("invasive ventilation",
     r"\bintubat(?:ed|ion)\b|\b(?:invasive|mechanical)(?:ly)?[- ](?:mechanical )?ventilat\w+"
     r"|\bimv\b"),
    ("ecmo", r"\becmo\b|extracorporeal membrane"),
    ("icu admission", r"(?:admi(?:ssion|tted)|transfer\w*) (?:to )?(?:the |an )?"
     r"(?:icu|intensive care)|(?:icu|intensive care unit) admissions?"),
    ("icu stay", r"(?:icu|intensive care)(?: unit)? (?:length of )?stay"),
    ("hospital stay",
     r"\b(?:length|duration) of (?:hospital )?(?:stay|hospitali[sz]ation)|\bhospital(?:i[sz]ation)?"
     r" (?:stay|duration)|\blos\b"),
    ("readmission", r"\bre-?(?:admission|admitted|hospitali[sz]\w+)"),
    ("hospital discharge", r"\bdischarged?\b"),
    ("hospital admission",
     r"\bhospitali[sz](?:ation|ed)|\bhospital admissions?|admitted to hospital"),
    ("symptom remission", r"\bsymptom(?:atic|s)? (?:remission|resolution|relief)"),
    ("clinical improvement", r"\bclinical(?:ly)?[- ](?:significant )?improve\w*"
     r"|improve\w* (?:in|of) (?:the )?clinical"),
    ("clinical cure", r"\bclinical (?:cure|success)"),
    ("recovery", r"\brecover(?:ed|y)\b"),
    ("disease progression", r"\bprogress(?:ed|ion) (?:to|from)|\bdisease progression"
     r"|clinical deterioration|clinical worsening"),
    ("viral clearance", r"(?:viral|virus|virologic\w*) (?:clearance|negativ\w+|conversion)"
     r"|(?:pcr|rna)[- ]negativ\w+|negative conversion"),
    ("oxygenation",
     r"\boxygenation\b|\boxygen (?:saturation|levels?)|\bo2 (?:saturation|sat)\b|\bspo2\b|\bsao2\b"
     r"|\bpao2|\bp/f ratio|\bhypoxi?aemia|\bhypoxemia"),
    ("oxygen support", r"\b(?:supplemental|oxygen) (?:oxygen|support|therapy|requirement)"),
    ("CRP", r"\bc[- ]reactive protein|(?<![\w-])(?:hs-?)?crp\b"),
    ("interleukin-6", r"\binterleukin[- ]6\b|\bil-?6\b"),
    ("D-dimer", r"\bd-?\s?dimer"),
    ("ferritin", r"\bferritin"),
    ("lymphocyte count", r"\blymphocytes?\b|\blymphop(?:enia|aenia)"),
    ("lactate dehydrogenase", r"\blactate dehydrogenase|\bldh\b"),
    ("lung imaging",
     r"(?:chest|lung|pulmonary|thoracic) (?:ct|x-?ray|radiograph\w*|imaging|lesions?|involvement)"
     r"|\bct (?:score|images?|scans?)|severity score on ct"),
    ("lung function", r"\bfev1\b|\bfvc\b|\bdlco\b|(?:lung|pulmonary) function"),
    ("quality of life", r"\bquality of life\b|\bsgrq\b|\bsf-36\b|\beq-5d\b"),
    ("infection", r"\b(?:secondary|nosocomial|hospital-acquired|bacterial|wound|site)"
     r" (?:\w+ )?infections?"),
    ("thromboembolism", r"\bthrombo\w*embol\w+|\bvenous thrombo\w+|\bpulmonary embol\w+"),
    ("bleeding", r"\bbleeding\b|\bhaemorrhag\w+|\bhemorrhag\w+"),
    ("myocardial infarction", r"\bmyocardial infarctions?\b"),
    ("stroke", r"\bstrokes?\b"),
    ("fracture", r"\bfractures?\b"),
    ("treatment response",
     r"\bresponse rates?\b|(?<!non)(?<!non-)\bresponders?\b"
     r"|\b(?:complete|partial|overall) response"),
    ("remission", r"\bremission\b"),
    ("relapse", r"\brelaps(?:e|es|ed|ing)\b|\brecurrences?\b"),
    ("withdrawal", r"\bwithdr(?:ew|awals?|awn)\b|\bdiscontinu\w+|\bdrop(?:ped)?[- ]?outs?\b"),
)  # fmt: skip

# Tried only where no row above names anything, so that none of them can change what those say.
FURTHER: tuple[tuple[str, str], ...] = (
    ("HbA1c", r"\bhba1c\b|\bhba\(?1c\)?|\bhb ?a ?1c\b|\bgly(?:cat|cosylat)ed ha?emoglobin|\ba1c\b"),
    ("blood glucose", r"\b(?:blood|plasma|serum|fasting|postprandial) (?:\w+ )?glucose\b|\bfpg\b"
     r"|\bglyca?emi(?:a|c control)\b"),
    ("hypoglycaemia", r"\bhypoglyca?emi\w+"),
    ("systolic blood pressure", r"\bsystolic\b(?! (?:and|or|/) ?diastolic)(?: (?:blood )?pressure)?"
     r"|\bsbp\b"),
    ("diastolic blood pressure", r"\bdiastolic (?:blood )?pressure|\bdiastolic bp\b|\bdbp\b"),
    ("", r"\b(?:pulmonary|intraocular|venous|airway|intracranial|portal) \w*\s?pressure"),
    ("blood pressure", r"\bblood pressure\b|\bmean arterial pressure\b"),
    ("LDL cholesterol", r"\bldl(?:[- ]?c(?:holesterol)?)?\b"
     r"|\blow[- ]density lipoprotein(?:[- ]cholesterol)?"),
    ("HDL cholesterol", r"\bhdl(?:[- ]?c(?:holesterol)?)?\b"
     r"|\bhigh[- ]density lipoprotein(?:[- ]cholesterol)?"),
    ("triglycerides", r"\btriglycerides?\b|\btriacylglycerols?\b"),
    ("total cholesterol", r"\btotal cholesterol\b|\bcholesterol\b"),
    ("", r"\bbirth ?weight|\bpain[- ]free\b|\bpainless"),
    ("body mass index", r"\bbody[- ]mass index\b|\bbmi\b"),
    ("body weight", r"\bbody[- ]?weight\b|\bweight (?:loss|gain|change)\b|\bchange in weight\b"),
    ("pain", r"\bpain\b(?! (?:relievers?|killers?|medication|clinic))|\banalgesic effect"),
    ("opioid use", r"\b(?:opioids?|morphine) (?:use|usage|consumption|requirements?|dose)\b"),
    ("depressive symptoms",
     r"\bdepressi(?:on|ve symptoms)(?: \w+)? (?:scores?|severity|symptoms|scale)"
     r"|\bdepressive symptoms\b|\bham-?d\b|\bhdrs\b|\bmadrs\b|\bbdi(?:-ii)?\b|\bphq-?9\b"),
    ("anxiety", r"\banxiety\b"),
    ("sleep quality", r"\bsleep quality\b|\bpsqi\b|\binsomnia severity"),
    ("fatigue", r"\bfatigue\b"),
    ("cognition", r"\bcogniti(?:on|ve (?:function|performance|decline))\w*|\bmmse\b|\bmoca\b"
     r"|\badas-?cog\b"),
    ("delirium", r"\bdelirium\b"),
    ("nausea", r"\bnausea\b"),
    ("vomiting", r"\bvomiting\b|\bemesis\b"),
    ("headache", r"\bheadaches?\b"),
    ("diarrhoea", r"\bdiarrho?ea\b"),
    ("six-minute walk", r"\b(?:six|6)[- ]min(?:ute)?s? walk\w*|\b6mw[td]\b"),
    ("ejection fraction", r"\bejection fraction\b|\blvef\b"),
    ("natriuretic peptides", r"\b(?:nt-?pro-?)?bnp\b|\bnatriuretic peptides?\b"),
    ("cardiovascular events", r"\bmaces?\b|\bmajor adverse cardi\w+|\bcardiovascular events?\b"),
    ("revascularisation", r"\b(?:target[- ]\w+ )?re-?vascularis?z?ation\b"),
    ("atrial fibrillation", r"\batrial fibrillation\b"),
    ("acute kidney injury", r"\bacute (?:kidney|renal) (?:injury|failure)\b|\baki\b"),
    ("renal replacement", r"\brenal replacement\b|\bdialysis\b|\bha?emodialysis\b"),
    ("renal function", r"\be?gfr\b|\bcreatinine\b|\b(?:renal|kidney) function\b"),
    ("organ failure score", r"\bsofa\b(?: score)?|\bapache\b"),
    ("vasopressor use", r"\bvasopressors?\b|\binotrop\w+ support"),
    ("procalcitonin", r"\bprocalcitonin\b"),
    ("TNF-alpha", r"\btnf-?\s?(?:α|alpha|a)\b|\btumou?r necrosis factor"),
    ("interleukin-10", r"\binterleukin[- ]10\b|\bil-?10\b"),
    ("haemoglobin", r"\bha?emoglobin\b"),
    ("blood loss", r"\bblood loss\b"),
    ("transfusion", r"\btransfus\w+"),
    ("operating time", r"\b(?:operat(?:ing|ive|ion)|surgical|procedure) (?:time|duration)\b"
     r"|\bduration of (?:surgery|the operation|operation)\b"),
    ("viral load", r"\bviral load\b|\b(?:hiv|hcv|hbv)(?:-1)? (?:rna|dna)\b"),
    ("CD4 count", r"\bcd4\b"),
    ("smoking abstinence", r"\b(?:smoking|tobacco|continuous|prevalence) (?:abstinence|cessation)\b"
     r"|\bquit rates?\b"),
    ("falls", r"\bfalls\b(?! (?:in|from|to|by|below|within))|\bfallers?\b"),
    ("seizures", r"\bseizures?\b"),
    ("pregnancy", r"\b(?:clinical|ongoing) pregnanc(?:y|ies)\b|\bpregnancy rates?\b"),
    ("live birth", r"\blive[- ]births?\b"),
    ("preterm birth", r"\bpre-?term (?:births?|deliver(?:y|ies))\b"),
    ("caesarean section", r"\bca?esarean(?: section| deliver\w+)?\b"),
    ("wound healing", r"\b(?:wound|ulcer) (?:healing|closure)\b"),
)  # fmt: skip

MEASURED = frozenset(
    {
        "oxygenation", "CRP", "interleukin-6", "D-dimer", "ferritin", "lymphocyte count",
        "lactate dehydrogenase", "lung imaging", "lung function", "quality of life",
        "hospital stay", "icu stay", "ventilation duration", "ventilator-free days", "HbA1c",
        "blood glucose", "systolic blood pressure", "diastolic blood pressure", "blood pressure",
        "LDL cholesterol", "HDL cholesterol", "triglycerides", "total cholesterol",
        "body mass index", "body weight", "pain", "opioid use", "depressive symptoms", "anxiety",
        "sleep quality", "fatigue", "cognition", "six-minute walk", "ejection fraction",
        "natriuretic peptides", "renal function", "organ failure score", "procalcitonin",
        "TNF-alpha", "interleukin-10", "haemoglobin", "blood loss", "operating time",
        "viral load", "CD4 count",
    }
)  # fmt: skip
"""Families that are measured; of the others persons with an event are counted."""
