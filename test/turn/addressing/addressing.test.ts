import { toPersonId } from '#src/base/ids.ts';
import {
  type AddressEvent,
  type AddressingMode,
  type AddressingState,
  addressingModes,
  addressingRules,
  decideAddressing,
  initialAddressing,
  isAnsweredForAnyWords,
  type SpokenTurn,
  stepAddressing,
} from '#src/turn/addressing/addressing.ts';
import { anyCharacter, fc } from '#test/properties.ts';

/** A sentence in a room of several people with the bot Nova, no window open: a call or not. */
type Case = readonly [text: string, isCall: boolean];

const calls: readonly string[] = [
  'Nova, what time is it in Tokyo?',
  'Nova tell me a joke',
  'Nova?',
  'Nova.',
  'hey Nova, are you there?',
  'Yes, Nova, please do.',
  'What do you think, Nova?',
  'what do you mean Nova',
  'where are you from nova',
  'Is it going to rain tomorrow, Nova?',
  "It's getting late. Nova, what time is it?",
  "I don't know, Nova, what do you think?",
  'Nova did it rain yesterday',
  'Nova will it snow',
  'Nova has anyone called',
  'Nova need some help here',
  '"Nova, what time is it?"',
  'Nova — louder please',
  '𝓝𝓸𝓿𝓪, what time is it?',
  'Noah, what time is it?',
  'no va what time is it',
  'Hey Nover turn it up',
  'Hey no va',
  'Thanks Novah',
  'Nofa, can you stop?',
  'Nova wie spät ist es',
  'Nova, kannst du mir helfen?',
  'wie alt bist du Nova',
  'Nova ¿qué hora es?',
  'Salut Nova, ça va ?',
  'Nova où est Paris',
  'Nova você pode me ajudar',
  'Hoi Nova, hoe laat is het?',
  'Nova powiedz coś',
  'Привет, Nova, который час?',
  'Нова, который час?',
  'Merhaba Nova, saat kaç?',
  'Moi, Nova, paljonko kello on?',
  'ねえノヴァ、今何時？',
  '今何時、ノヴァ？',
  'ありがとうノヴァ',
  '你好诺娃，现在几点',
  '谢谢你，诺娃',
  '노바, 지금 몇 시야?',
  'نوفا، كم الساعة؟',
  'nova whats the weather like in berlin',
  'Nova flip a coin for us',
  'Nova, ignore him.',
  "Alright Nova let's go",
  'Hello Nova',
  'Nova, say hi to Ben.',
  "no nova that's not what i meant",
  'skip this song nova',
  'Nova louder',
  'Nova a bit louder please',
  'how do you spell that nova',
  'Novah, play something else.',
  'Noa, what time is it?',
  'Nova, wer hat die WM 2014 gewonnen?',
  'Danke Nova',
  'nova ich hab eine frage',
  'Nova tu connais cette chanson ?',
  "Nova, metti un po' di musica",
  'Che ne pensi Nova?',
  'Нова, расскажи анекдот',
  'Nova hava nasıl',
  '你觉得呢，诺娃？',
  "What's ten percent of eighty, Nova?",
  'Nova go away',
  "Nova quick what's seven times eight",
  'who do you think will win nova',
  'sing us a song nova',
  'Nova lies mir das vor',
  'Nova, hör auf',
  'Nova traduce esto',
  'Nova, para!',
  'Nova sus',
];

const mentions: readonly string[] = [
  'Stop it, "Nova"!',
  "Nova's stop talking",
  "Nova'nın, dur",
  '"Nova" is a car',
  "Nova's answer was wrong",
  'Nova answered me already',
  "Nova doesn't get it",
  'Nova did it',
  'Nova will be here later',
  'Nova just said so',
  'you know Nova right',
  "Nova m'énerve",
  'just ask Nova what time it is',
  'do you like Nova',
  'where is Nova?',
  'Ana, Ben, Nova',
  'I know Ana, Ben, Nova',
  'Ana, Nova, Ben',
  'I like Ana, Nova, and Ben',
  'the thing with Nova is that it talks too much',
  'Nova ist ein Auto',
  'wir reden über Nova',
  'frag Nova',
  'Nova a dit que oui',
  'Нова сказала, что нет',
  "Nova'ya sor",
  'ノヴァは車です',
  '노바가 말했어',
  'Nova keeps interrupting me',
  'I think we should kick Nova',
  'how does Nova work',
  'Nova sounds so robotic',
  'Nova actually knows a lot',
  'is it Nova or Noah',
  'Yeah Nova does that sometimes',
  'the supernova was visible for weeks',
  "He's such a casanova",
  'no way, are you serious',
  'Know anybody who can help?',
  'Ben, can you hear me?',
  "that's crazy",
  'Nova kann das nicht',
  'Ich finde Nova super',
  '¿Has hablado con Nova?',
  'A Nova não entende nada',
  'Uma nova mensagem chegou',
  'Ik heb het aan Nova gevraagd',
  'Спроси у Новы',
  '我喜欢诺娃',
  'Nova probably has no idea',
  'Nova might be right',
  'Does Nova speak French?',
  'my sister Nova is here',
  'Nova keeps saying the same thing',
  'nor do I',
  'Nova hat wieder Unsinn erzählt',
  '¿Qué dijo Nova?',
  'Nova parle trop vite',
  'Co powiedziała Nova?',
];

const falseFriends: readonly string[] = [
  'innovation is important',
  'the bossa nova',
  'November, what a month',
  'No, what time is it?',
  'Over, what time is it',
  'Nota bene, das ist falsch',
  'Love, what time is it?',
  'nova.com is down',
  'не надо, спасибо',
  'Hey, what time is it?',
];

const cases: readonly Case[] = [
  ...calls.map((text): Case => [text, true]),
  ...[...mentions, ...falseFriends].map((text): Case => [text, false]),
];

/** Other names than Nova, each with what it answers to. */
const otherNames: readonly (readonly [names: readonly string[], ...Case])[] = [
  [['Max'], 'Max, what time is it?', true],
  [['Max'], 'Macs, what time is it?', false],
  [['Max'], 'Maxim, what time is it?', false],
  [['Bob'], 'Bobby, come here', false],
  [['Will'], 'will you come with us', false],
  [['Will'], 'hey Will', true],
  [['Luna'], 'Lona, what time is it?', true],
  [['Jarvis'], 'Jervis, lights on', true],
  [['Jarvis'], 'Travis, lights on', false],
  [['Alexander'], 'Aleksandr, what time is it?', true],
  [['Black Bird'], 'Black Bird, sing', true],
  [['Black Bird'], 'a black bird sings', false],
  [['Dr. Watson'], 'Dr. Watson, where are we?', true],
  [['R2-D2'], 'R2D2, come here', true],
  [['Nova', 'Chatty'], 'Chatty, what time is it?', true],
  [['🤖'], '🤖 what time is it', false],
  [['Jörg'], 'Jörg, wie spät ist es?', true],
  [['Łucja'], 'Lucja, która godzina?', true],
  [['Нова'], 'Новая, который час?', false],
  [['小诺'], '我问了小诺', false],
  [['ノバ'], 'ノバ、今何時', true],
  [['노바'], '노바는 바보야', false],
  [['', ' ', '...'], 'what time is it', false],
];

/** In a house with bots called Jarvis, Luna and Nova: calls, and talk about them. */
const severalBotsCalls: readonly string[] = [
  'Are you awake, Jarvis?',
  'Jarvice what time is it',
  'Jarvis you rock',
  'what was that luna',
  'Luna read the rules please',
  'Luna cuántos años tienes',
  'Spasibo, Luna',
  'Nova what the hell',
  'are we there yet nova',
];

const severalBotsTalk: readonly string[] = [
  'the new Jarvis is better',
  'where did Luna go',
  'is that Luna barking',
  'La luna è bella stasera',
  'hay luna llena',
  'Nova hates me',
  'Ich glaube Nova schläft',
  'he goes nova what time is it and it just crashes',
  "Nova or no Nova, I'm leaving",
  'Noa is my cousin',
];

const names = ['Nova', 'ノヴァ', '诺娃', '노바', 'नोवा', 'نوفا', 'נובה', 'โนวา'];

function hearText(text: string, to: readonly string[] = names) {
  const spoken = {
    speakerId: toPersonId('ana'),
    fromMs: 0,
    humans: 3,
    present: ['Ben'],
    text,
  };
  return decideAddressing(initialAddressing, spoken, { ...addressingRules, names: to })
    .verdict;
}

test.each(cases)('with several people, %j is a call: %s', (text, isCall) =>
  expect(hearText(text).meant).toBe(isCall),
);

test.each(otherNames)('of a bot called %j, %j is a call: %s', (to, text, isCall) =>
  expect(hearText(text, to).meant).toBe(isCall),
);

test('several names are told apart from talk about them', () => {
  const botNames = ['Jarvis', 'Luna', 'Nova'];
  expect(severalBotsCalls.filter((text) => !hearText(text, botNames).meant)).toEqual(
    [],
  );
  expect(severalBotsTalk.filter((text) => hearText(text, botNames).meant)).toEqual([]);
});

const dismissals: readonly string[] = [
  'not you',
  'not you nova',
  'sorry not you nova',
  'Nova, not you',
  'Sorry, not you, I was talking to Ben',
  "I wasn't talking to you",
  'i wasnt talking to you',
  "I didn't mean you",
  'dich meinte ich nicht',
  'Tú no.',
  "c'est pas à toi que je parle",
  'Non tu',
  'Nie ty',
  'Nie mówiłem do ciebie',
  'Я не с тобой разговариваю',
  'Seninle konuşmuyorum',
  '君に話してるんじゃない',
  '我没跟你说话',
  '너 말고',
];

const noDismissals: readonly string[] = [
  'sorry not you guys',
  'was it not for you to decide',
  '是不是你',
];

test.each(dismissals)('%j says the bot was not meant', (text) =>
  expect(hearText(text)).toEqual({ meant: false, why: 'dismissed' }),
);

test.each(noDismissals)('%j does not send the bot away', (text) =>
  expect(hearText(text).why).not.toBe('dismissed'),
);

const rules = { ...addressingRules, names: ['Nova'] };
const ana = { speakerId: toPersonId('ana'), humans: 3 } as const;
const ben = { speakerId: toPersonId('ben'), humans: 3 } as const;

function reduceEvents(...events: readonly AddressEvent[]) {
  return events.reduce(
    (state, event) => stepAddressing(state, event, rules),
    initialAddressing,
  );
}

function explainTurn(
  state: AddressingState,
  spoken: Omit<SpokenTurn, 'text'> & { text?: string },
) {
  return decideAddressing(state, { text: 'and in Lima', ...spoken }, rules).verdict.why;
}

function judgedIn(mode: AddressingMode, state: AddressingState, spoken: SpokenTurn) {
  return decideAddressing(state, spoken, { ...rules, mode }).verdict;
}

const request = { kind: 'asked', personId: toPersonId('ana'), atMs: 1000 } as const;
const answered = {
  kind: 'answered',
  personId: toPersonId('ana'),
  atMs: 1000,
  endsInQuestion: false,
} as const;
const question = { ...answered, endsInQuestion: true } as const;

test('for 15 s after Ask that person needs no name, and nobody else', () => {
  const state = reduceEvents(request);
  expect(explainTurn(state, { ...ana, fromMs: 1000 })).toBe('window');
  expect(explainTurn(state, { ...ana, fromMs: 15_999 })).toBe('window');
  expect(explainTurn(state, { ...ana, fromMs: 16_000 })).toBe('not-named');
  expect(explainTurn(state, { ...ben, fromMs: 2000 })).toBe('not-named');
});

test('for 8 s after an answer the person answered may go on without the name', () => {
  const state = reduceEvents(answered);
  expect(explainTurn(state, { ...ana, fromMs: 8999 })).toBe('follow-up');
  expect(explainTurn(state, { ...ana, fromMs: 9000 })).toBe('not-named');
  expect(explainTurn(state, { ...ben, fromMs: 4000 })).toBe('not-named');
  expect(explainTurn(state, { ...ben, fromMs: 4000, text: 'Nova, and in Lima?' })).toBe(
    'name',
  );
});

test('while it works on an answer, the person answered may go on or interrupt without the name', () => {
  const state = reduceEvents({
    kind: 'answering',
    personId: toPersonId('ana'),
    atMs: 0,
  });
  expect(explainTurn(state, { ...ana, fromMs: 20_000 })).toBe('follow-up');
  expect(explainTurn(state, { ...ana, fromMs: 120_000 })).toBe('not-named');
  expect(
    explainTurn(stepAddressing(state, answered, rules), { ...ana, fromMs: 900 }),
  ).toBe('follow-up');
});

test('two seconds of others talking close a follow-up window, and what began before still counts', () => {
  const talk = { kind: 'talked', personId: toPersonId('ben'), ms: 1000 } as const;
  const once = stepAddressing(reduceEvents(answered), { ...talk, atMs: 3000 }, rules);
  expect(explainTurn(once, { ...ana, fromMs: 3500 })).toBe('follow-up');
  const twice = stepAddressing(once, { ...talk, atMs: 4000 }, rules);
  expect(explainTurn(twice, { ...ana, fromMs: 4500 })).toBe('not-named');
  expect(explainTurn(twice, { ...ana, fromMs: 3500 })).toBe('follow-up');
});

test('a reply to its own question is meant for it, whoever talked in between', () => {
  const state = reduceEvents(question, {
    kind: 'talked',
    personId: toPersonId('ben'),
    ms: 3000,
    atMs: 5000,
  });
  expect(explainTurn(state, { ...ana, fromMs: 12_000, text: 'yes please' })).toBe(
    'reply',
  );
  expect(explainTurn(state, { ...ben, fromMs: 12_000, text: 'yes please' })).toBe(
    'not-named',
  );
});

test('what it asked is out of date once it has answered something else', () => {
  const state = reduceEvents(question, { ...answered, atMs: 5000 });
  expect(explainTurn(state, { ...ana, fromMs: 4000 })).toBe('reply');
  expect(explainTurn(state, { ...ana, fromMs: 12_000 })).toBe('follow-up');
  expect(explainTurn(state, { ...ana, fromMs: 14_000 })).toBe('not-named');
  const talk = { kind: 'talked', personId: toPersonId('ben'), ms: 3000 } as const;
  const left = stepAddressing(state, { ...talk, atMs: 9000 }, rules);
  expect(explainTurn(left, { ...ana, fromMs: 10_000 })).toBe('not-named');
});

test('naming somebody else closes the follow-up window but not the one of Ask', () => {
  const spoken = {
    ...ana,
    fromMs: 2000,
    text: 'Ben, and in Lima?',
    present: ['Ben Smith'],
  };
  const { verdict, state } = decideAddressing(reduceEvents(answered), spoken, rules);
  expect(verdict).toEqual({ meant: false, why: 'not-named' });
  expect(explainTurn(state, { ...ana, fromMs: 3000 })).toBe('not-named');
  const pressed = decideAddressing(reduceEvents(request), spoken, rules);
  expect(pressed.verdict.meant).toBe(false);
  expect(explainTurn(pressed.state, { ...ana, fromMs: 3000 })).toBe('window');
});

test('"not you" closes the window of who says it', () => {
  const state = reduceEvents(request, answered);
  const judged = decideAddressing(
    state,
    { ...ana, fromMs: 2000, text: 'not you' },
    rules,
  );
  expect(judged.verdict).toEqual({ meant: false, why: 'dismissed' });
  expect(explainTurn(judged.state, { ...ana, fromMs: 3000 })).toBe('not-named');
});

test('each addressing mode takes the sentences that it is for, and gives the reason', () => {
  const named = { ...ana, fromMs: 2000, text: 'Nova, hello' };
  const bare = { ...ana, fromMs: 2000, text: 'hello' };
  expect(judgedIn('name', initialAddressing, named)).toEqual({
    meant: true,
    why: 'name',
  });
  expect(judgedIn('name', reduceEvents(answered), bare).meant).toBe(false);
  expect(judgedIn('name', reduceEvents(request), bare)).toEqual({
    meant: true,
    why: 'window',
  });
  expect(judgedIn('window', reduceEvents(answered), named).meant).toBe(false);
  expect(judgedIn('window', reduceEvents(request), bare)).toEqual({
    meant: true,
    why: 'window',
  });
  expect(judgedIn('always', initialAddressing, bare)).toEqual({
    meant: true,
    why: 'always',
  });
  expect(judgedIn('off', reduceEvents(request), named)).toEqual({
    meant: false,
    why: 'off',
  });
  expect(judgedIn('window', initialAddressing, { ...named, humans: 1 }).meant).toBe(
    false,
  );
});

const anaId = toPersonId('ana');
const people = fc.constantFrom(anaId, toPersonId('ben'), toPersonId('cleo'));
const atMs = fc.integer({ min: 0, max: 100_000 });
const bits = fc.constantFrom(
  ...[
    'Nova',
    'nova',
    'n\u0336\u0334o\u0315\u031bv\u0340\u0341a',
    '\u202eNova\u202c',
    'أهلا',
    'ねえ',
  ],
  ...[
    '?',
    ', ',
    '. ',
    '"',
    "'",
    '-',
    ' ',
    '\ud800',
    '\u0000',
    '🤖',
    'ﷺ',
    '\n',
    'said',
    'not you',
  ],
);
const texts = fc.oneof(
  fc.array(bits, { maxLength: 400 }).map((pieces) => pieces.join('')),
  fc.string({ unit: anyCharacter, maxLength: 10_000 }),
  fc.string({ unit: 'grapheme', maxLength: 10_000 }),
);
const anyNames = fc.array(fc.oneof(bits, fc.string({ unit: anyCharacter })), {
  maxLength: 30,
});
const events: fc.Arbitrary<AddressEvent> = fc.oneof(
  fc.record({ kind: fc.constantFrom('asked', 'answering'), personId: people, atMs }),
  fc.record({
    kind: fc.constant('answered'),
    personId: people,
    atMs,
    endsInQuestion: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('talked'), personId: people, atMs, ms: fc.nat(5000) }),
  fc.record({ kind: fc.constant('left'), personId: people }),
);

test('no text and no name makes it throw', () =>
  fc.assert(
    fc.property(
      texts,
      anyNames,
      fc.constantFrom(...addressingModes),
      (text, called, mode) => {
        const rules = { ...addressingRules, mode, names: called };
        const spoken = {
          speakerId: anaId,
          fromMs: 0,
          humans: 3,
          text,
          present: called,
        };
        decideAddressing(initialAddressing, spoken, rules);
      },
    ),
    { numRuns: 150 },
  ));

test('switched off, and towards bots, it is never meant, whatever happened', () =>
  fc.assert(
    fc.property(
      fc.array(events, { maxLength: 10 }),
      people,
      texts,
      (past, speakerId, text) => {
        const rules = { ...addressingRules, names: ['Nova'] };
        const state = past.reduce(
          (now, event) => stepAddressing(now, event, rules),
          initialAddressing,
        );
        const spoken = { speakerId, humans: 1, fromMs: 50_000, text };
        expect(
          decideAddressing(state, spoken, { ...rules, mode: 'off' }).verdict.meant,
        ).toBe(false);
        expect(
          decideAddressing(state, { ...spoken, isBot: true }, rules).verdict.meant,
        ).toBe(false);
      },
    ),
    { numRuns: 50 },
  ));

test('what is presumed is only undone by a dismissal, talk about the bot, or a call for somebody else', () =>
  fc.assert(
    fc.property(
      fc.array(events, { maxLength: 10 }),
      people,
      atMs,
      (past, speakerId, fromMs) => {
        const state = past.reduce(
          (now, event) => stepAddressing(now, event, addressingRules),
          initialAddressing,
        );
        const speaking = { speakerId, humans: 3, fromMs };
        const { verdict } = decideAddressing(
          state,
          { ...speaking, text: 'and in Lima' },
          addressingRules,
        );
        expect(verdict.meant).toBe(
          isAnsweredForAnyWords(state, speaking, addressingRules),
        );
      },
    ),
  ));

test('a call across the 800th of 1,200 characters is understood', () => {
  const text = `${'x '.repeat(398)}. Nova, what time is it?`.padEnd(1_200, ' x');
  const rules = { ...addressingRules, names: ['Nova'] };
  const spoken = { speakerId: anaId, fromMs: 0, humans: 3, text };
  expect(decideAddressing(initialAddressing, spoken, rules).verdict.meant).toBe(true);
});

test('ten thousand events leave no more than a hundred windows', () => {
  let state = initialAddressing;
  for (let at = 0; at < 10_000; at++) {
    state = stepAddressing(
      state,
      { kind: 'asked', personId: toPersonId(`p${at}`), atMs: at },
      addressingRules,
    );
  }
  expect(state.windows.length).toBeLessThanOrEqual(100);
});
