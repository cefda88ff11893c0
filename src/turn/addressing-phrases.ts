import { fillers, greetings, phrasesOf, seconds, type WordTable } from './addressing-words.ts';

/** After a name: somebody is asked or told to do something. Also how such a sentence starts. */
const requestTable: WordTable = {
  en: `what, whats, who, whos, where, wheres, when, why, how, hows, which, can you, could you,
    would you, will you, do you, do we, do i, did you, are you, are we, are there, have you, am i,
    should i, should we, can i, can we, could we, may i, is it, is there, is that, is this, does it,
    will it, was it, tell, tell me, give, give me, show, show me, play, stop, pause, set,
    turn, sing, read, explain, help, let's, search, find, look, look up, open, start, make,
    translate, count, repeat, describe, remind, write, i need, i want, i have a, shut up, be quiet,
    speak, talk to me, skip, wake up, go on, hold on, never mind, good job, well done, how's, add`,
  de: `was ist, was sind, was war, was machst, was macht man, was hast, was kann, was kostet, was gibt,
    was soll, was läuft, was heißt, was bedeutet, was denkst, was meinst, was hältst, was kommt, was
    passiert, was wird, was willst, was brauchst, was weißt, was siehst, was ich, was wir, wer, wo,
    wann, warum, wieso, wie, wohin, woher, welche, welcher, welches, kannst du, kannst, könntest du,
    hast du, bist du, willst du, weißt du, magst du, darf ich, soll ich, ist es, gibt es, sag, sag mir,
    erzähl, erzähle, spiel, spiele, stopp, mach, mache, zeig, zeige, lies, hilf, such, suche, erklär,
    erkläre, übersetze, wiederhole, sing, schalt, stell, nenn, gib`,
  es: `qué, quién, dónde, cuándo, por qué, cómo, cuál, cuánto, cuánta, cuántos, puedes, podrías,
    sabes, tienes, eres, estás, quieres, hay, dime, cuéntame, pon, toca, para, muéstrame, ayuda,
    ayúdame, busca, explica, explícame, traduce, repite, canta, lee, cuenta, dame, es verdad`,
  fr: `que, qu'est ce, quoi, qui, où est, où sont, où se, où es, quand, pourquoi, comment, quel,
    quelle, quels, combien, peux tu, peut on, tu peux, tu sais, sais tu, as tu, es tu, est ce que,
    est ce, dis moi, raconte, joue, mets, arrête, montre, aide, aide moi, cherche, explique, traduis,
    répète, chante, lis, donne`,
  pt: `que, o que, quem, onde, quando, por que, como, qual, quais, quanto, quantos, você pode,
    pode me, você sabe, podes, sabes, tem como, me diz, me conta, me fala, diz me, conta, toca, pare,
    mostra, ajuda, procura, explica, traduz, repete, canta, lê, diga`,
  it: `che, cosa, chi, dove, quando, perché, come, qual, quale, quanto, quanti, quanta, quante, puoi, potresti, sai,
    hai, sei, vuoi, c'è, dimmi, raccontami, metti, suona, ferma, fermati, mostra, aiuto, aiutami,
    cerca, spiega, spiegami, traduci, ripeti, canta, leggi, conta, a che`,
  nl: `wat, wie, waar, wanneer, waarom, hoe, welke, hoeveel, kun je, kan je, wil je, weet je, heb je,
    ben je, is het, zou je, mag ik, vertel, speel, stop, zet, laat, help, zoek, leg uit, vertaal,
    herhaal, zing, lees, geef`,
  pl: `co, kto, gdzie, kiedy, dlaczego, jak, jaki, jaka, jakie, która, który, ile, czy, możesz,
    mogłabyś, wiesz, masz, jesteś, powiedz, opowiedz, zagraj, puść, włącz, stop, pokaż, pomóż,
    znajdź, wyjaśnij, przetłumacz, powtórz, zaśpiewaj, przeczytaj`,
  ru: `что, кто, где, когда, почему, зачем, как, какой, какая, какое, который, сколько, можешь,
    могла бы, знаешь, ты, скажи, расскажи, включи, стоп, хватит, покажи, помоги, найди, объясни,
    переведи, повтори, спой, прочитай, поставь`,
  tr: `ne, kim, nerede, ne zaman, neden, niçin, nasıl, hangi, kaç, saat kaç, bana, söyle, anlat, çal,
    dur, aç, kapat, göster, yardım, bul, açıkla, çevir, tekrarla, oku, yapabilir misin`,
  ja: `何, 何時, 誰, どこ, いつ, なぜ, どう, どれ, 今, 教えて, 話して, 歌って, 止めて, 再生, 聞いて`,
  zh: `什么, 谁, 哪里, 什么时候, 为什么, 怎么, 几点, 现在, 今天, 你, 告诉我, 播放, 停, 帮我, 在吗,
    说说, 说一下, 说什么, 讲`,
  ko: `뭐, 누구, 어디, 언제, 왜, 어떻게, 지금, 오늘, 말해, 말해줘, 틀어줘, 알려줘, 멈춰, 몇`,
};

/** After a name: somebody talks about it, and to others. */
const tellingTable: WordTable = {
  en: `said, says, told, tells, thinks, thought, knew, knows, wants, wanted, likes, liked, loves,
    hates, keeps, kept, went, goes, gets, got, sounds, seems, looks, works, answered, answers,
    replied, talks, talked, speaks, spoke, heard, hears, listens, makes, made, gave, gives, took,
    takes, came, comes, left, always, never, also, just said, just told, just left, isn't, wasn't,
    doesn't, didn't, won't, can't, couldn't, hasn't, and, or, with, is, was, has, had, does, did, will,
    would, can, could, should, might, must, from, sucks, stopped, called, already, still,
    needs, needed, broke, crashed, became, means, meant, uses, runs, ran, helps, helped, scotia,
    york, launcher, himself, herself, itself,
    lies, sings, laughs, stops, starts, wins, won, lost, sleeps, understands, understood, does that, does
    this, does everything, gives up, calls, reads, writes, remembers, forgot, forgets, hung, sent, sends,
    cannot, tried, tries, interrupts, repeats, responds, became, felt, feels, turns, turned, acts, froze,
    fell, sang, slept, woke, drove, wrote, beat, ate,
    threw, sat, stood, drew, grew, flew, blew, chose, stole, swore, tore, wore, shook, hid, rode, rang,
    sank, drank, began, bought, brought, caught, taught, fought, built, spent, dealt, paid, found, spilled,
    knocked, bit, lent, hurt, park, cost`,
  de: `sagt, sagte, meint, meinte, fragt, fragte, antwortet, antwortete, hört, spricht, redet, macht,
    denkt, weiß, findet, glaubt, und, oder, mit, heißt, ist, war, hat, hatte, kann, konnte, wird, würde,
    soll, muss, geht, kommt, nervt, spinnt, hat gesagt, hieß, will, versteht,
    verstand, kapiert, funktioniert, erzählt, lügt, schläft, lacht, singt, stört, hilft, lernt, braucht,
    bleibt, läuft, steht, nimmt, gibt, sieht, hält, möchte, mag, klingt, wollte, sollte, ging, kam, nicht`,
  es: `dijo, dice, decía, es, está, fue, era, ha, había, sabe, piensa, cree, quiere, y, o, con, habla,
    respondió, contestó, tiene, funciona, suena, entiende, conoce,
    no sabe, no entiende, no puede, no quiere, no me, no funciona, no es, no tiene, no está, no va, se, me`,
  fr: `dit que, dit qu'il, est, a dit, a répondu, a fait, a été, a raison, a tort, était, pense, croit,
    sait, veut, et, ou, avec, parle, répond, avait, marche, va,
    n'a, n'est, ne sait, ne comprend, ne veut, ne peut, ne marche, ne fonctionne, ne répond, ne dit, ne fait,
    comprend, fonctionne, répète, m'énerve, m'ennuie, m'a, s'est, nous a`,
  pt: `disse, diz, falou, é, foi, era, está, tem, sabe, quer, acha, pensa, respondeu, com, e, ou, iorque,
    zelândia, délhi, deli, gales, vez, não, me
    disse, entende, funciona, mensagem, mensagens, versão, temporada, regra, geração, atualização`,
  it: `ha detto, ha, dice, è, era, sa, pensa, vuole, crede, risponde, e, o, con, aveva, funziona, parla di,
    capisce, non ha, non sa, non capisce, non funziona, non vuole, non è, non può, non risponde, mi ha`,
  nl: `zei, zegt, heeft, had, denkt, weet, wil, en, of, met, vindt, is, was, kan, praat, antwoordt, doet,
    begrijpt, werkt, hoort, luistert, snapt, kent, zit, staat, komt, gaat, krijgt, maakt, liegt, helpt, niet`,
  pl: `powiedziała, powiedział, mówi, mówiła, jest, była, był, ma, lub, z, myśli, wie, chce, odpowiada,
    nie, rozumie, działa, się, mnie`,
  ru: `сказала, сказал, говорит, говорила, это, есть, была, был, думает, знает, хочет, и, или, с, умеет,
    отвечает, ответила, не,
    понимает, работает, слышит, всё, мне, меня`,
  tr: `dedi, diyor, söyledi, söylüyor, ve, veya, ile, biliyor, düşünüyor, istiyor,
    hiç, hiçbir, anlamıyor, bilmiyor, çalışmıyor`,
  ja: 'は, が, を, に, の, と, も, って, から, より, という, とか, へ',
  zh: '说, 说过, 是, 的, 和, 在, 很, 跟, 也, 告诉, 觉得, 回答, 刚才, 刚, 已经, 不, 什么都, 没, 有, 太, 真, 总是',
};

/** Before a name: it is what somebody talks about, asks or owns. */
const takerTable: WordTable = {
  en: `about, with, to, from, for, of, by, like, than, at, in, and, or, a, an, the, my, our, his, her,
    their, another, some, any, new, old, called, named, is, isn't, was, wasn't, are, as, ask, asked,
    asking, asks, tell, told, telling, tells, call, calls, calling, heard, hear, hears, hearing, love,
    loves, loved, hate, hates, hated, use, used, using, uses, know, knows, knew, known, met, meet, see,
    saw, seen, try, tried, want, wanted, need, needs, needed, got, have, has, had, buy, bought, make,
    made, makes, build, built, invite, invited, kick, kicked, mute, muted, unmute, restart, restarted,
    update, updated, said, says, mean, means, meant, miss, missed, super, bossa, casa, terra, it's,
    that's, there's, named, via, without, against, versus, vs, not, only, even, just, ignore, blame,
    trust, thank, through, into, where's, who's, what's, when, if, because, that if, whether, what, how,
    say, heard of, think of, installed, install, fixed, fix, added, add, remove, removed, stopped`,
  de: `von, mit, zu, über, für, an, auf, bei, und, oder, der, die, den, dem, ein, eine, einen, meine,
    heißt, ist, war, frag, frage, fragen, gefragt, fragt, kenne, kennt, kennst, liebe, mag, hasse,
    benutze, nutze, habe, hab, hat, ohne, gegen, was, dass, weil, hieß, probiert,
    ausprobiert, gesehen, gehört, getestet, benutzt, installiert, nicht, finde, findet, eigentlich`,
  es: `de, con, a, para, por, sin, sobre, y, el, la, un, una, mi, es, era, como, llama, llamada, o, que,
    probado, visto, oído, usado, conoces, conocen, dijo, dice, hizo`,
  fr: `de, d'avec, avec, à, pour, sans, sur, et, le, la, une, mon, ma, est, était, c'est, demande, que,
    appelle, chez, ou,
    essayé, vu, entendu, utilisé, connais, testé, connaît, dit, aime, adore`,
  pt: `de, com, para, por, sem, sobre, e, ou, uma, um, da, à, chama, pra, minha, a, o, que,
    experimentou, viu, usou, testou, conhece, conheces, disse`,
  it: `di, con, per, senza, su, il, la, un, una, mia, chiama, alla, della, che, e, a,
    provato, visto, sentito, usato, conosci, conosce, detto`,
  nl: `van, met, aan, voor, zonder, en, de, het, een, mijn, heet, vraag, tegen, bij, dat,
    geprobeerd, gezien, gehoord, gebruikt, ken, kent, vind, zei, zegt`,
  pl: `o, z, dla, bez, lub, zapytaj, od, jest, że, powiedziała, powiedział, mówi`,
  ru: `о, об, с, от, для, без, и, или, про, у, как, зовут, спроси, это, что, сказала, сказал, говорит`,
  tr: `ve, ile, için, bir, gibi, adı`,
  ja: 'と, の, は, が, を, に, で',
  zh: '和, 跟, 问, 叫, 是, 的, 给, 对, 用, 问了, 喜欢, 说',
};

/** Before a name, although the last word alone would be one of the above. */
const closerTable: WordTable = {
  en: 'come on, go on, hold on, move on, time it is, you said',
  fr: 'es là',
  de: 'licht an, musik an, mach an, mach auf, mach zu',
};

/** The same, in a sentence that starts with a question word: "What do you mean, Nova?" */
const strandedTable: WordTable = {
  en: `you mean, you want, you know, you see, you need, you have, you like, you love, you hear, you use,
    you say, you from, i need, i want, i say, we need, we have`,
  de: 'du mit, du an, du zu',
  nl: 'je mee, je van',
};

const questionTable: WordTable = {
  en: 'what, whats, which, who, whos, where, wheres, how, why',
  de: 'was, wer, wo, wie, welche, woher',
  nl: 'wat, wie, waar',
};

/** Words that look like short names and are not: numbers, kin, what people say first. */
const otherTable: WordTable = {
  en: `know, move, love, over, never, note, nor, none, nose, nine, noise, night, next, neither, nobody,
    maybe, more, most, much, many, must, mark, may, mom, mum, mama, dad, dude, guys, bro, man, boy,
    look, luck, let, later, last, lots, every, enough, else, each, ever, alone, along, area,
    after, again, always, almost, jokes, just, joke, service, serve, server, close, clear, cloud, clock,
    will, hope, sunny, sunday, monday, bill, rose, grace, faith, joy, april, june,
    eight, seven, six, five, four, three, two, one, ten, zero, here, there, today, tomorrow, good, bad,
    big, small, come, came, go, going, gonna, wanna, think, thing, things, people, time, take, work,
    back, before, being, best, better, both, bit, even, fine, first, get, hard, home, kind, left, long,
    lol, late, line, live, lose, lost, low, lunch, low, lonely, lazy, laser, lunar, alas, at, see`,
  de: 'neu, neue, nie, noch, nun, nur, nach, neun, oma, opa, mama, papa, leute, alle, alles, naja, oder',
  es: 'nuevo, nueva, nueve, nada, nadie, nunca, nota, mamá, papá',
  fr: 'neuf, neuve, note, nous, notre, non, nom, novembre, maman, papa, lune',
  pt: 'novo, novos, novas, nove, nada, nunca, nota, mãe, pai, vovó, lua, novela',
  it: 'nove, nuovo, nuova, nonna, nonno, nota, nulla, niente, mamma, neve, nome',
  nl: 'nieuw, nog, nooit, negen, naam, oma, opa',
  pl: 'nowy, nowe, mama, tata',
  ru: 'новый, новая, новое, мама, папа, ново, новы, нове',
};

export const requestPhrases = phrasesOf(requestTable);
export const tellingPhrases = phrasesOf(tellingTable);
export const takerPhrases = phrasesOf(takerTable);
export const closerPhrases = phrasesOf(closerTable);
export const strandedPhrases = phrasesOf(strandedTable);
export const questionWords = phrasesOf(questionTable);
export const greetingPhrases = phrasesOf(greetings);
export const fillerPhrases = phrasesOf(fillers);
export const secondWords = phrasesOf(seconds);

/** Everyday words: none of them is a misspelt name, and a name among them needs a pause. */
export const commonWords: ReadonlySet<string> = new Set(
  [
    ...[requestPhrases, tellingPhrases, takerPhrases, greetingPhrases, fillerPhrases, secondWords],
    phrasesOf(otherTable),
  ].flatMap((phrases) => [...phrases].filter((phrase) => !phrase.includes(' '))),
);
