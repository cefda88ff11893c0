import { toPersonId } from '#src/base/ids.ts';
import {
  type AddressEvent,
  addressingModes,
  addressingRules,
  decideAddressing,
  initialAddressing,
  isAnsweredForAnyWords,
  stepAddressing,
} from '#src/turn/addressing/addressing.ts';
import { anyCharacter, fc } from '#test/properties.ts';

const ana = toPersonId('ana');
const people = fc.constantFrom(ana, toPersonId('ben'), toPersonId('cleo'));
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
          speakerId: ana,
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
  const spoken = { speakerId: ana, fromMs: 0, humans: 3, text };
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
