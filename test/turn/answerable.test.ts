import { toPersonId } from '#src/base/ids.ts';
import {
  type AddressEvent,
  addressingRules,
  initialAddressing,
  stepAddressing,
} from '#src/turn/addressing/addressing.ts';
import {
  decideUtterance,
  shouldAnswerEarly,
  type TalkContext,
  type UtteranceFacts,
} from '#src/turn/decide-utterance.ts';
import { noEvidence } from '#src/turn/voice-evidence.ts';

const rules = { ...addressingRules, names: ['Computer'] };

const voice = {
  voicedMs: 900,
  spanMs: 1_000,
  meanProbability: 0.9,
  peakProbability: 0.99,
};
const faint = { ...voice, voicedMs: 120, meanLevelDb: -54 };

/** Adam has spoken among three people; the bot was silent and has nothing to do. */
const ended: UtteranceFacts = {
  speakerId: toPersonId('adam'),
  fromMs: 1_000,
  humans: 3,
  evidence: voice,
  text: 'Computer, what time is it?',
  context: {
    goesOn: false,
    hasGoneOn: false,
    overlapsReply: false,
    unheardTurn: undefined,
  },
};

type Facts = Partial<UtteranceFacts & TalkContext>;

function makeUtterance(facts: Facts): UtteranceFacts {
  return { ...ended, ...facts, context: { ...ended.context, ...facts } };
}

/** After these events. */
function decideAfter(facts: Facts, events: readonly AddressEvent[] = []) {
  const state = events.reduce(
    (now, event) => stepAddressing(now, event, rules),
    initialAddressing,
  );
  return decideUtterance(makeUtterance(facts), state, rules);
}

const pressedAsk: AddressEvent = {
  kind: 'asked',
  personId: toPersonId('adam'),
  atMs: 0,
};
const wasAnswered: AddressEvent = {
  kind: 'answered',
  personId: toPersonId('adam'),
  atMs: 0,
  endsInQuestion: false,
};

const isAnswered: AddressEvent = {
  kind: 'answering',
  personId: toPersonId('adam'),
  atMs: 0,
};

const makeOverlap = (what: string, isMeant: boolean) => ({
  overlap: { what, isMeant },
});
const answer = {
  kind: 'answer',
  ...makeOverlap('other', true),
};
const expectNothing = (why: string) => ({
  kind: 'ignore',
  why,
  isNothing: true,
  dropsUnheard: false,
  ...makeOverlap('noise', false),
});
const expectIgnored = (why: string, what = 'other') => ({
  kind: 'ignore',
  why,
  isNothing: false,
  dropsUnheard: false,
  ...makeOverlap(what, false),
});
const expectCommand = (kind: string, what: string, meant: boolean) => ({
  kind: 'command',
  why: 'interjection',
  command: { kind },
  dropsUnheard: false,
  ...makeOverlap(what, meant),
});

type Row = readonly [
  rule: string,
  facts: Facts,
  decision: object,
  events?: readonly AddressEvent[],
];

const heardRows: readonly Row[] = [
  [
    'without voice nobody said anything',
    { evidence: noEvidence },
    expectNothing('no-voice'),
  ],
  [
    'a recogniser that found no words heard nothing',
    { text: ' ' },
    expectNothing('empty'),
  ],
  [
    'what a recogniser makes up of faint noise was not said',
    { text: 'Thank you.', evidence: { ...faint, voicedMs: 150 } },
    expectNothing('hallucination'),
  ],
  [
    'what cannot be recognised is for the bot where any words would be: the answer tells of the failure',
    { text: undefined, humans: 1 },
    { ...answer, ...makeOverlap('noise', true) },
  ],
  [
    'what cannot be recognised is not for the bot among several people',
    { text: undefined },
    expectIgnored('not-named', 'noise'),
  ],
];

const addressed: readonly Row[] = [
  ['a question with the name of the bot is answered', {}, answer],
  ['one person alone needs no name', { text: 'What time is it?', humans: 1 }, answer],
  [
    'among several a question needs a name',
    { text: 'What time is it?' },
    expectIgnored('not-named'),
  ],
  [
    'after the Ask button no name is needed',
    { text: 'What time is it?' },
    answer,
    [pressedAsk],
  ],
  [
    'after an answer no name is needed',
    { text: 'And in Rome?' },
    answer,
    [wasAnswered],
  ],
  [
    'who goes on with a question to the bot needs no name again, and both get one answer',
    { text: 'and in Rome', goesOn: true },
    answer,
  ],
  ['another bot is not answered', { isBot: true }, expectIgnored('bot')],
  [
    'what is said about the bot is not said to it',
    { text: 'I think Computer went offline.' },
    expectIgnored('mentioned'),
  ],
  [
    'talk to somebody else by name, of a person whose answer sounds, takes nothing from the answer',
    { text: 'Eva, where are you?', present: ['Eva'], overlapsReply: true },
    expectIgnored('not-named', 'aside'),
    [isAnswered],
  ],
  [
    'what its speaker has gone on with already is answered with the rest',
    { hasGoneOn: true },
    { kind: 'answer-with-rest' },
  ],
  [
    'what was not meant does nothing to the speech of the bot once its speaker has gone on',
    { text: 'What time is it?', hasGoneOn: true },
    { ...expectIgnored('not-named'), overlap: undefined },
  ],
];

const commands: readonly Row[] = [
  [
    '"stop" is obeyed from everybody',
    { text: 'Stop!' },
    expectCommand('stop', 'stop', false),
  ],
  [
    '"stop" drops an answer of which nothing was heard, whoever asked',
    { text: 'Stop!', unheardTurn: 'other' },
    { ...expectCommand('stop', 'stop', false), dropsUnheard: true },
  ],
  [
    '"never mind" to the bot is obeyed',
    { text: 'Never mind.', humans: 1, unheardTurn: 'other' },
    { ...expectCommand('never-mind', 'never-mind', true), dropsUnheard: true },
  ],
  [
    '"never mind" to others drops only the own answer of which nothing was heard',
    { text: 'Never mind.', unheardTurn: 'own' },
    { ...expectIgnored('not-named', 'never-mind'), dropsUnheard: true },
  ],
  [
    '"never mind" to others leaves the answers of others alone',
    { text: 'Never mind.', unheardTurn: 'other' },
    expectIgnored('not-named', 'never-mind'),
  ],
  [
    '"wait" over the speech of the bot is a command to it',
    { text: 'Wait.', overlapsReply: true },
    expectCommand('overlap', 'wait', false),
  ],
  [
    '"mhm" over the speech of the bot is no question',
    { text: 'Mhm.', humans: 1, overlapsReply: true },
    expectCommand('overlap', 'backchannel', true),
  ],
  [
    '"mhm" while the own question is worked on takes nothing back',
    { text: 'Mhm.', humans: 1, unheardTurn: 'own' },
    expectCommand('overlap', 'backchannel', true),
  ],
  [
    '"mhm" into silence is answered where it is meant',
    { text: 'Mhm.', humans: 1 },
    { ...answer, ...makeOverlap('backchannel', true) },
  ],
  [
    '"again, slower" is a question, whose model repeats',
    { text: 'Again, but slower.', humans: 1 },
    { ...answer, ...makeOverlap('other', true) },
  ],
  [
    'a "stop" after which its speaker went on is obeyed, and the later words tell the speech of the bot',
    { text: 'Stop!', hasGoneOn: true },
    { ...expectCommand('stop', 'stop', false), overlap: undefined },
  ],
];

const rows = [...heardRows, ...addressed, ...commands].map(
  ([rule, facts, decision, events = []]) => [rule, facts, decision, events] as const,
);

test.each(rows)('%s', (_, facts, decision, events) =>
  expect(decideAfter(facts, events).decision).toEqual(decision),
);

test.each([
  'Ha ha ha ha.',
  'Hahaha!',
  'Hehe.',
  'jajaja',
  'хахаха',
  'ははは',
  '哈哈哈',
  'ㅋㅋㅋ',
  'kkkk',
  'Ahahaha, haha.',
  '- Choo!',
  'Ah-choo!',
  'Hatschi!',
  'Atchoum !',
  'Апчхи!',
  'はくしょん',
])('a laugh or a sneeze is no question of somebody alone with the bot: %s', (text) => {
  const { decision } = decideAfter({ text, humans: 1 }, [pressedAsk]);
  expect(decision).toMatchObject({ kind: 'ignore', isNothing: true });
});

test.each([
  'Haha, that was good.',
  'Ja, ja.',
  'Hi, hi!',
  'Ho ho',
  '555',
  'Ha?',
  'はは',
  'Chim',
  'Choose',
])('words that only sound like a laugh or a sneeze are answered: %s', (text) => {
  const { decision } = decideAfter({ text, humans: 1 }, [pressedAsk]);
  expect(decision.kind).toBe('answer');
});

test('what nobody said does not change who needs no name', () => {
  const hallucinated = decideAfter(
    { text: 'Thank you.', evidence: { ...faint, voicedMs: 150 } },
    [wasAnswered],
  );
  const { addressing } = decideAfter({ evidence: noEvidence }, [wasAnswered]);
  expect(hallucinated.addressing).toEqual(addressing);
  const next = { ...ended, text: 'And in Rome?' };
  expect(decideUtterance(next, addressing, rules).decision.kind).toBe('answer');
});

test.each<[string, Facts, boolean]>([
  ['an answer is begun in the pause of a question to the bot', {}, true],
  [
    'without words an answer is begun to one who is answered whatever they say',
    { text: undefined, humans: 1 },
    true,
  ],
  [
    'without words no answer is begun to one of several people',
    { text: undefined },
    false,
  ],
  ['no answer is begun to nothing', { text: '' }, false],
  [
    'no answer is begun to what a recogniser makes up',
    { text: 'Thank you.', evidence: { ...faint, voicedMs: 150 } },
    false,
  ],
  [
    'no answer is begun to words for somebody else',
    { text: 'What time is it?' },
    false,
  ],
  ['no answer is begun to "stop"', { text: 'Stop!', humans: 1 }, false],
])('%s', (_, facts, isBegun) =>
  expect(shouldAnswerEarly(makeUtterance(facts), initialAddressing, rules)).toBe(
    isBegun,
  ),
);

test('a spoken no is obeyed of whom the bot hears, named or not, and is no overlap of an answer to another', () => {
  const no = { text: "Don't listen to me." };
  const decision = {
    kind: 'command',
    why: 'interjection',
    command: { kind: 'wish', wish: 'no' },
    dropsUnheard: false,
    ...makeOverlap('aside', false),
  };
  expect(decideAfter(no).decision).toEqual(decision);
  expect(decideAfter({ ...no, overlapsReply: true }).decision).toEqual(decision);
  expect(decideAfter({ ...no, hasGoneOn: true }).decision).toEqual({
    ...decision,
    overlap: undefined,
  });
  expect(decideAfter({ ...no, evidence: noEvidence }).decision).toMatchObject({
    why: 'no-voice',
  });
  expect(decideAfter({ text: "Ben, don't listen to me." }).decision).toMatchObject({
    why: 'not-named',
  });
});
