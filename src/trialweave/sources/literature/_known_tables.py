"""Known fields of articles' records: PubMed, Europe PMC, Crossref, OpenAlex, JATS.

Sources: PubMed's document type, the fields that the services describe for their interfaces, the
children of JATS's `article-meta`. Branches marked ``*`` are left whole: people, affiliations,
citations, addresses of copies, indexing.
"""

from __future__ import annotations

__all__ = ["CROSSREF", "EUROPEPMC", "JATS", "OPENALEX", "PUBMED"]

PUBMED = """\
&date
 Year! Month! Day! Hour Minute
&ids
 ArticleId[]|!
  @IdType!
&dated
 @PubStatus @DateType Year! Month! Day! Hour Minute MedlineDate! Season
MedlineCitation
 @Owner @Status @IndexingMethod @VersionID @VersionDate
 PMID|!+
  @Version
 CitationSubset[] CoiStatement! SpaceFlightMission[] NumberOfReferences
 DateCreated &date
 DateCompleted &date
 DateRevised &date
 Article
  @PubModel ArticleTitle!+ VernacularTitle! Language[]!
  Journal
   Title! ISOAbbreviation!
   ISSN|
    @IssnType
   JournalIssue
    @CitedMedium Volume! Issue!
    PubDate+ &dated
  Pagination
   StartPage EndPage MedlinePgn!
  ELocationID[]|!
   @EIdType! @ValidYN!
  Abstract
   CopyrightInformation
   AbstractText[]|!
    @Label! @NlmCategory!
  AuthorList
   @CompleteYN @Type
   Author[]
    @ValidYN @EqualContrib LastName! ForeName! Initials! Suffix CollectiveName! Identifier*
    AffiliationInfo* Affiliation*
  DataBankList
   @CompleteYN
   DataBank[]
    DataBankName!
    AccessionNumberList
     AccessionNumber[]!
  GrantList
   @CompleteYN
   Grant[]
    GrantID Acronym Agency Country
  PublicationTypeList
   PublicationType[]|!
    @UI
  ArticleDate[]! &dated
 MedlineJournalInfo
  Country! MedlineTA! NlmUniqueID ISSNLinking
 ChemicalList
  Chemical[]
   RegistryNumber
   NameOfSubstance|!
    @UI
 SupplMeshList
  SupplMeshName[]|
   @Type @UI
 CommentsCorrectionsList
  CommentsCorrections[]
   @RefType! RefSource! Note
   PMID|!
    @Version
 GeneSymbolList
  GeneSymbol[]
 MeshHeadingList
  MeshHeading[]
   DescriptorName|!
    @MajorTopicYN @Type @UI @AutoHM
   QualifierName[]|
    @MajorTopicYN @UI @AutoHM
 PersonalNameSubjectList*
 OtherID[]|
  @Source @Prefix
 OtherAbstract[]
  @Type @Language! CopyrightInformation
  AbstractText[]|!
   @Label @NlmCategory
 KeywordList[]
  @Owner
  Keyword[]|!
   @MajorTopicYN
 InvestigatorList*
 GeneralNote[]|
  @Owner
PubmedData
 PublicationStatus!
 History
  PubMedPubDate[] &dated
 ArticleIdList &ids
 ObjectList*
 ReferenceList*
"""

EUROPEPMC = """\
id!+ source!+ pmid! pmcid! doi! title!+ authorString!+ pubYear! pageInfo! abstractText! affiliation
publicationStatus language! pubModel isOpenAccess! inEPMC inPMC hasPDF hasBook hasSuppl
citedByCount#! hasData hasReferences hasTextMinedTerms hasDbCrossReferences hasLabsLinks license!
authMan epmcAuthMan nihAuthMan hasTMAccessionNumbers hasEvaluations manuscriptId hasLinks
hasCrossReferences dateOfCompletion dateOfCreation firstIndexDate fullTextReceivedDate
dateOfRevision! electronicPublicationDate! firstPublicationDate! embargoDate versionNumber#!
orgnPubDate
journalTitle! issue journalVolume! journalIssn pubType! luceneScore bookid firstOnlineDate
authorList
 author[]
  fullName! firstName! middleName* lastName! initials suffix collectiveName! authorId*
  authorAffiliationDetailsList* affiliation* affiliationOrgId*
authorIdList*
investigatorList*
journalInfo
 issue! volume! journalIssueId# dateOfPublication! monthOfPublication# yearOfPublication#
 printPublicationDate!
 journal
  title! ISOAbbreviation medlineAbbreviation isoabbreviation nlmid NLMid issn ISSN essn ESSN
meshHeadingList
 meshHeading[]
  majorTopic_YN descriptorName!
  meshQualifierList*
keywordList
 keyword[]!
pubTypeList
 pubType[]!
grantsList
 grant[]
  grantId agency! acronym orderIn# doi
chemicalList*
subsetList*
fullTextUrlList*
fullTextIdList*
dbCrossReferenceList*
tmAccessionTypeList*
dataLinksTagsList*
bookOrReportDetails
 publisher! yearOfPublication# numberOfPages edition isbn10 isbn13 comprisingTitle seriesName
 seriesISSN extraInformation
patentDetails*
commentCorrectionList
 commentCorrection[]
  id! source! reference! type! note orderIn#
reviewsList*
preprintVersionList*
versionList*
"""

CROSSREF = """\
&date
 date-parts[][]#! date-time! timestamp# version
&update
 DOI! type! label! source record-id
 updated*
DOI!+ type!+ prefix+ title[]!+ subtitle[]! short-title[]! original-title[] container-title[]!
short-container-title[] group-title publisher!+ publisher-location source member abstract! language!
subtype! URL!+ volume! issue! page! article-number! edition-number ISSN[] ISBN[] subject[] archive[]
alternative-id[] is-referenced-by-count#! references-count# reference-count# score#
special_numbering
content-domain*
resource
 primary
  URL! type
 secondary*
author[]
 given! family! name! suffix* sequence ORCID* authenticated-orcid* affiliation* literal* role*
 prefix*
 id*
editor*
translator*
chair*
contributor*
investigator*
funder[]
 DOI name! doi-asserted-by award[] award-type id*
license[]
 URL! start* delay-in-days# content-version
link*
reference*
assertion*
relation*!
update-to[]! &update
updated-by[]! &update
update-policy
clinical-trial-number[]
 clinical-trial-number! registry type!
institution
 name! place* department* acronym* id*
issn-type*
isbn-type*
journal-issue*
published! &date
published-online! &date
published-print! &date
published-other &date
issued! &date
posted! &date
accepted &date
approved &date
created+ &date
deposited!+ &date
indexed &date
content-created &date
content-updated &date
event*
free-to-read*
review*
peer-review*
degree[]
proceedings-subject
standards-body*
part-number
component-number
aliases[]
description
project*
award
award-start*
version*
status*
status-update*
blog-info*
"""

OPENALEX = """\
&source
 id display_name! issn_l issn[] is_oa? is_in_doaj? is_in_doaj_since_year# is_high_oa_rate?
 is_high_oa_rate_since_year# is_in_scielo? is_ojs? is_oa_high_oa_rate? is_core?
 is_indexed_in_scopus? host_organization host_organization_name host_organization_lineage[]
 host_organization_lineage_names[] type raw_type*
&location
 id is_oa? landing_page_url! pdf_url license! license_id version is_accepted? is_published? raw_type
 raw_source_name provenance native_id
 source &source
&field
 id display_name
&topic
 id display_name score#
 subfield &field
 field &field
 domain &field
&cost
 value# currency provenance value_usd#
id!+ doi! title! display_name!+ publication_year#!+ publication_date!+ language! type!+
type_crossref!
indexed_in[] countries_distinct_count# institutions_distinct_count# corresponding_author_ids[]
corresponding_institution_ids[] fwci# has_fulltext? fulltext_origin cited_by_count#!+
is_retracted?!+
is_paratext?+ is_xpac? locations_count# datasets[] versions[] referenced_works_count#
referenced_works[] related_works[] cited_by_api_url updated_date! created_date relevance_score#
is_authors_truncated? has_content* has_abstract? ngrams_url is_oa? license raw_type*
abstract_inverted_index*! abstract_inverted_index_v3* institution_assertions* institutions*
best_open_version authors_count# concepts_count# topics_count# referenced_works_count_total#
content_urls* content_url* fulltext* awards* funders* related_to_text*
ids
 openalex doi! mag* pmid! pmcid!
primary_location &location
best_oa_location &location
host_venue|! &location
 display_name! issn_l issn[] publisher type url
alternate_host_venues*
locations[] &location
open_access
 is_oa? oa_status oa_url any_repository_has_fulltext?
authorships[]
 author_position countries[] is_corresponding? raw_author_name! raw_affiliation_strings*
 raw_affiliation_string* raw_orcid* institutions* affiliations*
 author
  id* display_name! orcid*
apc_list &cost
apc_paid &cost
citation_normalized_percentile
 value# is_in_top_1_percent? is_in_top_10_percent?
cited_by_percentile_year
 min# max#
biblio
 volume! issue! first_page! last_page!
primary_topic &topic
topics[] &topic
keywords[]
 id display_name! keyword! score#
concepts*
mesh*
sustainable_development_goals*
grants*
counts_by_year*
"""

JATS = """\
@article-type! @lang! @dtd-version @id @specific-use
front
 journal-meta*!
 article-meta
  article-id[]*! article-version[]* article-version-alternatives* article-categories*! title-group*!
  contrib-group[]*! aff[]* aff-alternatives[]* author-notes* pub-date[]*! pub-date-not-available*
  volume! volume-id* volume-series* volume-issue-group* issue! issue-id* issue-title*
  issue-title-group* issue-sponsor* issue-part* isbn* supplement* fpage! lpage page-range
  elocation-id*! email* ext-link* uri* product* supplementary-material*! history* pub-history*
  permissions*! copyright-statement* copyright-year* license* self-uri* related-article[]*!
  related-object[]*! abstract[]*! trans-abstract[]*! kwd-group[]*! funding-group[]*!
  support-group* conference* counts* custom-meta-group*! custom-meta-wrap*!
 notes*
body*!
back*!
floats-group*!
floats-wrap*
processing-meta*
sub-article*
response*
"""
