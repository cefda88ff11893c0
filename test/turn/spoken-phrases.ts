import type { HeldOutPhrase } from '#test/turn/held-out-phrases.ts';

type PhraseLists = { readonly wholes: string; readonly beginnings: string };
type PhraseSet = Readonly<Record<string, PhraseLists>>;

/**
 * Written for this test, as people talk, before any result was looked at. `scripts/models/endings.mjs` learns from none of them. Wholes are short
 * answers and tags, questions whose preposition stands last, and clauses with the sentence they belong to. Beginnings are clauses that wait for
 * their sentence, and cuts.
 *
 * With `first` the learnt weights were chosen, and with `second` they were measured once.
 */
const sets: Readonly<Record<'first' | 'second', PhraseSet>> = {
  first: {
    en: {
      wholes: `
who are you going with
which team does he play for
what are they waiting for
neither have we
i hope not
it depends
there's nothing to worry about
call me when you get there
if it rains we'll stay at home`,
      beginnings: `
after we finished dinner
if it's still raining tomorrow
although she never said it
while you were sleeping
since nobody answered the phone
the one that i told you
could you look up the
i'd like to know how
remind me to buy`,
    },
    de: {
      wholes: `
ich auch nicht
passt schon
das war's schon
womit hast du das gemacht
wer kommt denn noch mit
hört sich gut an
ruf mich an wenn du fertig bist
ich glaube dass er recht hat
wenn es regnet bleiben wir zu hause`,
      beginnings: `
obwohl ich keine zeit habe
wenn du morgen früh aufstehst
während wir gewartet haben
bevor ihr losfahrt
weil der bus zu spät kam
ich wollte dich fragen ob
kannst du mir sagen wann
der film den wir gestern
such mir bitte ein`,
    },
    es: {
      wholes: `
yo tampoco
eso es todo
no pasa nada
me da igual
creo que sí
de dónde vienes
con quién has hablado
avísame cuando llegues
si llueve nos quedamos en casa`,
      beginnings: `
aunque no tengo dinero
si mañana hace sol
cuando era pequeño
mientras esperábamos el autobús
porque se me olvidaron las llaves
quería preguntarte si
la canción que escuchamos
búscame un
dime cuántos`,
    },
    fr: {
      wholes: `
moi non plus
c'est tout
ça marche
pas vraiment
je crois que oui
tu viens avec qui
à quoi ça sert
appelle-moi quand tu arrives
s'il pleut on reste à la maison`,
      beginnings: `
quand je rentre du travail
même si c'est difficile
parce que j'ai oublié mes clés
pendant que tu dormais
si tu as le temps demain
est-ce que tu pourrais me
le livre que tu m'as
je me demande si
mets un minuteur de`,
    },
    it: {
      wholes: `
nemmeno io
basta così
non lo so
credo di sì
che ne pensi
di cosa parla
con chi esci stasera
chiamami quando arrivi
se piove restiamo a casa`,
      beginnings: `
anche se non mi piace
quando torno dal lavoro
se domani c'è il sole
mentre aspettavo il treno
perché ho dimenticato le chiavi
volevo chiederti se
la canzone che abbiamo
mi puoi dire dove
prima di partire per`,
    },
    pt: {
      wholes: `
eu também não
tanto faz
deixa pra lá
acho que sim
pode ser
de onde você é
com quem você falou
me avisa quando chegar
se chover a gente fica em casa`,
      beginnings: `
embora eu não goste muito
quando a aula acabar
se fizer sol amanhã
enquanto eu cozinhava
porque o ônibus atrasou
eu queria saber se
a música que a gente
você pode me dizer quanto
coloca um alarme para as`,
    },
    pl: {
      wholes: `
ja też nie
no właśnie
nie ma sprawy
to wszystko
chyba tak
o czym jest ta książka
z kim rozmawiałeś
zadzwoń jak dojedziesz
jak będzie padać to zostaniemy w domu`,
      beginnings: `
chociaż nie mam czasu
kiedy skończę pracę
jeśli jutro będzie słońce
bo zapomniałem kluczy
żeby zdążyć na pociąg
chciałem zapytać czy
piosenka którą wczoraj
znajdź mi jakiś
możesz mi powiedzieć ile`,
    },
    ru: {
      wholes: `
мне тоже
ну ладно
вот и всё
ничего страшного
думаю что да
о чём эта книга
с кем ты говорил
позвони когда приедешь
если будет дождь мы останемся дома`,
      beginnings: `
хотя у меня нет времени
когда я приду с работы
если завтра будет солнце
потому что я забыл ключи
чтобы успеть на поезд
я хотел спросить можно ли
песня которую мы вчера
найди мне какой-нибудь
скажи пожалуйста сколько`,
    },
    nl: {
      wholes: `
ik ook niet
dat was het
maakt niet uit
ik denk het wel
komt goed
waar gaat die film over
met wie ga je mee
bel me als je er bent
als het regent blijven we thuis`,
      beginnings: `
hoewel ik geen tijd heb
als de zon morgen schijnt
toen ik klein was
terwijl we zaten te wachten
omdat ik mijn sleutels vergeten ben
ik wilde vragen of
het liedje dat we gisteren
kun je me vertellen hoe
zoek even een`,
    },
  },
  second: {
    en: {
      wholes: `
what did you do that for
who does this jacket belong to
is there anything you're afraid of
me neither
i guess so
not that i know of
fair enough
let me know when it's ready
once it stops we can go outside`,
      beginnings: `
before the shop closes
unless you have a better idea
even though i was tired
whenever i open the window
because my brother forgot his keys
what i really wanted was
put the meeting on
is it true that
how many people are in the`,
    },
    de: {
      wholes: `
mir egal
na gut
so sieht's aus
kann sein
alles klar
worauf wartet ihr
mit wem spielst du heute
sag bescheid wenn das essen fertig ist
falls sie anruft bin ich im garten`,
      beginnings: `
als ich noch klein war
falls jemand nach mir fragt
nachdem wir gegessen hatten
sobald der regen aufhört
weil mein handy leer ist
das problem an der sache ist
ich hätte gerne noch
weißt du vielleicht wo
stell den wecker auf`,
    },
    es: {
      wholes: `
a mí también
qué más da
por supuesto
claro que no
ni idea
para qué sirve eso
en qué piensas
dímelo cuando termines
cuando salga del trabajo te llamo`,
      beginnings: `
cuando vuelva mi hermana
como no había nadie
antes de que se haga tarde
si tienes un momento
porque el tren llegó tarde
lo que quiero decir es
puedes poner la
no sé si
el chico que vive`,
    },
    fr: {
      wholes: `
pas du tout
tant pis
bien sûr
ça dépend
toi aussi
de quoi tu parles
ça vient d'où
dis-moi quand c'est prêt
quand j'aurai fini je te rappelle`,
      beginnings: `
dès que la pluie s'arrête
puisque personne ne répond
avant que tu partes
comme il faisait froid
si jamais quelqu'un appelle
ce que je veux dire c'est
tu peux me rappeler de
les gens qui habitent
combien coûte un`,
    },
    it: {
      wholes: `
anch'io
figurati
per niente
dipende
che peccato
a che serve
da dove vieni
dimmi quando è pronto
quando ho finito ti richiamo`,
      beginnings: `
appena smette di piovere
siccome faceva freddo
prima che tu parta
se qualcuno mi cerca
dato che nessuno risponde
quello che voglio dire è
metti la sveglia alle
la ragazza che abita
quanto costa un`,
    },
    pt: {
      wholes: `
nem eu
com certeza
tudo bem
fica tranquilo
que pena
pra que serve isso
em que você está pensando
me fala quando estiver pronto
quando eu terminar eu te ligo`,
      beginnings: `
assim que a chuva parar
como estava frio
antes que fique tarde
se alguém me procurar
mesmo que você não queira
o que eu quero dizer é
me lembra de
o rapaz que mora
quanto custa uma`,
    },
    pl: {
      wholes: `
mnie też
jasne że tak
dobra
oczywiście że nie
no i dobrze
do czego to służy
na kogo czekacie
daj znać jak będzie gotowe
jak skończę to do ciebie zadzwonię`,
      beginnings: `
zanim zamkną sklep
jak byłem mały
skoro nikt nie odbiera
gdyby ktoś o mnie pytał
ponieważ było zimno
chodzi mi o to że
nastaw budzik na
ten chłopak który mieszka
ile kosztuje jedna`,
    },
    ru: {
      wholes: `
я тоже
конечно нет
как хочешь
без проблем
может быть
для чего это нужно
кого вы ждёте
скажи когда будет готово
когда закончу я тебе перезвоню`,
      beginnings: `
пока магазин не закрылся
как только дождь закончится
так как было холодно
если кто-нибудь меня спросит
прежде чем ты уйдёшь
я хочу сказать что
поставь будильник на
парень который живёт
сколько стоит одна`,
    },
    nl: {
      wholes: `
mij ook
natuurlijk niet
prima hoor
hangt ervan af
wat jammer
waar is dat goed voor
op wie wachten jullie
zeg het maar als het klaar is
als ik klaar ben bel ik je terug`,
      beginnings: `
zodra de regen stopt
voordat de winkel sluit
omdat het zo koud was
als iemand naar me vraagt
nadat we gegeten hadden
wat ik bedoel is
zet de wekker op
de jongen die hier
weet jij misschien waar`,
    },
  },
};

/** Lists the phrases of one set. */
export function listSpokenPhrases(name: keyof typeof sets): HeldOutPhrase[] {
  return Object.entries(sets[name]).flatMap(([language, { wholes, beginnings }]) => {
    const toPhrases = (lines: string, isWhole: boolean) =>
      lines
        .trim()
        .split('\n')
        .map((text) => ({ language, text, isWhole }));
    return [...toPhrases(wholes, true), ...toPhrases(beginnings, false)];
  });
}
