import { expect, test } from 'vitest';
import { judge, personaMeant } from '#src/turn/addressing/addressing.ts';
import {
  type AddressEvent,
  addressingRules,
  initialAddressing,
  stepAddressing,
} from '#src/turn/addressing/addressing-windows.ts';
import {
  decidePreemptive,
  decideUtterance,
  type EndedUtterance,
  type PreemptiveFacts,
} from '#src/turn/answerable.ts';

const rules = { ...addressingRules, names: ['Nova'], personas: ['Luna', 'Max', 'Max Power'] };
const after = (events: readonly AddressEvent[], by = rules) =>
  events.reduce((state, event) => stepAddressing(state, event, by), initialAddressing);

/** Ana speaks 3 s after the start, among people of these names. */
const spoken = { speakerId: 'ana', fromMs: 3_000 };

function heard(
  text: string,
  { events = [], present = ['Ben', 'Cleo'], ...more }: Partial<typeof rules> & Company = {},
) {
  const facts = { ...spoken, humans: present.length + 1, present, text };
  const by = { ...rules, ...more };
  const { verdict } = judge(after(events, by), facts, by);
  return verdict.meant ? (verdict.persona ?? 'the bot') : verdict.why;
}
type Company = {
  readonly events?: readonly AddressEvent[];
  readonly present?: readonly string[];
};

test.each([
  ['Luna, what do you think?', 'Luna'],
  ['What do you think, Luna?', 'Luna'],
  ['Hey Max, tell us a joke.', 'Max'],
  ['Nova, what do you think?', 'the bot'],
  ['I asked Luna yesterday.', 'mentioned'],
  ['Loona, what do you think?', 'Luna'],
  // several names: those that open a sentence count, the last of them
  ['Luna, what do you think of Max?', 'Luna'],
  ['Luna, ask Max what he thinks.', 'Luna'],
  ['Luna, I was in Rome. Should I tell Max?', 'Luna'],
  ['Thanks, Luna. Max, what do you think?', 'Max'],
  ['Nova, thank you. Luna, what do you think?', 'Luna'],
  ['Luna, thank you. Nova, what time is it?', 'the bot'],
  // of two names that begin alike the longer one
  ['Max Power, where are we?', 'Max Power'],
  // somebody else's
  ['Ben, what do you think?', 'not-named'],
])('among several people, "%s" is for %s', (text, whom) => {
  expect(heard(text)).toBe(whom);
});

test('a name that is heard as another goes to the one that sounds most like it, at a tie to the bot', () => {
  const personas = ['Nora', 'Nove'];
  expect(heard('Nora, what time is it?', { personas })).toBe('Nora');
  expect(heard('Norah, what time is it?', { personas })).toBe('Nora');
  expect(heard('Novah, what time is it?', { personas })).toBe('the bot');
  expect(heard('Noba, what time is it?', { personas })).toBe('the bot');
  expect(heard('Noba, what time is it?', { names: ['Computer'], personas })).toBe('Nora');
});

test('a persona with a name of the bot is not called by it, nor one with the name of somebody present', () => {
  expect(heard('Nova, what time is it?', { personas: ['nova'] })).toBe('the bot');
  expect(heard('Luna, what time is it?', { present: ['Ben', 'Luna Lopez'] })).toBe('not-named');
  expect(heard('Max, what time is it?', { present: ['Ben', 'Luna Lopez'] })).toBe('Max');
});

test('alone with the bot no name is needed, but one says who answers', () => {
  expect(heard('What time is it?', { present: [] })).toBe('the bot');
  expect(heard('Luna, what time is it?', { present: [] })).toBe('Luna');
});

const answeredBy = (persona: string | undefined, atMs = 1_000): AddressEvent => ({
  kind: 'answered',
  personId: 'ana',
  atMs,
  endsInQuestion: false,
  persona,
});

test('whoever answered last goes on until the window closes, then the bot answers again', () => {
  const alone = { events: [answeredBy('Luna')], present: [] };
  expect(heard('And why?', alone)).toBe('Luna');
  expect(heard('And why?', { events: [answeredBy('Luna')] })).toBe('Luna');
  expect(heard('Nova, and why?', alone)).toBe('the bot');
  expect(heard('And why?', { ...alone, followUpMs: 1_999 })).toBe('the bot');
  expect(heard('And why?', { events: [answeredBy('Luna')], followUpMs: 1_999 })).toBe('not-named');
  expect(heard('And why?', { events: [answeredBy('Luna'), answeredBy(undefined, 2_000)] })).toBe(
    'the bot',
  );
  const asked: AddressEvent = { kind: 'asked', personId: 'ana', atMs: 2_000 };
  expect(heard('And why?', { events: [answeredBy('Luna'), asked] })).toBe('the bot');
});

test('the window of a person is theirs alone, and a persona that is gone answers nothing', () => {
  const answer = { ...answeredBy('Luna'), personId: 'ben' };
  expect(heard('And why?', { events: [answer] })).toBe('not-named');
  expect(heard('And why?', { events: [answeredBy('Luna')], personas: ['Max'] })).toBe('the bot');
});

const voice = { voicedMs: 900, spanMs: 1_000, meanProbability: 0.9, peakProbability: 0.99 };
const facts = {
  ...spoken,
  humans: 1,
  evidence: voice,
  text: 'Luna, what time is it?',
  goesOn: false,
  canRepeat: false,
};
const ended: EndedUtterance = {
  ...facts,
  status: 'open',
  overlapsReply: false,
  isFarField: false,
  unheardTurn: undefined,
};
const ahead: PreemptiveFacts = {
  ...facts,
  isFinal: true,
  trustsPartials: false,
  isBegun: false,
  isQueueFree: true,
  hasBudget: true,
  isSettled: true,
};

test.each([
  ['the name', { text: 'Luna, what time is it?' }, [], 'Luna'],
  ['no name', { text: 'What time is it?' }, [], undefined],
  ['no name, in a window', { text: 'What time is it?' }, [answeredBy('Luna')], 'Luna'],
  ['the rest of a question to Max', { text: 'in Rome?', goesOn: true, goesOnTo: 'Max' }, [], 'Max'],
] as const)('%s decides who answers, ahead and at the end', (_, more, events, persona) => {
  const state = after(events);
  const { decision } = decideUtterance({ ...ended, ...more }, state, rules);
  expect(decision).toMatchObject({ kind: 'answer', ...(persona && { persona }) });
  const begun = decidePreemptive({ ...ahead, ...more }, state, rules);
  expect(begun).toEqual({ kind: 'begin', ...(persona && { persona }) });
});

test('words that are not known are answered by the persona of the window, and not ahead', () => {
  const state = after([answeredBy('Luna')]);
  const { decision } = decideUtterance({ ...ended, text: undefined }, state, rules);
  expect(decision).toMatchObject({ kind: 'answer', persona: 'Luna' });
  const unknown = { ...ahead, text: undefined };
  expect(decidePreemptive(unknown, state, rules)).toEqual({ kind: 'wait', why: 'undecided' });
  const alone = { ...rules, personas: [] };
  expect(decidePreemptive(unknown, after([]), alone)).toEqual({ kind: 'begin' });
});

test('a question that its speaker goes on with keeps the persona that it called', () => {
  const { decision } = decideUtterance({ ...ended, status: 'continued' }, after([]), rules);
  expect(decision).toEqual({ kind: 'answer-with-rest', persona: 'Luna' });
});

test.each(['Luna, stop.', 'Max, be quiet', "Luna, don't listen to me."])(
  '"%s" is obeyed under the name of any persona',
  (text) => {
    const { decision } = decideUtterance({ ...ended, text, humans: 3 }, after([]), rules);
    expect(decision).toMatchObject({ kind: 'command' });
  },
);

test('without a persona that answers nothing is anybody’s but the bot’s', () => {
  const state = after([answeredBy('Luna')]);
  expect(personaMeant(state, { ...facts, text: 'Luna, hi' }, addressingRules)).toBeUndefined();
});
