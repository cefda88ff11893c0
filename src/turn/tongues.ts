import type { Tongue } from './tongue.ts';
import { easternTongues } from './tongues-eastern.ts';
import { otherTongues } from './tongues-other.ts';

/** By ISO 639-1. */
export const tongues: Readonly<Record<string, Tongue>> = {
  en: {
    open: `a an the and or but because if although though unless whereas than of to from with into onto
      upon by at for as every each whose which whether my your our their its i we they he she is
      are was were am be been being very quite rather also via per
      i'm we're they're you're he's she's i'll we'll you'll i've we've i'd gonna wanna`,
    fillers: 'um uh uhm erm er hmm hm mm uhh umm',
    numbers: `zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen
      fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty
      ninety hundred thousand million billion point double triple`,
    marks: `you it me this that what how where when who please can could would do does did have has
      not no yes there here will in on up time tell go`,
    subordinators:
      'if when because although though while since unless after before once until whenever',
  },
  de: {
    open: `der die das den dem des ein eine einen einem einer eines und oder aber weil dass ob wenn
      denn sondern sowie als wie in im an am auf aus bei beim mit nach von vom zu zum zur für über
      unter um durch gegen ohne bis zwischen vor hinter neben seit mein meine meinen meinem meiner
      dein deine deinen deinem ihr ihre ihren unser unsere sein seine kein keine keinen ich wir er
      sehr so jede jeder jedes jeden welche welcher welches dieser diese dieses diesen`,
    fillers: 'äh ähm öh öhm hm hmm tja also naja halt',
    numbers: `null eins zwei zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn
      vierzehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert tausend`,
    marks: `ist sind war bitte nicht nein ja was wer wo wann kannst du mir mich dich es sie hat haben
      mal danke uhr wird gibt machen`,
    subordinators: 'wenn weil dass ob als obwohl während nachdem bevor falls sobald solange damit',
  },
  fr: {
    open: `le la les l un une des du de d et ou mais parce que qu si car donc à au aux en dans par
      pour sur sous avec sans chez vers entre depuis pendant mon ma mes ton ta tes son sa ses notre
      nos votre vos leur leurs ce cet cette ces je j tu il ils on nous très plus qui dont quel
      quelle quels quelles chaque ne est sont`,
    fillers: 'euh heu hum hm ben bah alors genre enfin',
    numbers: `zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze
      seize vingt trente quarante cinquante soixante cent mille`,
    marks: `pas oui non merci moi toi vous elle est-ce quoi comment où quand peux plaît suis ai a
      c'est qu'est-ce bonjour fait ça`,
    subordinators: 'si quand parce lorsque puisque comme bien pendant avant après dès',
  },
  es: {
    open: `el la los las un una unos unas y e o u pero porque que si de del a al en con por para sin
      sobre entre hasta desde hacia según mi mis tu tus su sus nuestro nuestra nuestros nuestras muy
      más como cuando donde cual cuyo cada ni yo este esta esos esas`,
    fillers: 'eh em este ehm mmm pues bueno',
    numbers: `cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince
      veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento mil`,
    marks: `no es son está están sí gracias hola qué cómo dónde cuándo quién puedes me te lo eso favor quiero hay hora
      tiempo aquí`,
    subordinators: 'si cuando porque aunque mientras como desde antes después',
  },
  it: {
    open: `il lo la i gli le l un uno una e o ma perché che se di del dello della dei degli delle d a
      al allo alla ai agli alle da dal dalla dai in nel nella nei nelle con per su sul sulla tra fra
      mio mia miei mie tuo tua suo sua nostro nostra molto più come quando dove cui ogni`,
    fillers: 'ehm eh mmm allora cioè beh boh',
    numbers: `zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici venti
      trenta quaranta cinquanta sessanta settanta ottanta novanta cento mille`,
    marks: `non è sono sì grazie ciao cosa chi puoi mi ti ho hai questo quello qui ora favore fa c'è`,
    subordinators: 'se quando perché mentre anche dopo prima appena siccome',
  },
  pt: {
    open: `o a os as um uma uns umas e ou mas porque que se de do da dos das em no na nos nas por pelo
      pela para pra com sem sobre entre até desde meu minha meus minhas teu tua seu sua nosso nossa
      muito mais como quando onde cada eu ao à aos`,
    fillers: 'eh hum ahn hã tipo então bom',
    numbers: `zero um uma dois duas três quatro cinco seis meia sete oito nove dez onze doze treze
      vinte trinta quarenta cinquenta sessenta setenta oitenta noventa cem cento mil`,
    marks: `não é são está sim obrigado obrigada olá você isso aqui agora quem qual pode favor me te tem vai`,
    subordinators: 'se quando porque embora enquanto como depois antes',
  },
  nl: {
    open: `de een en of maar want omdat dat als dan van in op aan bij met naar uit voor door over
      onder tot tussen om te zonder tegen mijn jouw zijn haar ons onze hun ik we wij ze heel erg
      elke welke deze die dit is`,
    fillers: 'eh uh euh ehm uhm hm nou dus',
    numbers: `nul een één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien
      twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd duizend`,
    marks: `niet het nee ja wat wie waar wanneer hoe kun je jij mij me hij er bent heb heeft hallo dank
      alsjeblieft nu goed laat`,
    subordinators: 'als omdat dat toen terwijl hoewel nadat voordat zodra',
  },
  ...otherTongues,
  ...easternTongues,
};
