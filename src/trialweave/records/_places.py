"""The table behind `places`: countries, adjectives, cities, and the states of the USA.

Names from ISO 3166-1 and the short forms that registers use. A line of `TABLE` reads
``CODE names | adjectives | capital, then other cities``; indented lines go on with the one above.
Left out are words that mislead more often than they help: cities that are also first names or
words (Sofia, Nice, Split), or stand in several countries (Córdoba, Durham, Hamilton, La Paz).
"""

from typing import Final

__all__ = ["STATES", "TABLE"]

TABLE: Final = """
AD Andorra || Andorra la Vella
AE United Arab Emirates; UAE | Emirati | Abu Dhabi; Dubai; Sharjah; Al Ain
AF Afghanistan | Afghan | Kabul; Herat
AG Antigua and Barbuda; Antigua
AI Anguilla
AL Albania | Albanian | Tirana
AM Armenia | Armenian | Yerevan
AO Angola | Angolan | Luanda
AQ Antarctica
AR Argentina; República Argentina | Argentine; Argentinian; Argentinean | Buenos Aires
AS American Samoa
AT Austria; Österreich | Austrian | Vienna; Wien; Graz; Innsbruck; Salzburg; Linz
AU Australia; New South Wales | Australian | Canberra; Sydney; Melbourne; Brisbane; Adelaide
AW Aruba
AX Åland Islands
AZ Azerbaijan | Azerbaijani | Baku
BA Bosnia and Herzegovina; Bosnia & Herzegovina; Bosnia | Bosnian | Sarajevo
BB Barbados || Bridgetown
BD Bangladesh | Bangladeshi | Dhaka; Chittagong
BE Belgium; Belgique; België | Belgian | Brussels; Bruxelles; Leuven; Ghent; Antwerp; Liège; Gent
BF Burkina Faso || Ouagadougou; Bobo Dioulasso
BG Bulgaria | Bulgarian | Plovdiv
BH Bahrain | Bahraini | Manama
BI Burundi || Bujumbura
BJ Benin || Cotonou
BL Saint Barthélemy
BM Bermuda
BN Brunei Darussalam; Brunei
BO Bolivia; Bolivia, Plurinational State of | Bolivian
BQ Bonaire, Sint Eustatius and Saba
BR Brazil; Brasil | Brazilian | Brasília; São Paulo; Rio de Janeiro; Porto Alegre; Curitiba;
  Belo Horizonte; Ribeirão Preto; Recife; Fortaleza; Campinas
BS Bahamas
BT Bhutan || Thimphu
BV Bouvet Island
BW Botswana || Gaborone
BY Belarus | Belarusian | Minsk
BZ Belize
CA Canada; Ontario; Québec; British Columbia; Alberta; Nova Scotia; Manitoba; Saskatchewan
  | Canadian | Ottawa; Toronto; Montréal; Vancouver; Calgary; Edmonton; Winnipeg
CC Cocos Islands; Cocos Keeling Islands
CD Democratic Republic of the Congo; Congo, The Democratic Republic of the; DR Congo; DRC;
  Congo, Democratic Republic || Kinshasa
CF Central African Republic || Bangui
CG Republic of the Congo; Congo; Congo Brazzaville || Brazzaville
CH Switzerland; Schweiz; Suisse | Swiss | Bern; Zürich; Geneva; Genève; Basel; Lausanne
CI Côte d'Ivoire; Ivory Coast | Ivorian | Abidjan; Yamoussoukro
CK Cook Islands
CL Chile | Chilean | Santiago de Chile; Concepción; Valparaíso
CM Cameroon | Cameroonian | Yaoundé; Douala
CN China; People's Republic of China; PR China; PRC; Inner Mongolia; Guangxi; Guangdong; Sichuan;
  Zhejiang; Jiangsu; Shandong; Henan; Hubei; Hunan; Fujian; Anhui; Hebei; Jiangxi; Yunnan; Liaoning;
  Heilongjiang; Shaanxi; Shanxi; Guizhou; Gansu; Xinjiang; Hainan | Chinese
  | Beijing; Peking; Shanghai; Guangzhou; Shenzhen; Wuhan; Nanjing; Chengdu; Chongqing; Hangzhou;
  Tianjin; Xi'an; Changsha; Zhengzhou; Jinan; Qingdao; Harbin; Shenyang; Dalian; Changchun; Fuzhou;
  Xiamen; Kunming; Hefei; Suzhou; Wenzhou; Ningbo; Shijiazhuang; Taiyuan; Lanzhou; Guiyang; Nanning;
  Nanchang; Hohhot; Urumqi; Foshan; Zunyi
CO Colombia | Colombian | Bogotá; Medellín; Barranquilla
CR Costa Rica | Costa Rican
CU Cuba | Cuban | Havana; La Habana; Santa Clara de Cuba
CV Cabo Verde; Cape Verde
CW Curaçao
CX Christmas Island
CY Cyprus | Cypriot | Nicosia; Limassol
CZ Czechia; Czech Republic | Czech | Prague; Praha; Brno; Olomouc
DE Germany; Deutschland; Bavaria | German | Berlin; Munich; München; Hamburg; Frankfurt; Cologne;
  Köln; Heidelberg; Freiburg; Tübingen; Hannover; Leipzig; Dresden; Düsseldorf; Mainz; Ulm;
  Göttingen; Münster; Würzburg; Erlangen; Aachen; Bonn; Rostock; Jena; Regensburg; Essen; Stuttgart
DJ Djibouti
DK Denmark; Danmark | Danish | Copenhagen; Aarhus; Odense; Aalborg; Hvidovre
DM Dominica
DO Dominican Republic || Santo Domingo
DZ Algeria | Algerian | Algiers; Constantine; Oran
EC Ecuador | Ecuadorian | Quito; Guayaquil
EE Estonia | Estonian | Tallinn; Tartu
EG Egypt; Arab Republic of Egypt | Egyptian | Cairo; Alexandria; Assiut; Mansoura; Ain Shams; Tanta;
  Zagazig; Minia; Sohag; Benha; Beni Suef; Aswan; Kasr El Aini; Giza
EH Western Sahara
ER Eritrea || Asmara
ES Spain; España; Andalusia; Catalonia; Navarra | Spanish | Madrid; Barcelona; Seville; Sevilla;
  Valencia; Málaga; Granada; Salamanca; Valladolid; Pamplona; Bilbao; Zaragoza; Badalona;
  Santiago de Compostela; Majadahonda
ET Ethiopia | Ethiopian | Addis Ababa
FI Finland; Suomi | Finnish | Helsinki; Tampere; Turku; Oulu; Kuopio
FJ Fiji || Suva
FK Falkland Islands; Malvinas
FM Micronesia, Federated States of; Micronesia
FO Faroe Islands
FR France; République française | French | Paris; Lyon; Marseille; Toulouse; Nantes; Bordeaux;
  Lille; Montpellier; Strasbourg; Rennes; Grenoble; Créteil; Dijon; Rouen; Clermont Ferrand;
  Assistance Publique Hôpitaux de Paris
GA Gabon || Libreville; Lambaréné
GB United Kingdom; UK; Great Britain; Britain; England; Scotland; Wales; Northern Ireland;
  United Kingdom of Great Britain and Northern Ireland || London; Oxford; Cambridge; Edinburgh;
  Glasgow; Manchester; Leeds; Liverpool; Cardiff; Belfast; Nottingham; Southampton; Leicester;
  Sheffield; Bristol
GD Grenada
GE Georgia; Republic of Georgia || Tbilisi
GF French Guiana
GG Guernsey
GH Ghana | Ghanaian | Accra; Kumasi
GI Gibraltar
GL Greenland
GM Gambia; The Gambia | Gambian | Banjul
GN Guinea || Conakry
GP Guadeloupe
GQ Equatorial Guinea || Malabo
GR Greece; Hellas; Hellenic Republic | Greek; Hellenic | Athens; Thessaloniki; Patras; Ioannina
GS South Georgia and the South Sandwich Islands
GT Guatemala | Guatemalan
GU Guam
GW Guinea-Bissau
GY Guyana
HK Hong Kong; Hong Kong SAR; Hongkong || Kowloon
HM Heard Island and McDonald Islands
HN Honduras | Honduran | Tegucigalpa
HR Croatia; Hrvatska | Croatian | Zagreb; Rijeka; Osijek
HT Haiti | Haitian | Port-au-Prince
HU Hungary; Magyarország | Hungarian | Budapest; Szeged; Pécs; Debrecen
ID Indonesia | Indonesian | Jakarta; Surabaya; Bandung; Yogyakarta; Semarang; Surakarta; Denpasar;
  Makassar; Universitas Indonesia; Airlangga
IE Ireland; Republic of Ireland; Éire | Irish | Dublin; Galway; Limerick
IL Israel; State of Israel | Israeli | Jerusalem; Tel Aviv; Haifa; Hadassah; Rehovot; Petah Tikva
IM Isle of Man
IN India; Republic of India || New Delhi; Delhi; Mumbai; Bangalore; Bengaluru; Chennai; Kolkata;
  Pune; Chandigarh; Vellore; Ahmedabad; Lucknow; Jaipur; Kerala; Karnataka; Tamil Nadu; Maharashtra
IO British Indian Ocean Territory
IQ Iraq | Iraqi | Baghdad; Basra; Mosul; Erbil
IR Iran; Islamic Republic of Iran; Iran, Islamic Republic of; IR Iran; ایران | Iranian
  | Tehran; Teheran; Shiraz; Mashhad;
  Isfahan; Esfahan; Tabriz; Kermanshah; Kerman; Ahvaz; Qom; Babol; Rasht; Zahedan; Hamadan; Yazd;
  Urmia; Sari; Arak; Karaj; Bandar Abbas; Zanjan; Qazvin; Shahid Beheshti; Baqiyatallah; تهران
IS Iceland | Icelandic | Reykjavik
IT Italy; Italia | Italian | Rome; Roma; Milan; Milano; Bologna; Padova; Padua; Turin; Torino;
  Firenze; Naples; Napoli; Genova; Bergamo; Brescia; Verona; Modena; Parma; Pavia; Siena; Rozzano
JE Jersey
JM Jamaica | Jamaican
JO Jordan; Hashemite Kingdom of Jordan | Jordanian | Amman; Irbid
JP Japan; Nippon | Japanese | Tokyo; Osaka; Kyoto; Nagoya; Fukuoka; Sapporo; Sendai; Kobe;
  Hiroshima; Yokohama; Chiba; Niigata; Okayama; Kanazawa; Nagasaki; Kumamoto; Tsukuba; Suita
KE Kenya | Kenyan | Nairobi; Kilifi; Kisumu
KG Kyrgyzstan | Kyrgyz | Bishkek
KH Cambodia | Cambodian | Phnom Penh
KI Kiribati
KM Comoros
KN Saint Kitts and Nevis
KP Democratic People's Republic of Korea; Korea, Democratic People's Republic of; North Korea;
  Korea, North || Pyongyang
KR Republic of Korea; Korea, Republic of; South Korea; Korea, South; Korea | Korean | Seoul; Busan;
  Daegu; Incheon; Daejeon; Gwangju; Seongnam; Suwon; Wonju
KW Kuwait | Kuwaiti
KY Cayman Islands
KZ Kazakhstan | Kazakh | Astana; Almaty; Nur-Sultan
LA Lao People's Democratic Republic; Laos; Lao PDR | Lao; Laotian | Vientiane
LB Lebanon | Lebanese | Beirut
LC Saint Lucia
LI Liechtenstein
LK Sri Lanka | Sri Lankan | Colombo; Kandy
LR Liberia | Liberian | Monrovia
LS Lesotho || Maseru
LT Lithuania | Lithuanian | Vilnius; Kaunas
LU Luxembourg
LV Latvia | Latvian | Riga
LY Libya; Libyan Arab Jamahiriya | Libyan | Benghazi
MA Morocco | Moroccan | Rabat; Casablanca; Marrakesh
MC Monaco
MD Moldova; Republic of Moldova; Moldova, Republic of | Moldovan | Chișinău
ME Montenegro || Podgorica
MF Saint Martin
MG Madagascar | Malagasy | Antananarivo
MH Marshall Islands
MK North Macedonia; Macedonia; The former Yugoslav Republic of Macedonia || Skopje
ML Mali | Malian | Bamako
MM Myanmar; Burma | Burmese | Yangon; Mandalay
MN Mongolia | Mongolian | Ulaanbaatar; Ulan Bator
MO Macao; Macau
MP Northern Mariana Islands
MQ Martinique
MR Mauritania || Nouakchott
MS Montserrat
MT Malta | Maltese | Valletta
MU Mauritius
MV Maldives
MW Malawi | Malawian | Lilongwe; Blantyre
MX Mexico; México | Mexican | Mexico City; Ciudad de México; Guadalajara; Monterrey; Puebla; Tijuana
MY Malaysia | Malaysian | Kuala Lumpur; Penang; Selangor; Kelantan; Johor; Sarawak
MZ Mozambique | Mozambican | Maputo; Manhiça
NA Namibia | Namibian | Windhoek
NC New Caledonia
NE Niger || Niamey
NF Norfolk Island
NG Nigeria | Nigerian | Abuja; Lagos; Ibadan; Kano; Ilorin
NI Nicaragua | Nicaraguan | Managua
NL Netherlands; The Netherlands; Holland; Nederland | Dutch | Amsterdam; Rotterdam; Utrecht; Leiden;
  Groningen; Maastricht; Nijmegen; Eindhoven
NO Norway; Norge | Norwegian | Oslo; Bergen; Trondheim; Tromsø; Stavanger
NP Nepal | Nepalese; Nepali | Kathmandu; Pokhara
NR Nauru
NU Niue
NZ New Zealand; Aotearoa || Auckland; Christchurch; Dunedin; Otago
OM Oman; Sultanate of Oman | Omani | Muscat
PA Panama; Panamá | Panamanian | Panama City
PE Peru; Perú | Peruvian | Lima; Arequipa; Cusco
PF French Polynesia
PG Papua New Guinea || Port Moresby
PH Philippines; Republic of the Philippines | Filipino; Philippine | Manila; Quezon City; Cebu
PK Pakistan; Islamic Republic of Pakistan | Pakistani | Islamabad; Lahore; Karachi; Rawalpindi;
  Peshawar; Multan; Faisalabad; Punjab Pakistan; Quetta
PL Poland; Polska | Polish | Warsaw; Warszawa; Kraków; Cracow; Łódź; Gdańsk; Wrocław; Poznań;
  Katowice; Lublin; Szczecin; Białystok
PM Saint Pierre and Miquelon
PN Pitcairn
PR Puerto Rico || San Juan Puerto Rico
PS Palestine; State of Palestine; Palestine, State of; Palestinian Territory;
  Palestinian Territories | Palestinian | Ramallah; Gaza; Nablus
PT Portugal | Portuguese | Lisbon; Lisboa; Coimbra; Braga
PW Palau
PY Paraguay | Paraguayan | Asunción
QA Qatar | Qatari | Doha
RE Réunion
RO Romania; România | Romanian | Bucharest; București; Cluj-Napoca; Iași; Timișoara
RS Serbia; Srbija | Serbian | Belgrade; Beograd; Novi Sad; Niš
RU Russian Federation; Russia; Россия | Russian | Moscow; Saint Petersburg; St Petersburg;
  Novosibirsk; Kazan; Yekaterinburg; Samara; Tomsk; Москва
RW Rwanda | Rwandan | Kigali
SA Saudi Arabia; Kingdom of Saudi Arabia; KSA | Saudi | Riyadh; Jeddah; Dammam; Makkah; Medina
SB Solomon Islands
SC Seychelles
SD Sudan; Republic of the Sudan | Sudanese | Khartoum
SE Sweden; Sverige | Swedish | Stockholm; Gothenburg; Göteborg; Uppsala; Malmö; Lund; Umeå;
  Linköping; Örebro; Karolinska
SG Singapore | Singaporean
SH Saint Helena
SI Slovenia; Slovenija | Slovenian | Ljubljana; Maribor
SJ Svalbard and Jan Mayen
SK Slovakia; Slovak Republic | Slovak | Bratislava; Košice
SL Sierra Leone | Sierra Leonean | Freetown
SM San Marino
SN Senegal | Senegalese | Dakar
SO Somalia | Somali | Mogadishu
SR Suriname || Paramaribo
SS South Sudan || Juba
ST Sao Tome and Principe
SV El Salvador | Salvadoran | San Salvador
SX Sint Maarten
SY Syrian Arab Republic; Syria | Syrian | Damascus; Aleppo
SZ Eswatini; Swaziland || Mbabane
TC Turks and Caicos Islands
TD Chad || N'Djamena
TF French Southern Territories
TG Togo | Togolese | Lomé
TH Thailand | Thai | Bangkok; Chiang Mai; Khon Kaen; Mahidol; Songkla
TJ Tajikistan | Tajik | Dushanbe
TK Tokelau
TL Timor-Leste; East Timor || Dili
TM Turkmenistan || Ashgabat
TN Tunisia | Tunisian | Tunis; Sfax; Sousse; Monastir
TO Tonga || Nuku'alofa
TR Turkey; Türkiye; Turkiye; Republic of Turkey; Republic of Türkiye | Turkish | Ankara; Istanbul;
  Izmir; Kayseri; Konya; Antalya; Bursa; Gaziantep; Erzurum; Eskişehir
TT Trinidad and Tobago; Trinidad
TV Tuvalu
TW Taiwan; Taiwan, Province of China; Taiwan, R.O.C. | Taiwanese | Taipei; Taichung; Kaohsiung;
  Tainan; Hualien; Taoyuan
TZ Tanzania; United Republic of Tanzania; Tanzania, United Republic of | Tanzanian | Dodoma;
  Dar es Salaam; Mwanza; Bagamoyo; Zanzibar
UA Ukraine | Ukrainian | Kyiv; Kiev; Kharkiv; Kharkov; Lviv; Odesa; Dnipro
UG Uganda | Ugandan | Kampala; Makerere; Entebbe
UM United States Minor Outlying Islands
US United States; United States of America; USA; US; Estados Unidos || Washington DC;
  New York City; Boston; Chicago; Los Angeles; San Francisco; San Diego; Houston; Dallas; Baltimore;
  Philadelphia; Seattle; Atlanta; Miami; Minneapolis; Pittsburgh; Cleveland; Denver; Nashville;
  St Louis; Saint Louis; Bethesda; Detroit; Indianapolis; Cincinnati; New Orleans; Salt Lake City;
  Stanford; Ann Arbor; Chapel Hill; San Antonio; Los Alamos; Iowa City; Oklahoma City
UY Uruguay | Uruguayan | Montevideo
UZ Uzbekistan | Uzbek | Tashkent
VA Holy See; Vatican City; Vatican City State; Holy See (Vatican City State)
VC Saint Vincent and the Grenadines
VE Venezuela; Venezuela, Bolivarian Republic of | Venezuelan | Caracas; Maracaibo
VG Virgin Islands, British; British Virgin Islands
VI Virgin Islands, U.S.; United States Virgin Islands
VN Viet Nam; Vietnam; Socialist Republic of Viet Nam | Vietnamese | Hanoi; Ha Noi; Ho Chi Minh City;
  Da Nang
VU Vanuatu
WF Wallis and Futuna
WS Samoa
XK Kosovo | Kosovar | Pristina
YE Yemen | Yemeni | Sanaa; Aden
YT Mayotte
ZA South Africa || Pretoria; Cape Town; Johannesburg; Durban; Stellenbosch; Soweto; Bloemfontein
ZM Zambia | Zambian | Lusaka; Ndola
ZW Zimbabwe | Zimbabwean | Harare; Bulawayo
"""

STATES: Final = """
Alabama AL; Alaska AK; Arizona AZ; Arkansas AR; California CA; Colorado CO; Connecticut CT;
Delaware DE; Florida FL; Georgia GA; Hawaii HI; Idaho ID; Illinois IL; Indiana IN; Iowa IA;
Kansas KS; Kentucky KY; Louisiana LA; Maine ME; Maryland MD; Massachusetts MA; Michigan MI;
Minnesota MN; Mississippi MS; Missouri MO; Montana MT; Nebraska NE; Nevada NV; New Hampshire NH;
New Jersey NJ; New Mexico NM; New York NY; North Carolina NC; North Dakota ND; Ohio OH; Oklahoma OK;
Oregon OR; Pennsylvania PA; Rhode Island RI; South Carolina SC; South Dakota SD; Tennessee TN;
Texas TX; Utah UT; Vermont VT; Virginia VA; West Virginia WV; Wisconsin WI; Wyoming WY
"""
