/**
 * What people say to make a bot stop, by language, separated by `|`; written before the word data was.
 * The bot is called Nova.
 */
export const heldOutStops: Readonly<Record<string, string>> = {
  en: `Stop. | Nova, stop! | okay okay stop | please stop talking | Shut up already | no no stop |
    can you be quiet please | That's enough, thank you. | just stop it now | alright Nova, enough |
    quiet! | hey shut up for a second | oh my god stop`,
  de: `Stopp! | Hör auf. | Nova, sei bitte still | jetzt sei doch mal leise | Halt die Klappe! | okay das reicht |
    Schluss jetzt | kannst du bitte aufhören | nein nein stopp | Ruhe bitte`,
  fr: `Arrête. | Nova, tais-toi s'il te plaît | ça suffit maintenant | non non arrête | stop stop stop |
    Silence ! | c'est bon arrête | ferme-la`,
  es: `Para. | ¡Cállate ya! | Nova, para por favor | basta ya | no no, detente | ya está bien | silencio por favor |
    vale, para | deja de hablar`,
  pt: `Para! | Nova, pare por favor | cala a boca | chega, chega | já chega | fica quieto | tá bom, para | silêncio`,
  it: `Fermati. | basta così | Nova, stai zitta | zitto per favore | smettila | ok basta | silenzio! | fai silenzio`,
  nl: `Stop maar. | hou op | Nova, wees stil alsjeblieft | hou je mond | genoeg nu | oké stop`,
  sv: `Sluta! | Nova, var tyst | håll käften | sluta prata tack | det räcker nu`,
  da: `Stop nu | ti stille | Nova, hold op | hold kæft | så er det nok`,
  nb: `Stopp! | hold kjeft | Nova, vær stille | slutt å snakke | det holder nå`,
  fi: `Lopeta! | ole hiljaa | Nova, seis | turpa kiinni | riittää jo`,
  is: `Hættu! | þegiðu | Nova, hættu núna | nóg komið`,
  pl: `Stój! | przestań proszę | Nova, cicho bądź | zamknij się | wystarczy już | dość | dobra, przestań`,
  cs: `Přestaň! | ticho prosím | Nova, zastav | sklapni | to stačí | drž hubu`,
  sk: `Prestaň! | buď ticho | Nova, stačí | drž hubu | dosť už`,
  sl: `Nehaj! | tiho bodi | Nova, dovolj | utihni prosim`,
  hr: `Stani! | prestani pričati | Nova, šuti | dosta više | tišina molim`,
  sr: `Стани! | prekini | Нова, ћути | доста | umukni`,
  ru: `Стоп! | хватит | Нова, замолчи пожалуйста | прекрати | всё, хватит | тихо | помолчи | заткнись уже`,
  uk: `Стоп! | досить | Нова, замовкни будь ласка | припини | годі вже | тихо`,
  bg: `Спри! | млъкни | Нова, стига | тихо моля | достатъчно`,
  ro: `Oprește-te! | taci | Nova, gata | ajunge | liniște te rog`,
  hu: `Állj! | hallgass el | Nova, elég | fogd be | hagyd abba kérlek | csend legyen`,
  el: `Σταμάτα! | σκάσε | Νόβα, φτάνει | ησυχία παρακαλώ | κάνε ησυχία | αρκετά`,
  tr: `Dur! | sus artık | Nova, yeter | kes sesini | lütfen dur | tamam yeter | sessiz ol`,
  ar: `توقف! | اسكت | نوفا، خلاص | كفى من فضلك | بس بس | اصمت`,
  he: `תפסיק! | די | נובה, שקט בבקשה | תשתוק | מספיק כבר | עצור`,
  fa: `بس کن! | ساکت شو | نوا، کافیه | خفه شو | لطفا ساکت باش`,
  hi: `रुको! | बस करो | नोवा, चुप हो जाओ | चुप रहो | बंद करो | कृपया रुकिए | बस बस`,
  bn: `থামো! | চুপ করো | নোভা, থামুন | বন্ধ করো | যথেষ্ট হয়েছে`,
  ta: `நிறுத்து! | போதும் | நோவா, நிறுத்துங்கள் | வாயை மூடு | பேசாதே`,
  ur: `بس کرو | چپ کرو | نووا، رک جاؤ | خاموش ہو جاؤ | بند کرو`,
  id: `Berhenti! | diam | Nova, stop dong | udah cukup | tolong diam | sudah berhenti`,
  ms: `Berhenti! | diam | Nova, cukuplah | senyap | tolong berhenti`,
  vi: `Dừng lại! | im đi | Nova ơi, dừng lại | thôi đủ rồi | im lặng | đừng nói nữa`,
  th: `หยุด! | พอแล้ว | โนวา หยุดพูด | เงียบหน่อย | หยุดเถอะครับ | หุบปาก`,
  zh: `停! | 别说了 | Nova，停一下 | 闭嘴 | 够了够了 | 请安静 | 好了，别讲了 | 停停停`,
  ja: `やめて! | ストップ | ノバ、止めて | 静かにして | うるさい | もういいよ | ちょっと黙って | やめてください`,
  ko: `그만! | 멈춰 | 노바야, 조용히 해 | 그만해 줘 | 닥쳐 | 됐어 그만 | 그만하세요`,
  sw: `Simama! | acha kuongea | Nova, nyamaza | kimya | inatosha`,
};
