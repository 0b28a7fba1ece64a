"""Words of titles in other languages, brought nearer to English without a model of translation.

Two things only: a list of words of Spanish, Portuguese, Italian, French and German, for what trials
in general say of themselves (`words.background`) and for organs, diseases and groups of people that
any title may name; and spellings in which those languages write international words and
names of substances, which the WHO's rules for nonproprietary names keep alike. All else stays as
it is. Words come in lower case, without accents.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["in_english"]

# English: words of other languages for it. "-" leaves a word out: it tells of design or nothing.
_LISTED: Final = """
-: de en l y da el los las del para con una unos unas sus por sobre entre der die das mit von zur
-: zum bei des und einer eines einem dem les une dans chez pour aux sur et uma dos nos nas della
-: dello degli delle dei nei nella nel gli allo alla dal lo un uno di du ou oder estudio estudo
-: studio etude studie ensayo ensaio essai sperimentazione clinico clinica clinique klinische
-: klinischer aleatorizado aleatorizada aleatorio aleatoria randomizado randomizada randomizzato
-: randomizzata randomisierte randomisierter randomisee controlado controlada controllato
-: controllata controle controlee kontrollierte kontrollierter ciego doble cego cieco aveugle
-: contra contre gegen abierto abierta aberto aperto ouvert ouverte offene offener multicentrico
-: multicentrica multicentrique multizentrische multizentrischer fase grupo gruppo groupe
-: gruppe prospectivo prospectiva prospettico prospective prospektive brazo braccio
patient: paciente paziente pazienti patienten patientin patientinnen
efficacy: eficacia efficacia efficacite wirksamkeit
safety: seguridad seguranca sicurezza securite sicherheit
treatment: tratamiento tratamento trattamento traitement behandlung
therapy: terapia therapie
disease: enfermedad enfermedades doenca malattia malattie maladie erkrankung krankheit
infection: infeccion infeccao infecao infezione infektion
pneumonia: neumonia polmonite pneumonie lungenentzundung
severe: grave severa severo schwere schwerer schweren
moderate: moderado moderada moderato moderee
mild: leve lieve legere leichte
acute: agudo aguda acuto acuta aigu aigue akute akuter akuten
chronic: cronico cronica chronique chronische chronischer chronischen
hospitalised: hospitalizado hospitalizada ospedalizzato ospedalizzati hospitalisee hospitalisierte
adult: adulto adulta adulti adulte erwachsene erwachsenen
children: nino nina bambino bambini enfant kinder kindern crianca
women: mujer donna donne femme frauen mulher mulheres
effect: efecto efeito effetto effet wirkung
effectiveness: efectividad efetividade
evaluation: evaluacion avaliacao valutazione bewertung
evaluate: evaluar avaliar valutare evaluer
comparison: comparacion comparacao confronto comparaison vergleich
prevention: prevencion prevencao prevenzione pravention
prophylaxis: profilaxis profilaxia profilassi prophylaxie prophylaxe
vaccine: vacuna vacina vaccino vaccin impfstoff
blood: sangre sangue sang blut
serum: suero soro siero
lung: pulmon pulmao polmone poumon
heart: corazon coracao cuore coeur herz
kidney: rinon rene rein niere
liver: higado figado fegato foie
pain: dolor dor dolore douleur schmerz schmerzen
surgery: cirugia cirurgia chirurgia chirurgie
cancer: cancro krebs
cell: celula cellula cellule zelle zellen
stem: staminali stammzelle stammzellen
mesenchymal: mesenquimal mesenchimali mesenchimale mesenchymateuse mesenchymale mesenchymalen
respiratory: respiratorio respiratoria respiratoire
syndrome: sindrome syndrom
distress: distres
risk: riesgo risco rischio risque risiko
mortality: mortalita mortalite mortalitat
health: salud saude salute sante gesundheit
symptom: sintoma sintomo sintomi symptome
impact: impacto impatto
outcome: desenlace desfecho esito
secondary: secundario secundaria secondario secondaria secondaire
convalescent: convaleciente convalescente convalescenti
failure: insuficiencia insufficienza insuffisance insuffizienz
diabetes: diabete
stroke: ictus schlaganfall
pregnancy: embarazo gravidez gravidanza grossesse schwangerschaft
breast: mama mammella
elderly: anciano anziano anziani idoso
graves: graves
argentina: argentina
vitamin: vitamina vitamine
heparin: heparina heparine eparina
insulin: insulina insuline
interferon: interferona interferone
aspirin: aspirina aspirine
quality: calidad qualidade qualita qualite qualitat
life: vida vita leben
corticosteroid: corticoide corticosteroide corticoesteroide kortikosteroide
early: temprano temprana precoz precoce fruhe fruher
advanced: avanzado avanzada avancado avancada avanzato avanzata avancee fortgeschrittene
allogeneic: alogenico alogenica allogenico allogenica allogenique allogene
autologous: autologo autologa autologue autologe
based: basado basada baseado baseada basato basata
biological: biologico biologica biologique biologische
care: cuidado assistenza soin versorgung pflege
compare: comparar confrontare comparer vergleichen
conventional: convencional convenzionale conventionnel konventionelle
critical: critico critica critique kritische
derived: derivado derivada derivato derivata
disorder: trastorno transtorno disturbo storung
dose: dosis dosi dosierung
drug: farmaco medicamento medicament arzneimittel medikament
follow: seguimiento seguimento suivi nachbeobachtung
high: elevado elevada elevato elevata hohe hoher
hospital: ospedale hopital krankenhaus
human: humano humana umano umana humain humaine menschliche
induced: inducido inducida induzido induzida indotto indotta induit induite induzierte
infusion: infusao infusione
injection: inyeccion injecao iniezione injektion
intervention: intervencion intervencao intervento
intravenous: intravenoso intravenosa endovenoso endovenosa intraveineux intraveineuse intravenose
investigate: investigar indagare untersuchen
low: bajo baixo baixa basso bassa faible niedrige
management: manejo gestione gestion
new: nuevo nueva novo nova nuovo nuova nouveau nouvelle neue neuer neuen
oral: orale
participant: participante partecipante partecipanti teilnehmer
people: persona pessoa persone personne personen
positive: positivo positiva positif
program: programa programma programme
response: respuesta resposta risposta reponse
standard: estandar padrao
subject: sujeto sujeito soggetto soggetti sujet proband probanden
system: sistema systeme
tablet: comprimido tableta compressa compresse comprime tablette
tolerability: tolerabilita vertraglichkeit
treat: tratar traiter behandeln
use: uso utilizzo utilisation anwendung
"""

_WORDS: Final[dict[str, str]] = {
    word: "" if english == "-" else english
    for english, _, words in (line.partition(":") for line in _LISTED.strip().splitlines())
    for word in words.split()
}

# Stems of nonproprietary names that English writes without a last vowel (WHO, The use of stems in
# the selection of international nonproprietary names); other names in -ina are in -ine.
_IN: Final = (
    "mycin|icillin|statin|ectin|oxacin|parin|formin|gliptin|platin|pressin|tocin|tonin|globulin|"
    "globin|cetin|bilirubin|albumin|protein"
)
# Spellings in Spanish, Portuguese, Italian and German of international words. English words have
# none of them, but for a few that end alike, and those change in both records of a pair.
_SPELLINGS: Final = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"(?:hidroxi|idrossi|^hydroxi)(?!d)", "hydroxy"),
        (r"hidro|^idro", "hydro"),
        (r"(?<!h)cloro(?=q|ch|t|f|p|m)", "chloro"),
        (r"acetil", "acetyl"),
        (r"metil", "methyl"),
        (r"metason", "methason"),
        (r"azitro", "azithro"),
        (r"eritro", "erythro"),
        (r"tromb(?!on)", "thromb"),
        (r"tiroid", "thyroid"),
        (r"ossigen|oxigen", "oxygen"),
        (r"fosfat", "phosphat"),
        (r"linfo", "lympho"),
        (r"(?<!p)neumo", "pneumo"),
        (r"ochina?$|oquina?$", "oquine"),
        (r"micina$", "mycina"),
        (r"icilina$", "icillina"),
        (rf"({_IN})a$", r"\1"),
        (r"ina$", "ine"),
        (r"((?:is|ol|er|as|az|ar|ox)on)a$", r"\1e"),
        (r"azolo?$", "azole"),
        (r"ato$", "ate"),
        (r"azione$|a(?:cion|cao)$", "ation"),
        (r"(?<!spi)(?<!er)cion$", "tion"),
        (r"idade?$", "ity"),
        (r"olog(?:ia|ie)$", "ology"),
        (r"(?:terapia|therapie)$", "therapy"),
    )
)
_RESPELT: Final = re.compile("|".join(pattern.pattern for pattern, _ in _SPELLINGS))
_LONG: Final = 8  # letters of words that are respelt


def in_english(word: str, single: str) -> str:
    """The English for a listed word, "" for one that tells nothing; else the word, long ones
    respelt. `single` is the word without the ending of a plural."""
    known = _WORDS.get(word, _WORDS.get(single))
    if known is None and word.endswith("es") and len(word) > _LONG:  # "infecciones"
        known = _WORDS.get(word[:-2])
    if known is not None:
        return known
    if len(single) < _LONG or not single.isascii() or not _RESPELT.search(single):
        return single
    for pattern, written in _SPELLINGS:
        single = pattern.sub(written, single)
    return single
