import { textLocales } from '#src/texts/locales.ts';
import { formatText } from '#src/texts/texts.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { findWish, findYesOrNo } from '#src/turn/overlap/interjections.ts';
import saidNo from './spoken-no.json' with { type: 'json' };

const names = ['Nova', 'Нова', 'ノバ'];
const findHeardWish = (text: string) => findWish(text, names)?.kind;

/** Sentences near a no that are none: longer ones, other people's, complaints, questions, quotes, denials of one. */
const nearMisses = `
don't listen to me when I sing|don't listen to him|don't listen to them|don't listen|listen to me|Don't. Listen to me!
No, listen to me|you don't listen to me|you never listen to me|why don't you listen to me|they don't listen to me
don't you listen to me?|Don't listen to me?|do you listen to me|Ben, don't listen to me|guys, don't listen to me
don't listen to me, Ben|hey Ben, please don't listen to me|thanks Ben, don't listen to me
mum said don't listen to me|she said "don't listen to me"|what does "don't listen to me" mean|tell Ben don't listen to me
play the song don't listen to me|translate don't listen to me|don't listen to me, listen to Ben|don't stop listening to me
I don't want you to stop hearing me|never stop listening to me|I want you to hear me|I don't hear you|you don't hear me
stop listening to music|stop listening|stop|can you hear me|don't leave me|don't listen to me I'm just rambling
don't listen to me, what time is it|people don't want to be heard|I don't want to be heard by Ben
hör mir zu|du hörst mir nicht zu|warum hörst du mir nicht zu|hör mir nicht zu, wenn ich singe|hör nicht auf|hör auf Ben
hör nicht auf, mir zuzuhören|ich höre dir nicht zu|er hört mir nicht zu|hört mir nicht zu
no me escucha|no me escuchas|no me escuché|no, escúchame|nadie me escucha|no me escuches cuando canto
tu ne m'écoutes pas|il ne m'écoute pas|écoute-moi|pourquoi tu ne m'écoutes pas|ne m'écoute pas chanter
non mi ascolti|non mi ascolta nessuno|ascoltami|perché non mi ascolti|no, ascoltami
você não me escuta|ele não me ouve|não me ouve|me escuta|ninguém me escuta
nu mă ascultă|nu mă mai ascultă|ascultă-mă|de ce nu mă asculți
ты меня не слушаешь|он не слушает меня|не слушай его|слушай меня|не слушай меня, когда я пою|почему ты меня не слушаешь
ty mnie nie słuchasz|on mnie nie słucha|słuchaj mnie|nie słuchaj go
je luistert niet naar me|luister naar me|hij hoort me niet|luister niet naar hem
beni dinlemiyorsun|beni dinle|onu dinleme|beni dinlemeden konuşma
聞いて|私の声を聞いて|彼の声を聞かないで|私の声を聞かないでよかった|私の声が聞こえない
내 말 들어|내 말을 안 들어|그의 말 듣지 마|내 말 듣지 마라고 했던 노래 틀어
听我说|不要，听我说|别听他说|他不听我说话|你为什么不听我说话
لا تسمعني|أنت لا تستمع إلي|استمع إلي|لا تستمع إليه
मुझे सुनो|तुम मुझे नहीं सुनते|उसकी बात मत सुनो|đừng nghe anh ấy|nghe tôi nói|อย่าฟังเขา|ฟังผม
`
  .split(/[|\n]/)
  .map((each) => each.trim())
  .filter((each) => each !== '');

// `spoken-no.json`: one natural no in each language that Parley has words of, as a recogniser writes it.
test('a no is understood in each language that there are words of', () => {
  expect(Object.keys(saidNo).sort()).toEqual(languages.map(({ code }) => code).sort());
  expect(Object.values(saidNo).filter((text) => findHeardWish(text) !== 'no')).toEqual(
    [],
  );
});

test('each phrase of the word data is understood alone, in capitals, and with the name of the bot', () => {
  const allTexts = languages.flatMap(({ commands }) => commands.doNotHear);
  const listForms = (phrase: string) => [
    phrase,
    `${phrase}.`,
    `${phrase.toUpperCase()}!`,
    `Nova, ${phrase}`,
    `${phrase}, Nova.`,
    phrase.replaceAll(',', ''),
  ];
  expect(allTexts.length).toBeGreaterThan(200);
  expect(
    allTexts.flatMap(listForms).filter((text) => findHeardWish(text) !== 'no'),
  ).toEqual([]);
});

test('the name of the bot, politeness, hums and commas change nothing', () => {
  const utterances = [
    "Nova, don't listen to me",
    "Nova, please don't listen to me any more",
    "um, don't listen to me, Nova, thanks",
    'Do not listen to me anymore.',
    "Don't listen to me! Don't listen to me!",
    'Ich will nicht, dass du mir zuhörst.',
    'Ich will nicht dass du mir zuhörst',
    'Hör auf, mich zu hören, bitte.',
  ];
  expect(utterances.filter((text) => findHeardWish(text) !== 'no')).toEqual([]);
});

test('no sentence that only comes near a no is one', () => {
  expect(nearMisses.length).toBeGreaterThan(100);
  expect(nearMisses.filter((text) => findHeardWish(text) === 'no')).toEqual([]);
});

test('a no inside a longer sentence is none, in any language', () => {
  const around = languages.flatMap(({ commands }) =>
    commands.doNotHear.flatMap((phrase) => [
      `xylophon ${phrase}`,
      `${phrase} xylophon`,
      `${phrase}, ${phrase} xylophon`,
      `${phrase}?`,
      `${phrase}. ${'a '.repeat(80)}`,
    ]),
  );
  expect(around.filter((text) => findHeardWish(text) !== undefined)).toEqual([]);
});

const labelled = [
  ['button.not_me', 'no'],
  ['button.stop', 'stop'],
] as const;

test('the label of each button is its wish in each language, alone, politely and by name', () => {
  const faults = textLocales.flatMap((locale) =>
    labelled.flatMap(([id, kind]) => {
      const label = formatText(id, {}, locale);
      return [label, `${label}.`, `Nova, ${label}!`, label.toUpperCase()].filter(
        (text) => findHeardWish(text) !== kind,
      );
    }),
  );
  expect(faults).toEqual([]);
});

test('each sentence that /help quotes as a no is one, and each name of its button', () => {
  for (const locale of textLocales) {
    const help = formatText('help.privacy', {}, locale);
    const quotes = [...help.matchAll(/[“„「"«]\s?([^”“」"»]+?)\s?[”“」"»]/g)].map(
      ([, quote = '']) => quote,
    );
    const [sentence = ''] = quotes.slice(-1);
    expect(findWish(sentence, names), sentence).toMatchObject({
      kind: 'no',
      isForListener: true,
    });
    const hearMe = formatText('button.hear_me', {}, locale);
    for (const quote of quotes.slice(0, -1))
      expect(findHeardWish(quote), quote).toBe(quote === hearMe ? undefined : 'no');
  }
});

/** Natural sentences in the seven languages of the texts. */
const wishes = {
  no: `
don't record me|please don't record my voice|stop recording me|I don't want to be recorded|I don't want you to listen to me
stop listening to my voice|Nova, could you please stop listening to me?|I do not consent to being recorded
Nimm mich bitte nicht auf.|Hör auf, mich aufzunehmen.|Du darfst mir nicht zuhören.|hör auf mir zuzuhören|Ich möchte nicht aufgenommen werden.
Ne m’enregistre pas, s’il te plaît.|Arrête de m'enregistrer.|Je ne veux pas être écoutée.|ne m'écoute pas
No me grabes.|Deja de escucharme, por favor.|No quiero que me grabes.|no me escuches
Não me grave, por favor.|Pare de me ouvir.|Não quero ser gravada.|não me ouça|não me escute
Nie nagrywaj mnie.|Przestań mnie podsłuchiwać.|Nie chcę być nagrywana.|nie słuchaj mnie
私を録音しないで|私の声を聞かないでください。|私の声を聞かないで|声を聞かれたくない
`,
  leave: `
Leave.|Please leave the channel.|You can leave now, thanks.|Go away, Nova.|Nova, can you leave the call, please?
Geh weg!|Verlass bitte den Kanal.|Nova, du kannst jetzt gehen, danke.|Verlass den Kanal
Quitte le salon vocal.|Va-t'en.|Tu peux partir, merci.|Vete, por favor.|Sal del canal.|Puedes irte ya.
Saia do canal, por favor.|Vai embora!|Você pode sair.|Wyjdź z kanału, proszę.|Opuść kanał.|Możesz już iść.
出ていって|チャンネルから退出してください。|ノバ、もう帰っていいよ。
`,
};

const listTexts = (lines: string) =>
  lines.split(/[|\n]/).flatMap((each) => each.trim() || []);

test.each(['no', 'leave'] as const)('people ask for "%s" in many ways', (kind) => {
  expect(
    listTexts(wishes[kind]).filter((text) => findHeardWish(text) !== kind),
  ).toEqual([]);
});

test('a no that only a listener can be told is another than one that people tell each other', () => {
  const isForListener = (text: string) => findWish(text, names)?.isForListener;
  expect(listTexts(wishes.no).filter((text) => !isForListener(text))).toEqual([]);
  const labels = textLocales.map((locale) => formatText('button.not_me', {}, locale));
  expect(labels.filter(isForListener)).toEqual([]);
  expect(findWish('Nova, not me', names)?.isByName).toBe(true);
  expect(findWish('Not me', names)?.isByName).toBe(false);
});

/** What people say to each other about leaving, recording and themselves. */
const between = `
leave it|I have to leave|leave me some pizza|don't leave|I'm leaving|let's leave the dungeon|he left|leave that to me|she told me to leave
can you leave the door open|leave the room to the left|we should leave|not me, that was him|it wasn't me|no, not me, her|why not me|not me?
don't record me says Tom|Tom said don't record me|don't record this|Ben, leave|Ben, not me|Ben, don't record me|never leave|Nova never leaves
is it time to leave?|leave?|should I leave|I don't want to leave|you record everything|no|nope|no way
lass es|ich muss gehen|geh du zuerst|ich nicht, der war es|wir gehen jetzt|nicht mich, ihn|verlass dich drauf|Ben, geh weg|er hört mir nicht mehr zu|nein
laisse tomber|je dois partir|pas moi, lui|il m'enregistre|on part|Ben, pars|pars devant|non
déjalo|me tengo que ir|a mí no me gusta|yo no fui|me grabé cantando|no me grabé|Ben, vete|vete a la izquierda|sal|no
deixa pra lá|eu tenho que sair|eu não sei|eu não fui|ele me gravou|Ben, saia|não me escuta|não me ouve|não
zostaw to|muszę iść|mnie nie ma|to nie ja|nie mnie, jego|Ben, idź sobie|idź w lewo|nie
聞いて|彼に聞かないで|出てきた|もう行かなきゃ|私じゃない|ベン、出ていって|録音した|いいえ
`;

test('what people tell each other is no wish at all', () => {
  const taken = listTexts(between).filter((text) => {
    const kind = findHeardWish(text);
    return kind === 'no' || kind === 'leave';
  });
  expect(taken).toEqual([]);
});

const oneName = ['Nova'];

test('every yes of every language is one, alone and with the name of the bot, where that language is spoken', () => {
  for (const { code, confirmations } of languages) {
    expect(confirmations.yes.length, code).toBeGreaterThan(3);
    for (const phrase of confirmations.yes) {
      expect(findYesOrNo(phrase, oneName, code), `${code}: ${phrase}`).toBe('yes');
      expect(
        findYesOrNo(`${phrase}, Nova!`, oneName, code),
        `${code}: ${phrase}, Nova`,
      ).toBe('yes');
    }
  }
});

test('no word that stops, takes back, asks to wait or refuses is a yes, whatever language is spoken', () => {
  for (const { code, overlap } of languages) {
    const others = [
      overlap.stop,
      overlap.neverMind,
      overlap.wait ?? [],
      overlap.refusals ?? [],
    ].flat();
    for (const phrase of others) {
      expect(findYesOrNo(phrase, oneName), `${code}: ${phrase}`).not.toBe('yes');
      expect(findYesOrNo(phrase, oneName, code), `${code}: ${phrase}`).not.toBe('yes');
    }
  }
});

test.each([
  'Yes, please.',
  'Yes, do it, Nova.',
  'Nova, yes.',
  'Ja, bitte!',
  'はい、お願いします。',
  'Sí, por favor.',
])('%j is a yes', (utterance) => expect(findYesOrNo(utterance, oneName)).toBe('yes'));

test.each([
  ['Sí, por favor.', 'en', 'yes'],
  ['Ja, bitte!', 'pl', 'yes'],
  ['いいえ。', 'en', 'no'],
  ['Tak.', 'pl', 'yes'],
  ['Nein, danke.', 'fr', 'no'],
])('%j of somebody who usually speaks %s is a %s', (utterance, language, answer) =>
  expect(findYesOrNo(utterance, oneName, language)).toBe(answer),
);

test.each([
  'Yes?',
  'Yes, but not so loud.',
  'Yes and no.',
  'No.',
  'Not yet.',
  'Ok.',
  'Mhm.',
  'He said yes.',
  'Yesterday.',
  'Please, Nova.',
  'Yes, I have eaten already.',
  'Yes, Eva, I am coming.',
  'Say yes.',
  'Ja, aber leiser.',
  'Ya basta.',
])('%j is no yes', (utterance) =>
  expect(findYesOrNo(utterance, oneName)).not.toBe('yes'),
);

test('every no of every language refuses, alone and with the name of the bot, where that language is spoken', () => {
  for (const { code, confirmations } of languages) {
    expect(confirmations.no.length, code).toBeGreaterThan(1);
    for (const phrase of confirmations.no) {
      expect(findYesOrNo(phrase, oneName, code), `${code}: ${phrase}`).toBe('no');
      expect(
        findYesOrNo(`Nova, ${phrase}.`, oneName, code),
        `${code}: Nova, ${phrase}`,
      ).toBe('no');
    }
  }
});

test('no yes of any language is a no, whatever language is spoken', () => {
  for (const { confirmations } of languages)
    for (const phrase of confirmations.yes)
      expect(findYesOrNo(phrase, oneName), phrase).not.toBe('no');
});

test.each([
  'No.',
  'No, thanks.',
  'Nova, no!',
  'Never mind.',
  'Nein, danke.',
  'いいえ。',
])('%j is a no', (utterance) => expect(findYesOrNo(utterance, oneName)).toBe('no'));

test.each(['No?', 'No, make it 50.', 'No idea.', 'Not yet.', 'Yes and no.', 'Stop.'])(
  '%j is no no',
  (utterance) => expect(findYesOrNo(utterance, oneName)).not.toBe('no'),
);
