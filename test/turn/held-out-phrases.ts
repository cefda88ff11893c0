/** A short question or order, or an unfinished beginning of one. */
export type HeldOutPhrase = {
  /** ISO 639-1 code. */
  readonly language: string;
  readonly text: string;
  readonly isWhole: boolean;
};

/**
 * Written before any result was looked at. `scripts/models/endings.mjs` learns from none of them; the weights of before they were written know 16.
 *
 * `|`: people also say what stands before it as a whole. Spaces divide words of Japanese and Chinese, too.
 */
const phrases: Readonly<Record<string, string>> = {
  en: `
how| far| is the moon
who| wrote this| song
tell me| a joke
can you hear me
what| should we eat| tonight
turn it down| a bit
where| is everybody
play something| quiet
why| is the sky blue
which| one| is better`,
  de: `
wie| weit| ist es| bis hamburg
wer| hat gewonnen
erzähl| mir| einen witz
kannst du mich hören
was| essen wir| heute| abend
mach das| lauter
wo| seid ihr
spiel etwas| ruhiges
warum| ist der himmel blau
was| bedeutet dieses wort`,
  fr: `
comment| tu t'appelles
qui| a gagné
raconte-moi| une blague
est-ce que tu m'entends
qu'est-ce qu'on mange| ce soir
baisse| un peu| le son
où| êtes-vous
mets de la musique
pourquoi| le ciel est bleu
combien| de temps| ça prend`,
  es: `
cómo| te llamas
quién| ganó| el partido
cuéntame| un chiste
me oyes| bien
qué| vamos a cenar
baja| un poco| el volumen
dónde| estás| ahora
pon algo| tranquilo
por qué| el cielo es azul
cuánto| dura| la película`,
  it: `
come| ti chiami
chi| ha vinto| la partita
raccontami| una barzelletta
mi senti| bene
cosa| mangiamo| stasera
abbassa| il volume
dove| sei| adesso
metti qualcosa| di tranquillo
perché| il cielo è blu
quanto| dura| il film`,
  pt: `
como| você se chama
quem| ganhou| o jogo
me conta| uma piada
você| está me ouvindo
o que| vamos comer| hoje
abaixa| um pouco| o volume
onde| você está
toca| uma música| calma
por que| o céu é azul
quanto| tempo| demora`,
  nl: `
hoe| heet je| eigenlijk
wie| heeft er gewonnen
vertel| eens| een mop
kun je mij horen
wat| eten we| vanavond
zet het zachter
waar| zijn jullie
speel iets| rustigs
waarom| is de lucht blauw
hoe| lang| duurt dat`,
  pl: `
jak| masz na imię
kto| wygrał| mecz
opowiedz| mi| jakiś żart
czy mnie słyszysz
co| jemy| na kolację
zrób trochę ciszej
gdzie| jesteś| teraz
puść coś| spokojnego
dlaczego| niebo jest niebieskie
ile| trwa| ten film`,
  ru: `
как| тебя зовут
кто| выиграл| матч
расскажи| мне| анекдот
ты меня слышишь
что| мы будем есть
сделай немного тише
где| вы| сейчас
включи| что-нибудь| спокойное
почему| небо голубое
сколько| длится| этот фильм`,
  uk: `
як| тебе звати
хто| виграв| матч
розкажи| мені| анекдот
ти мене чуєш| добре
що| ми будемо їсти
зроби трохи тихіше
де| ви| зараз
увімкни| щось| спокійне
чому| небо блакитне
скільки| триває| цей фільм`,
  tr: `
adın ne| senin
maçı kim kazandı
bana bir fıkra anlat
beni duyuyor| musun
bu akşam ne| yiyoruz
sesi biraz kıs
neredesin| şimdi
sakin bir şey çal
gökyüzü neden| mavi
film ne| kadar| sürüyor`,
  sv: `
vad| heter du| egentligen
vem| vann| matchen
berätta| ett skämt
kan du höra mig| nu
vad| ska vi äta| ikväll
sänk| volymen| lite
var| är du| nu
spela något| lugnt
varför| är himlen blå
hur| länge| håller det| på`,
  id: `
siapa| nama kamu
siapa| yang menang
ceritakan| lelucon| yang lucu
kamu bisa| dengar| aku
kita makan| apa| nanti| malam
kecilkan| suaranya| sedikit
kamu di mana| sekarang
putar lagu| yang santai
kenapa| langit berwarna biru
berapa| lama| filmnya`,
  ja: `
名前 は| 何| です| か
だれ| が 勝った| の
冗談 を 言って| ください
聞こえ て います| か
今夜 は 何 を 食べよう| か
音 を 少し 下げて| ください
今 どこ| に いる| の
静かな 曲 を かけて| ください
空 は どうして| 青い| の
映画 は 何時| から| です| か`,
  zh: `
你 叫 什么| 名字
谁| 赢| 了
给 我| 讲 个 笑话
你 听得见| 我| 说话| 吗
今晚 我们 吃 什么
声音 小| 一点
你 现在 在 哪里
放 一 首 安静 的 歌
天空 为什么| 是 蓝色| 的
电影 几点| 开始`,
};

const unspacedLanguages = new Set(['ja', 'zh']);

/** Lists each phrase and each of its beginnings that nobody would take for a whole. */
export function listHeldOutPhrases(): HeldOutPhrase[] {
  return Object.entries(phrases).flatMap(([language, lines]) =>
    lines
      .trim()
      .split('\n')
      .flatMap((line) => listWholeAndBeginnings(language, line.split(' '))),
  );
}

function listWholeAndBeginnings(language: string, words: readonly string[]) {
  const joinBeginning = (length: number) =>
    words
      .slice(0, length)
      .map((word) => word.replace('|', ''))
      .join(unspacedLanguages.has(language) ? '' : ' ');
  const phrase = { language, text: joinBeginning(words.length), isWhole: true };
  const lengths = words
    .slice(0, -1)
    .flatMap((word, n) => (word.endsWith('|') ? [] : [n + 1]));
  return [
    phrase,
    ...lengths.map((length) => ({
      language,
      text: joinBeginning(length),
      isWhole: false,
    })),
  ];
}
