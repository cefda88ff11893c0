import { toPersonId } from '#src/base/ids.ts';
import {
  type AddressEvent,
  type AddressingMode,
  type AddressingState,
  addressingRules,
  decideAddressing,
  initialAddressing,
  type SpokenTurn,
  stepAddressing,
} from '#src/turn/addressing/addressing.ts';

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
