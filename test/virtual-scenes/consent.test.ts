import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import type { SceneStage } from '#test/virtual-scenes/scene-stage.ts';
import type { SceneStep, VirtualScenes } from '#test/virtual-scenes/scene-types.ts';
import { playVirtualScenes } from '#test/virtual-scenes/virtual-scene-tests.ts';

/** Ben sits there, heard; Adam has called the bot. */
const seated: readonly SceneStep[] = [
  { Ben: { joins: 'Lounge', runs: '/privacy allow' } },
  { Adam: { calls: 'Lounge' } },
  { Ben: { says: 'Hello everybody', isHeard: true } },
];
const noReceipt = { has: /don't hear you/ };
const isUnheard = { Ben: { says: 'What day is it today?', isHeard: false } } as const;

const noScenes: VirtualScenes = {
  'a no that is typed with a mention counts, and the model does not answer it': {
    steps: [
      ...seated,
      { Ben: { mentions: "don't listen to me", means: 'no', reads: noReceipt } },
      isUnheard,
    ],
  },
  'a no that is typed in the chat of the bot counts': {
    steps: [
      ...seated,
      { Ben: { writes: "Nova, don't listen to me", means: 'no', reads: noReceipt } },
      isUnheard,
    ],
  },
  'a no in /ask counts, and the model does not answer it': {
    steps: [
      ...seated,
      { Ben: { runs: "/ask question:don't listen to me answer:only me" } },
      { Ben: { reads: noReceipt } },
      isUnheard,
    ],
  },
  'a spoken no counts': {
    steps: [
      ...seated,
      { Ben: { says: "Nova, don't listen to me", means: 'no' } },
      isUnheard,
    ],
  },
  'a spoken no counts while the money of the server is used': {
    steps: [
      ...seated,
      { money: 'used' },
      { Ben: { says: "Nova, don't listen to me", means: 'no' } },
      { money: 'there' },
      isUnheard,
    ],
  },
  'a spoken no counts in captions mode while captions are off': {
    steps: [
      ...seated,
      { Adam: { runs: '/join mode:captions' } },
      { Adam: { runs: '/captions off' } },
      { passes: 2_000 },
      { Ben: { says: "Nova, don't listen to me", means: 'no' } },
      { Adam: { runs: '/join mode:talk' } },
      { passes: 2_000 },
      isUnheard,
    ],
  },
  'in addressing off nobody is heard, and the button counts': {
    steps: [
      ...seated,
      { Olga: { sets: ['addressing', 'off'] } },
      { Ben: { says: "Nova, don't listen to me", isHeard: false } },
      { see: ({ world }) => world.status.last, has: 'listens to 0 of 2' },
      { Ben: { presses: 'consent.never', reads: noReceipt } },
      { Olga: { sets: ['addressing', 'auto'] } },
      isUnheard,
    ],
  },
  'the words on the button Not me are a no in each language': {
    steps: [
      ...seated,
      { Ben: { mentions: 'Not me', means: 'no', reads: noReceipt } },
      isUnheard,
      {
        Ben: {
          presses: 'consent.always',
          mentions: '聞かないで',
          means: 'no',
          reads: noReceipt,
        },
      },
      isUnheard,
    ],
  },
  'no among people withdraws nothing': {
    steps: [
      ...seated,
      { passes: 15_000 },
      { Ben: { says: 'no' } },
      { Ben: { says: 'Not me' } },
      { Ben: { says: 'leave' } },
      { passes: 5_000 },
      { Ben: { says: 'What day is it today?', isHeard: true } },
      { see: ({ botChannel }) => botChannel, is: 'Lounge' },
    ],
  },
  'a no while the database is away counts at once, and is stored when it is back': {
    steps: [
      ...seated,
      { database: 'away' },
      { Ben: { presses: 'consent.never', reads: noReceipt } },
      isUnheard,
      { database: 'back' },
      { passes: 20_000 },
      { bot: 'is killed' },
      isUnheard,
    ],
  },
  'a no while the database is away outlives a kill': {
    steps: [
      ...seated,
      { database: 'away' },
      { Ben: { presses: 'consent.never' } },
      { bot: 'is killed' },
      { database: 'back' },
      { Adam: { calls: 'Lounge' } },
      { passes: 20_000 },
      isUnheard,
    ],
  },
  'a no, a yes and a no again: the last counts after a restart': {
    steps: [
      ...seated,
      { Ben: { presses: 'consent.never' } },
      isUnheard,
      { Ben: { presses: 'consent.always', says: 'I am back with you', isHeard: true } },
      { Ben: { runs: '/privacy deny' } },
      { bot: 'restarts' },
      isUnheard,
    ],
  },
  'who is forgotten is not heard, also after a kill at once': {
    steps: [
      ...seated,
      { Ben: { presses: 'confirm:forget' } },
      { bot: 'is killed' },
      { Adam: { calls: 'Lounge' } },
      isUnheard,
    ],
  },
  'a yes of one who lacks the needed role is refused, also after the role is no longer needed':
    {
      roles: { Adam: ['members'] },
      steps: [
        { Olga: { sets: ['roles', '{members}'] } },
        { Ben: { joins: 'Lounge' } },
        { Adam: { calls: 'Lounge' } },
        {
          Ben: {
            presses: 'consent.always',
            says: 'Can you hear me now?',
            isHeard: false,
          },
        },
        { Olga: { sets: ['roles', 'none'] } },
        { passes: 12_000 },
        isUnheard,
      ],
    },
  'a call by one who said no brings the bot, deaf to them': {
    policy: 'notice',
    steps: [
      { Ben: { runs: '/privacy deny', calls: 'Lounge' } },
      { passes: 5_000 },
      isUnheard,
    ],
  },
  'after a no a mention is answered with the way back': {
    steps: [
      ...seated,
      { Ben: { presses: 'consent.never' } },
      { passes: 1_000 },
      { Ben: { mentions: 'what time is it?', reads: { has: /Hear me/ } } },
    ],
  },
  'a question by /ask after a no does not read Stopped': {
    steps: [
      ...seated,
      { Ben: { presses: 'consent.never', runs: '/ask question:what time is it?' } },
      { Ben: { reads: { lacks: /Stopped/ } } },
    ],
  },
  'the status of a person who said no is true while the database is away': {
    steps: [
      ...seated,
      { database: 'away' },
      { Ben: { presses: 'consent.never', runs: '/privacy status', reads: noReceipt } },
    ],
  },
  'a press on a panel of another place counts': {
    steps: [
      { Ben: { joins: 'Den' } },
      { Adam: { calls: 'Lounge' } },
      { Ben: { presses: 'consent.never', joins: 'Lounge' } },
      isUnheard,
      {
        Ben: {
          presses: 'consent.always',
          says: 'Now you hear me again',
          isHeard: true,
        },
      },
    ],
  },
  'a no in one channel counts in the next': {
    policy: 'notice',
    steps: [
      ...seated,
      { Ben: { presses: 'consent.never', joins: 'Den' } },
      { moves: 'Den' },
      { Adam: { joins: 'Den' } },
      isUnheard,
    ],
  },
};

const stopScenes: VirtualScenes = {
  'a stop by a third person silences an answer': {
    steps: [
      ...seated,
      { Carol: { joins: 'Lounge' } },
      { Ben: { says: 'Nova, what time is it?' } },
      { Carol: { presses: 'stop' } },
    ],
  },
  '/stop silences a text that is said on a track': {
    steps: [
      ...seated,
      { Ben: { runs: `/say text:${'This goes on. '.repeat(20).trim()} track:bg` } },
      { passes: 2_000 },
      { Adam: { runs: '/stop', reads: { lacks: /wasn't saying anything/ } } },
    ],
  },
  'a spoken stop silences a text that is said on a track': {
    steps: [
      ...seated,
      { Ben: { runs: `/say text:${'This goes on. '.repeat(20).trim()} track:bg` } },
      { passes: 2_000 },
      { Adam: { says: 'Nova, stop', means: 'stop' } },
    ],
  },
  'the button Stop pauses music, and names what waits': {
    steps: [
      ...seated,
      { Ben: { runs: '/track play sound:rain' } },
      { passes: 1_000 },
      { Adam: { presses: 'stop', reads: { lacks: /wasn't saying anything/ } } },
    ],
  },
  'a typed stop silences whatever sounds': {
    steps: [
      ...seated,
      { Ben: { runs: `/say text:${'This goes on. '.repeat(20).trim()} track:bg` } },
      { passes: 2_000 },
      { Adam: { writes: 'Nova, stop', means: 'stop' } },
    ],
  },
  'in silence a stop says so': {
    steps: [
      ...seated,
      { passes: 5_000 },
      { Adam: { runs: '/stop', reads: { has: /wasn't saying anything/ } } },
    ],
  },
};

playVirtualScenes({ ...noScenes, ...stopScenes });

// The scenes that documents show to whoever writes one are played as they stand there.
for (const document of ['CONTRIBUTING.md', 'test/virtual-scenes/README.md']) {
  const [, block] =
    /```ts\n(playVirtualScenes\([\s\S]*?)```/.exec(readFileSync(document, 'utf8')) ??
    expect.fail(`${document} shows no scene`);
  runInThisContext(`(playVirtualScenes) => ${block?.trim().replace(/;$/, '')}`)(
    playVirtualScenes,
  );
}

const listPaidWords = ({ world }: SceneStage) =>
  world.sayings.filter(({ isRecognised }) => isRecognised).map(({ text }) => text);

playVirtualScenes({
  'where only who names the bot is answered, the paid recogniser gets only what may be for it':
    {
      steps: [
        { Olga: { sets: ['addressing', 'name'] } },
        { Adam: { calls: 'Lounge' } },
        { Ben: { joins: 'Lounge', presses: 'consent.always' } },
        { passes: 20_000 },
        { Ben: { says: 'What do you make of it, Adam?' } },
        { passes: 5_000 },
        { Adam: { says: 'I would rather wait until all of the others are here' } },
        { passes: 5_000 },
        { see: listPaidWords, is: [] },
        { Ben: { says: 'What time is it now, Nova?' } },
        { passes: 20_000 },
        { see: listPaidWords, is: ['What time is it now, Nova?'] },
        { Ben: { runs: '/captions on' } },
        { passes: 20_000 },
        { Ben: { says: 'Then let us begin without them' } },
        { passes: 5_000 },
        {
          see: listPaidWords,
          is: ['What time is it now, Nova?', 'Then let us begin without them'],
        },
      ],
    },
});
