import { type ChangeRow, toTableScene } from './change-table.ts';
import type { SceneStage } from './scene-stage.ts';
import type { SceneStep, VirtualScenes } from './scene-types.ts';
import { playVirtualScenes } from './virtual-scene-tests.ts';

const isAgreedRole = { Ada: ['agreed'], Nora: ['agreed'], Nick: ['agreed'] } as const;
const isMember = { Ada: ['members'], Adam: ['members'] } as const;
const closed = { chat: 'closed' } as const;

/** What changes, and who is heard then: agreed, undecided, said no, lacks role, newcomer. */
const changes: Readonly<Record<string, ChangeRow>> = {
  'a role is gained in mid-talk': {
    policy: 'role',
    roles: isAgreedRole,
    change: [{ Uma: { gains: 'agreed' } }, { passes: 12_000 }],
    isHeard: ['heard', 'told', 'unheard', 'unheard', 'told'],
  },
  'a role is lost in mid-talk': {
    policy: 'role',
    roles: { ...isAgreedRole, Uma: ['agreed'] },
    change: [{ Uma: { loses: 'agreed' } }, { passes: 12_000 }],
    isHeard: ['heard', 'unheard', 'unheard', 'unheard', 'told'],
  },
  'people are unblocked': {
    policy: 'notice',
    before: [{ Olga: { sets: ['blocked', '{Uma} {Nick}'] } }],
    change: [{ Olga: { sets: ['blocked', 'none'] } }],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
  'people are blocked': {
    policy: 'notice',
    change: [{ Olga: { sets: ['blocked', '{Uma} {Ada} {Nora}'] } }],
    isHeard: ['unheard', 'unheard', 'unheard', 'told', 'unheard'],
  },
  'needed roles are no longer needed': {
    policy: 'notice',
    roles: isMember,
    before: [{ Olga: { sets: ['roles', '{members}'] } }],
    change: [{ Olga: { sets: ['roles', 'none'] } }],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
  'a role becomes needed': {
    policy: 'notice',
    roles: isMember,
    change: [{ Olga: { sets: ['roles', '{members}'] } }],
    isHeard: ['heard', 'unheard', 'unheard', 'unheard', 'unheard'],
  },
  'the policy becomes looser by command': {
    change: [{ Olga: { sets: ['consent', 'notice'] } }],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
  'the policy hears the members of a role by command': {
    roles: { ...isAgreedRole, Uma: ['agreed'] },
    change: [{ Olga: { sets: ['consent', 'role {agreed}'] } }],
    isHeard: ['heard', 'told', 'unheard', 'unheard', 'told'],
  },
  'the policy becomes stricter by command': {
    policy: 'notice',
    change: [{ Olga: { sets: ['consent', 'ask'] } }],
    isHeard: ['heard', 'unheard', 'unheard', 'unheard', 'unheard'],
  },
  'CONSENT_POLICY is loosened and the bot restarts': {
    change: [{ bot: 'restarts', policy: 'notice' }],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
  'the bot is killed while the announcement of a looser policy waits': {
    before: [{ chat: 'slow' }],
    change: [
      { Olga: { sets: ['consent', 'notice'] } },
      { bot: 'is killed' },
      { chat: 'open' },
    ],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
  'the bot restarts': {
    policy: 'notice',
    change: [{ bot: 'restarts' }],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
  'a copy with a looser policy is restored': {
    hasFolder: true,
    before: [
      { Olga: { sets: ['consent', 'notice'] } },
      { copy: 'made' },
      { Olga: { sets: ['consent', 'ask'] } },
    ],
    change: [{ copy: 'restored' }, { Adam: { calls: 'Lounge' } }],
    isHeard: ['unheard', 'unheard', 'unheard', 'unheard', 'unheard'],
  },
  'a copy with fewer blocked people is restored': {
    hasFolder: true,
    policy: 'notice',
    before: [{ copy: 'made' }, { Olga: { sets: ['blocked', '{Uma} {Nora}'] } }],
    change: [{ copy: 'restored' }, { Adam: { calls: 'Lounge' } }],
    isHeard: ['told', 'unheard', 'unheard', 'told', 'unheard'],
  },
  'a copy without the needed role is restored': {
    hasFolder: true,
    policy: 'notice',
    roles: isMember,
    before: [{ copy: 'made' }, { Olga: { sets: ['roles', '{members}'] } }],
    change: [{ copy: 'restored' }, { Adam: { calls: 'Lounge' } }],
    isHeard: ['told', 'unheard', 'unheard', 'unheard', 'unheard'],
  },
  'the bot is moved to another channel': {
    policy: 'notice',
    change: [
      { moves: 'Den' },
      { Ada: { joins: 'Den' }, Uma: { joins: 'Den' }, Nick: { joins: 'Den' } },
      { passes: 20_000 },
      { Adam: { joins: 'Den' }, Leo: { joins: 'Den' }, Nora: { joins: 'Den' } },
      { moves: 'Lounge' },
      { Ada: { joins: 'Lounge' }, Uma: { joins: 'Lounge' }, Nick: { joins: 'Lounge' } },
      {
        Leo: { joins: 'Lounge' },
        Nora: { joins: 'Lounge' },
        Adam: { joins: 'Lounge' },
      },
    ],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
  'the policy becomes looser where the bot may not write': {
    before: [closed],
    change: [{ Olga: { sets: ['consent', 'notice'] } }],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
  'the policy becomes looser where the bot may neither write nor speak': {
    before: [closed],
    change: [{ bot: 'is muted' }, { Olga: { sets: ['consent', 'notice'] } }],
    isHeard: ['heard', 'unheard', 'unheard', 'unheard', 'unheard'],
  },
  'the right to write is lost before the newcomer comes': {
    policy: 'notice',
    change: [closed],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
  'the rights to write and to speak are lost before the newcomer comes': {
    policy: 'notice',
    change: [closed, { bot: 'is muted' }],
    isHeard: ['heard', 'told', 'unheard', 'told', 'unheard'],
  },
  'the database goes away and the bot is killed': {
    policy: 'notice',
    change: [{ database: 'away' }, { bot: 'is killed' }, { Adam: { calls: 'Lounge' } }],
    isHeard: ['unheard', 'unheard', 'unheard', 'unheard', 'unheard'],
  },
  'the database goes away and comes back': {
    policy: 'notice',
    change: [{ database: 'away' }, { passes: 10_000 }, { database: 'back' }],
    isHeard: ['heard', 'told', 'unheard', 'told', 'told'],
  },
};

playVirtualScenes(
  Object.fromEntries(
    Object.entries(changes).map(([title, row]) => [
      `who is heard, and told before it, when ${title}`,
      toTableScene(row),
    ]),
  ),
);

const secret = 'The party for Carol is on Friday. '.repeat(10).trim();

/** Carol may not open the Den, where Adam and Ben sit with the bot. */
const seated: readonly SceneStep[] = [
  { Carol: { joins: 'Lounge' } },
  { Ben: { joins: 'Den' } },
  { Adam: { calls: 'Den' } },
];

/** Frames that left since the last move. */
function listMovedFrames({ nowMs, world }: SceneStage) {
  const movedMs = world.botSeat.getSinceMs(nowMs);
  return world.sounds.filter(({ atMs }) => atMs > movedMs);
}
const hasVoice = (stage: SceneStage) =>
  listMovedFrames(stage).some(({ text }) => text !== undefined);
const hasMusic = (stage: SceneStage) =>
  listMovedFrames(stage).filter(({ number }) => number === undefined).length > 40;

/** What the panel and people of the Lounge read since the bot is there. */
function listReadInLounge({ world }: SceneStage) {
  const lines = world.lines.filter(({ names }) => names.includes('Carol'));
  return [world.panel.last, ...lines.map(({ text }) => text)].join('\n');
}

const scenes: VirtualScenes = {
  'a text on a track stays behind as the bot is moved, and music behind it goes on': {
    isDenClosed: true,
    steps: [
      ...seated,
      { Adam: { runs: `/say text:${secret} track:bg` } },
      { Adam: { runs: `/say text:${secret} track:party` } },
      { Adam: { runs: '/track play sound:rain track:bg' } },
      { passes: 2_000 },
      { moves: 'Lounge' },
      { passes: 5_000 },
      { see: hasVoice, is: false },
      { see: hasMusic, is: true },
      { see: listReadInLounge, has: 'bg', lacks: ['party', 'Friday'] },
      {
        Carol: { runs: '/track list', reads: { has: 'bg', lacks: ['party', 'Adam'] } },
      },
    ],
  },
  'a paused text does not come back after a move': {
    isDenClosed: true,
    steps: [
      ...seated,
      { Adam: { runs: `/say text:${secret} track:bg` } },
      { passes: 1_000 },
      { Adam: { runs: '/track pause track:bg' } },
      { moves: 'Lounge' },
      { Carol: { runs: '/track resume track:bg' } },
      { passes: 3_000 },
      { see: hasVoice, is: false },
    ],
  },
  'a text that is being said, and one that waits, end as the bot is moved': {
    isDenClosed: true,
    steps: [
      ...seated,
      { Adam: { runs: `/say text:${secret}` } },
      { Ben: { runs: `/say text:${secret}` } },
      { passes: 2_000 },
      { moves: 'Lounge' },
      { passes: 5_000 },
      { see: hasVoice, is: false },
    ],
  },
  'an answer that is being said ends as the bot is moved': {
    isDenClosed: true,
    steps: [
      ...seated,
      { Adam: { says: 'Nova, what time is it?' } },
      { moves: 'Lounge' },
      { passes: 5_000 },
      { see: hasVoice, is: false },
    ],
  },
  'moved between channels that the same people may open, a text on a track goes on': {
    steps: [
      ...seated,
      { Adam: { runs: `/say text:${secret} track:bg` } },
      { passes: 2_000 },
      { moves: 'Lounge' },
      { see: hasVoice, is: true },
    ],
  },
};

playVirtualScenes(scenes);

const told = { Ben: { joins: 'Lounge', says: 'Good morning', isHeard: true } } as const;
const isNoticedAgain: readonly SceneStep[] = [
  { Olga: { sets: ['consent', 'ask'] } },
  { Olga: { sets: ['consent', 'notice'] } },
  { passes: 40_000 },
];

playVirtualScenes({
  'who was told is told anew once the policy was stricter while they were away': {
    policy: 'notice',
    steps: [
      { Adam: { calls: 'Lounge' } },
      told,
      { Ben: { leaves: true } },
      ...isNoticedAgain,
      told,
    ],
  },
  'who was told is told anew once CONSENT_POLICY was stricter while they were away': {
    policy: 'notice',
    steps: [
      { Adam: { calls: 'Lounge' } },
      told,
      { Ben: { leaves: true } },
      { bot: 'restarts', policy: 'ask' },
      { passes: 20_000 },
      { bot: 'restarts', policy: 'notice' },
      { passes: 40_000 },
      told,
    ],
  },
  'who was told is told anew once the policy was stricter while the bot was away': {
    policy: 'notice',
    steps: [
      { Adam: { calls: 'Lounge' } },
      told,
      { Adam: { runs: '/leave' } },
      { passes: 1_000 }, // in which the bot is seen to leave
      { passes: 15_000 },
      ...isNoticedAgain,
      { Adam: { calls: 'Lounge' } },
      told,
    ],
  },
  'sent away before a looser policy counts, the bot does not return by itself': {
    steps: [
      { Ben: { joins: 'Lounge' } },
      { Adam: { calls: 'Lounge' } },
      { Olga: { sets: ['consent', 'notice'] } },
      { passes: 5_000 },
      { Adam: { runs: '/leave' } },
      { passes: 60_000 },
      { bot: 'restarts' },
      { see: ({ botChannel }) => botChannel ?? 'nowhere', is: 'nowhere' },
    ],
  },
});
