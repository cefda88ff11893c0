import './english.ts';
import { splitHeardText } from '#page/room/heard-text.js';
import { emptyRoom, stepRoom } from '#page/room/room-state.js';
import type { PanelFacts, Person, RoomEvent } from '#page/room/room-types.js';
import { isHeardNow, readStage } from '#page/room/stage.js';
import { formatTalk } from '#page/room/talk-file.js';
import { measureStages } from '#page/room/waterfall.js';
import { fc } from '#test/properties.ts';

const room = {
  ...emptyRoom.room,
  people: ['Adam', 'Ben'].map((name) => ({ name, channel: 'Lounge' }) as Person),
  bot: { online: true, channel: 'Lounge', name: 'Nova', speaks: false },
  you: 'Adam',
};

type Answer = PanelFacts['people'][number]['answer'];

function stageOf(mood: PanelFacts['mood'], adam: Answer, ben: Answer, overrides = {}) {
  const people = [
    { name: 'Adam', answer: adam, isHeard: adam === 'agreed' },
    { name: 'Ben', answer: ben, isHeard: ben === 'agreed' },
  ];
  const panel = {
    kind: 'panel',
    channel: 'Lounge',
    mood,
    people,
    ...overrides,
  } as const;
  const texts = { headline: 'Talk.', notes: ['♪ rain'] };
  return readStage({ ...emptyRoom, room, panel: { ...panel, ...texts } }, true);
}

test.each([
  ['Listening', 'listening', 'agreed', 'undecided'],
  ['Thinking', 'thinking', 'agreed', 'agreed'],
  ['Speaking', 'speaking', 'agreed', 'agreed'],
  ['Waiting for Ben', 'waiting', 'barred', 'undecided'],
  ['Waiting for you', 'waiting', 'undecided', 'undecided'],
  ['Waiting for you', 'waiting', 'refused', 'barred'],
  ['Paused', 'waiting', 'agreed', 'undecided'],
] as const)(
  'the stage says %s while the bot is %s and people have %s and %s',
  (word, mood, adam, ben) => expect(stageOf(mood, adam, ben).word).toBe(word),
);

test('people on the stage have marks for who is heard', () => {
  const { seats, headline } = stageOf('listening', 'agreed', 'undecided');
  expect([headline, seats.map(({ isHeard }) => isHeard)]).toEqual([
    'Talk.',
    [true, false],
  ]);
});

test('facts of a channel that the bot has left count no more', () => {
  const { word, seats } = stageOf('thinking', 'refused', 'refused', {
    channel: 'Workshop',
  });
  expect([word, seats.every(({ isHeard }) => isHeard)]).toEqual(['Listening', true]);
});

test.each([
  ['beside the bot, agreed', 'Lounge', 'Lounge', true, true],
  ['beside the bot, without a yes', 'Lounge', 'Lounge', false, false],
  ['beside the bot, before the first panel', 'Lounge', 'Lounge', undefined, true],
  ['after /leave, with the last panel', undefined, 'Lounge', true, false],
  ['after /leave, without a panel', undefined, 'Lounge', undefined, false],
  ['in another channel', 'Lounge', 'Attic', true, false],
  ['in no channel, as the bot', undefined, undefined, true, false],
] as const)(
  'somebody %s is heard or not',
  (_, botChannel, channel, isHeard, expected) => {
    const adam = { name: 'Adam', channel } as Person;
    const panel =
      isHeard === undefined
        ? undefined
        : ({
            people: [{ name: 'Adam', answer: 'agreed', isHeard }],
          } as unknown as PanelFacts);
    const bot = { ...room.bot, channel: botChannel };
    const state = { ...emptyRoom, panel, room: { ...room, people: [adam], bot } };
    expect(isHeardNow(state as typeof emptyRoom, 'Adam')).toBe(expected);
  },
);

test.for([
  ['one two three', 'one two', 'one two', 'three'],
  ['one two three', 'one two three', 'one two three', ''],
  ['one  two\nthree', 'one two', 'one  two', 'three'],
  ['one two', '', '', 'one two'],
  ['eins zwei', 'one', 'one', ''],
])(
  'of %j, heard as far as %j, the rest is apart',
  ([text, heardText, heard, unheard]) => {
    expect(splitHeardText(text ?? '', heardText ?? '')).toEqual({ heard, unheard });
  },
);

test('no word of an answer is lost or doubled by the cut', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,4}$/)), fc.nat(), (words, at) => {
      const end = at % (words.length + 1);
      const { heard, unheard } = splitHeardText(
        words.join(' '),
        words.slice(0, end).join(' '),
      );
      expect(`${heard} ${unheard}`.trim()).toBe(words.join(' '));
    }),
  );
});

test('an answer that was cut before a comma is cut there, too', () => {
  expect(splitHeardText('One, two, three.', 'One, two')).toEqual({
    heard: 'One, two,',
    unheard: 'three.',
  });
});

const instants = {
  heardAtMs: 1_000,
  endedAtMs: 1_180,
  recognisedAtMs: 1_140,
  firstTokenAtMs: 1_220,
  firstClauseAtMs: 1_240,
  firstSpeechAtMs: 1_290,
  firstSentAtMs: 1_310,
};

test('an answer has its seven stages in order of time, each beginning where the one before it ended', () => {
  const { totalMs, stages, longest } = measureStages(instants, 1_400);
  expect(totalMs).toBe(400);
  expect(stages.map(({ name, afterMs }) => `${name} ${afterMs}`)).toEqual([
    'page.stage.recognised 140',
    'page.stage.ended 180',
    'page.stage.token 220',
    'page.stage.clause 240',
    'page.stage.speech 290',
    'page.stage.sent 310',
    'page.stage.heard 400',
  ]);
  expect(stages.at(0)).toMatchObject({ from: 0, to: 0.35 });
  expect(stages.at(1)).toMatchObject({ from: 0.35, to: 0.45 });
  expect(longest?.faster).toMatchObject({
    with: { setting: 'TRANSCRIPTION_BASE_URL' },
  });
  expect(stages.at(-1)).toMatchObject({ from: 0.775, to: 1 });
});

test('a stage that did not happen has no bar, and neither has a moment before the first packet', () => {
  const { totalMs, stages } = measureStages({ heardAtMs: 10, firstSentAtMs: 60 }, 40);
  expect([totalMs, stages.map(({ name }) => name)]).toEqual([50, ['page.stage.sent']]);
});

test('an instant before the last syllable has a bar of no length at the left', () => {
  const { stages } = measureStages(
    { heardAtMs: 100, recognisedAtMs: 60, endedAtMs: 200 },
    undefined,
  );
  expect(stages).toMatchObject([
    { name: 'page.stage.recognised', afterMs: -40, from: 0, to: 0 },
    { name: 'page.stage.ended', afterMs: 100, from: 0, to: 1 },
  ]);
});

test('the talk as text has who said what, and marks what was cut off', () => {
  const events: RoomEvent[] = [
    { kind: 'said', who: 'Adam', text: 'Count to three' },
    {
      ...{
        kind: 'answered',
        answerId: 1,
        who: 'Adam',
        text: 'One two three',
        heardText: 'One two',
      },
      ...{ finish: 'cancelled', instants: { heardAtMs: 0, endedAtMs: 1 } },
    },
    { kind: 'ignored', who: 'Ben', why: 'not-named' },
  ];
  const state = events.reduce(stepRoom, emptyRoom);
  const formatCut = (transcript: string, unheard: string) =>
    `${transcript} [not heard: ${unheard}]`;
  expect(formatTalk(state, 'en', { cut: formatCut })).toBe(
    'Adam: Count to three\nParley: One two [not heard: three]\n',
  );
});
