import { normalised } from './names-sentences.ts';

/** Words by language, separated by commas, written as people write them. */
export type WordTable = Readonly<Record<string, string>>;

/** Said before a name to somebody: after these a name is called, even misspelt. */
export const greetings: WordTable = {
  en: `hey, hi, hello, yo, ok, okay, hiya, howdy, hey there, hi there, good morning, good evening,
    good afternoon, good night, excuse me, thanks, thank you, dear, listen, come on, bye, goodbye`,
  de: `hallo, he, hei, moin, servus, grüß dich, guten morgen, guten tag, guten abend, gute nacht,
    danke, danke schön, vielen dank, entschuldigung, hör mal, hör zu, sag mal, tschüss, du`,
  es: `hola, oye, oiga, buenas, buenos días, buenas tardes, buenas noches, gracias, muchas gracias,
    perdona, disculpa, escucha, eh, ey, adiós, querida`,
  fr: `salut, bonjour, bonsoir, bonne nuit, coucou, hé, eh, dis, dis donc, dis moi, merci, écoute,
    merci beaucoup, excuse moi, allô, au revoir, s'il te plaît`,
  pt: `oi, olá, ei, e aí, bom dia, boa tarde, boa noite, obrigado, obrigada, escuta, ouve, tchau,
    desculpa, por favor`,
  it: `ciao, ehi, ehilà, buongiorno, buonasera, buonanotte, grazie, senti, ascolta, scusa, dimmi,
    per favore, arrivederci`,
  nl: `hoi, hallo, hé, dag, goedemorgen, goedemiddag, goedenavond, bedankt, dank je, dankjewel,
    zeg, luister, sorry, alsjeblieft, doei`,
  pl: `cześć, hej, siema, dzień dobry, dobry wieczór, dobranoc, dzięki, dziękuję, słuchaj,
    przepraszam, proszę, pa`,
  ru: `привет, эй, здравствуй, здравствуйте, доброе утро, добрый день, добрый вечер, спасибо,
    слушай, послушай, скажи, окей, пока, пожалуйста, алло`,
  tr: `merhaba, selam, günaydın, iyi akşamlar, iyi geceler, teşekkürler, teşekkür ederim, sağ ol,
    dinle, baksana, alo, lütfen`,
  ja: `ねえ, ねぇ, こんにちは, おはよう, おはようございます, こんばんは, ありがとう, すみません,
    おい, もしもし, やあ, ヘイ, オッケー, おやすみ`,
  zh: `你好, 嘿, 喂, 嗨, 早上好, 晚上好, 谢谢, 谢谢你, 请问, 哈喽, 您好, 再见`,
  ko: `안녕, 안녕하세요, 야, 저기, 저기요, 고마워, 감사합니다, 헤이, 있잖아`,
};

/** Said before a name or after it without a meaning for whom it is. */
export const fillers: WordTable = {
  en: `well, so, um, uh, uhm, erm, hmm, hm, mm, and, but, then, now, oh, ah, please, sorry, yes, yeah,
    yep, no, nope, alright, all right, right, wait, also, actually, great, cool, nice, perfect, sure,
    oh my god, my god, omg, dude, bro, man, god, hang on, look`,
  de: `und, aber, also, äh, ähm, ja, nein, nee, bitte, jetzt, dann, okay, gut, genau, warte, na, so`,
  es: `y, pero, pues, entonces, bueno, sí, no, vale, por favor, a ver, ahora, claro`,
  fr: `et, mais, alors, bon, oui, non, ouais, euh, donc, d'accord, attends, s'il vous plaît`,
  pt: `e, mas, então, bom, sim, não, tá, agora, é, espera, bem`,
  it: `e, ma, allora, beh, sì, no, va bene, adesso, aspetta, quindi, dai`,
  nl: `en, maar, dus, nou, ja, nee, oké, eh, even, wacht, goed`,
  pl: `ale, więc, no, tak, nie, dobra, teraz, czekaj`,
  ru: `и, но, а, ну, да, нет, так, ладно, хорошо, теперь, подожди`,
  tr: `ve, ama, peki, evet, hayır, tamam, şimdi, şey, bekle, hadi`,
  ja: `あの, えっと, じゃあ, うん, はい, いいえ, で, でも, お願い, さん, ちゃん, 様, くん, 君`,
  zh: `那, 那么, 嗯, 好, 好的, 但是, 请, 小姐, 同学`,
  ko: `음, 그럼, 네, 아니, 응, 근데, 님, 씨`,
};

/** Said to the one who is spoken to. */
export const seconds: WordTable = {
  en: 'you, your, yours, yourself, u, youre, youve, youll',
  de: 'du, dich, dir, dein, deine, deinen, deiner',
  es: 'tú, te, ti, contigo, usted',
  fr: 'toi, tu, ton, tes, vous',
  pt: 'você, te, teu, tua, contigo',
  it: 'tu, ti, tuo, tua',
  nl: 'jij, jou, jouw',
  pl: 'ty, ciebie, tobie, cię, ci',
  ru: 'ты, тебя, тебе, тобой, твой, вы, вас, вам',
  tr: 'sen, sana, seni, senin',
  ja: 'あなた',
  zh: '你, 您',
  ko: '너, 당신, 네가',
};

/** All words and phrases of a table, normalised, without apostrophes. */
export function phrasesOf(table: WordTable): ReadonlySet<string> {
  const all = Object.values(table).join(',').split(',');
  return new Set(all.map(readPhrase).filter((phrase) => phrase !== ''));
}

function readPhrase(phrase: string): string {
  return normalised(phrase).replaceAll("'", '').replace(/\s+/g, ' ').trim();
}
