import './english.ts';
import {
  type FactEvent,
  formatTime,
  listShownTools,
  noFacts,
  readFaders,
  stepFacts,
} from '#page/room/facts.js';
import { splitHeardText } from '#page/room/heard-text.js';
import type { QuietReply } from '#page/room/quiet-commands.js';
import { emptyRoom, stepRoom } from '#page/room/room-state.js';
import type { PanelFacts, Person, RoomEvent } from '#page/room/room-types.js';
import { isHeardNow, readStage } from '#page/room/stage.js';
import { formatTalk } from '#page/room/talk-file.js';
import { TrackActs } from '#page/room/track-acts.js';
import { measureStages } from '#page/room/waterfall.js';
import type { TrackFact } from '#src/ports/track-fact.ts';
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

const rain: TrackFact = {
  ...{ name: 'main', title: 'rain', isBusy: true, percent: 80 },
  ...{ isMuted: false, isPaused: false, isLooping: true, waiting: 0 },
  ...{ positionMs: 29_000, lengthMs: 30_000, gainPercent: 80 },
};

function readAt(nowMs: number, ...events: readonly FactEvent[]) {
  const facts = events.reduce(
    (state, event) => stepFacts(state, event, 1_000),
    noFacts,
  );
  return readFaders(facts, nowMs)[0];
}

const tellTracks = (change: Partial<TrackFact>, ageMs = 0): FactEvent => ({
  kind: 'tracks',
  ageMs,
  tracks: [{ ...rain, ...change }],
});

test('a sound goes on between two facts, and begins again in a loop', () => {
  expect(readAt(3_000, tellTracks({}))?.positionMs).toBe(1_000);
  expect(readAt(3_000, tellTracks({ isLooping: false }))?.positionMs).toBe(30_000);
  expect(readAt(3_000, tellTracks({ isPaused: true }))?.positionMs).toBe(29_000);
  expect(readAt(1_500, tellTracks({ positionMs: 0 }, 2_000))?.positionMs).toBe(2_500);
});

test('a fader stays where it was put while the level falls under the voice', () => {
  const ducked = readAt(1_000, tellTracks({ gainPercent: 16 }));
  expect(ducked).toMatchObject({ percent: 80, level: 0.08, isDucked: true });
  expect(readAt(1_000, tellTracks({}))).toMatchObject({ level: 0.4, isDucked: false });
});

test('a track that is paused has no level, and one that is muted is not ducked', () => {
  expect(readAt(1_000, tellTracks({ isPaused: true }))?.level).toBe(0);
  expect(readAt(1_000, tellTracks({ isMuted: true, gainPercent: 0 }))?.isDucked).toBe(
    false,
  );
});

test('a timer that is told again keeps its ring, and a later one gets a new one', () => {
  const timer = { id: 'a', text: '', totalMs: 10_000, remainingMs: 10_000 };
  const first = stepFacts(noFacts, { kind: 'timers', timers: [timer] }, 0);
  const again = { kind: 'timers', timers: [{ ...timer, remainingMs: 6_100 }] } as const;
  expect(stepFacts(first, again, 4_000).timers[0]).toBe(first.timers[0]);
  expect(stepFacts(first, again, 9_000).timers[0]).not.toBe(first.timers[0]);
});

test('a tool is shown while it runs, and for twelve seconds after its end', () => {
  const makeToolFact = (state: string): FactEvent => ({
    kind: 'tools',
    tools: [{ id: '1', tool: 'set_reminder', state }],
  });
  const running = stepFacts(noFacts, makeToolFact('running'), 0);
  expect(listShownTools(running, 60_000)).toHaveLength(1);
  const ended = stepFacts(running, makeToolFact('ran'), 60_000);
  expect(listShownTools(ended, 71_999)).toHaveLength(1);
  expect(listShownTools(ended, 72_001)).toHaveLength(0);
});

test('times are written with two digits behind the first', () => {
  expect([0, 61_000, 3_725_000, -5].map(formatTime)).toEqual([
    '0:00',
    '1:01',
    '1:02:05',
    '0:00',
  ]);
});

type SentCommand = {
  readonly options: object;
  readonly replyWith: (change?: object) => void;
};

function openActs() {
  const sent: SentCommand[] = [];
  const wanted: object[] = [];
  const told: unknown[] = [];
  const sendQuietly = (_name: string, options: object) =>
    new Promise<QuietReply>((resolve) => {
      const done = { ok: true, isPrivate: false, text: 'done', files: [] };
      sent.push({ options, replyWith: (change) => resolve({ ...done, ...change }) });
    });
  const acts = new TrackActs(
    sendQuietly,
    (volumes) => wanted.push(volumes),
    (refusal) => told.push(refusal),
  );
  return { acts, sent, wanted, told };
}

test('a fader that moves has one command on its way, and its last place wins', async () => {
  const { acts, sent, wanted } = openActs();
  const moved = acts.setVolume('main', 90);
  for (const percent of [80, 70, 60]) void acts.setVolume('main', percent);
  expect(sent.map(({ options }) => options)).toEqual([{ level: 90, track: 'main' }]);
  sent[0]?.replyWith();
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[1]?.options).toEqual({ level: 60, track: 'main' });
  expect(wanted.at(-1)).toEqual({ main: 60 });
  sent[1]?.replyWith();
  await moved;
  expect(sent).toHaveLength(2);
  expect(wanted.at(-1)).toEqual({});
});

test('a refusal is told, and the fader goes back', async () => {
  const { acts, sent, told, wanted } = openActs();
  const moved = acts.setVolume('main', 0);
  void acts.setVolume('main', 10);
  sent[0]?.replyWith({ isPrivate: true, text: 'That sound is of Ben.' });
  await moved;
  expect(told).toEqual([{ track: 'main', text: 'That sound is of Ben.' }]);
  expect(sent).toHaveLength(1);
  expect(wanted.at(-1)).toEqual({});
});
