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
const names = fc.array(fc.oneof(bits, fc.string({ unit: anyCharacter })), {
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
      names,
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
