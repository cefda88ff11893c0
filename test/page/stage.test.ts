import { emptyRoom } from '#page/room/room-state.js';
import type { PanelFacts, Person } from '#page/room/room-types.js';
import { isHeardNow, readStage } from '#page/room/stage.js';
import './english.ts';

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
