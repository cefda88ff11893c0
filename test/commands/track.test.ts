import { commands } from '#commands/commands.ts';
import { toChannelId } from '#src/base/ids.ts';
import type { CommandCall } from '#src/features/command.ts';
import type {
  ListedTrack,
  PlayOutcome,
} from '#src/features/tracks/track-request-outcomes.ts';
import type { TrackOutcome } from '#src/playback/tracks/track-outcomes.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import {
  adam,
  den,
  endedSession,
  inLounge,
  makePorts,
  type PortOverrides,
} from './command-ports.ts';
import { readReply as read, runPressed, runTyped } from './run-typed.ts';

const group = commands.find(
  (command) => 'commands' in command && command.name === 'track',
);
const subcommands = group && 'commands' in group ? group.commands : [];

function findSubcommand(name: string) {
  const foundCommand = subcommands.find((subcommand) => subcommand.name === name);
  if (!foundCommand) throw new Error(`no /track ${name}`);
  return foundCommand;
}

/** Runs `/track name`. */
const runTrackCommand = (
  name: string,
  inputs: CommandCall['inputs'] = {},
  overrides?: PortOverrides,
) => runTyped(`track ${name}`, { ...inLounge, inputs }, overrides);

const rain: ListedTrack = {
  name: 'bg',
  percent: 30,
  isPaused: false,
  isMuted: false,
  current: {
    title: 'rain',
    owner: 'Ana',
    positionMs: 40_000,
    lengthMs: 125_000,
    loop: true,
  },
  waiting: [{ title: 'wind', owner: 'Ben' }, { title: 'sea' }],
};

const pressTrack = (name: string, about: string, overrides?: PortOverrides) =>
  runPressed(name, { ...inLounge, inputs: { about } }, overrides);

const idle = { percent: 100, isPaused: false, isMuted: false, waiting: [] };
const own = ['voice', 'cues'].map((name) => ({ ...idle, name }));
const listing: PortOverrides = { listTracks: () => [rain, ...own] };

/** Suggestions for an option of `/track name`. */
async function suggestOptions(
  name: string,
  option: string,
  typed: string,
  overrides = listing,
  inputs: CommandCall['inputs'] = {},
) {
  const foundOption = findSubcommand(name).options.find(
    (commandOption) => commandOption.name === option,
  );
  if (foundOption?.kind !== 'text') throw new Error(`no ${option}`);
  return await foundOption.suggest?.(
    typed,
    { ...inLounge, inputs },
    makePorts(overrides),
  );
}

test.each(subcommands.map(({ name }) => name))(
  '/track %s is for those who sit in the channel',
  async (name) => {
    const inputs = { sound: 'rain', level: '50', to: '5', mode: 'on', item: '1' };
    expect(
      read(await findSubcommand(name).run({ ...adam, inputs }, makePorts())),
    ).toEqual(['caller', "I'm in Lounge. Join that channel first."]);
  },
);

const manyInputs = { sound: 'rain', level: '50', to: '5', mode: 'on', item: '1' };
const skipped = { kind: 'skipped', track: 'bg', title: 'rain' } as const;
const byAna = { kind: 'denied', track: 'bg', owner: 'Ana' } as const;
const telling: PortOverrides = {
  ...listing,
  changeTracks: () => [skipped, byAna],
  playSound: async () => [skipped, byAna],
};

test.each(subcommands.map(({ name }) => name))(
  '/track %s names sounds and people to all in the chat of the channel, elsewhere to the caller, and to nobody who may not open it',
  async (name) => {
    const { run: runTrack } = findSubcommand(name);
    const inputs = { ...manyInputs, track: 'bg' };
    const call = { ...inLounge, inputs };
    const isShown = name === 'list' || name === 'queue';
    const [here] = await runTrack(call, makePorts(telling));
    expect(here.to).toBe(isShown ? 'caller' : 'room');
    const elsewhere = { ...call, placeId: toChannelId('general') };
    for (const { to } of await runTrack(elsewhere, makePorts(telling)))
      expect(to).toBe('caller');
    const barred: PortOverrides = {
      ...telling,
      canOpen: async () => false,
      findChannelFacts: () => ({ ...healthyFacts, callerMayEnter: false }),
    };
    const manager = { ...elsewhere, caller: { ...call.caller, mayManage: true } };
    const outside = { ...manager, caller: { ...manager.caller, channel: den } };
    const replies = await runTrack(outside, makePorts(barred));
    expect(JSON.stringify(replies)).not.toMatch(/rain|Ana|bg/);
    for (const option of findSubcommand(name).options)
      if (option.kind === 'text' && option.name !== 'sound')
        expect((await option.suggest?.('', outside, makePorts(barred))) ?? []).toEqual(
          [],
        );
  },
);

test.each(['track.skip:bg', 'track.pause:bg'])(
  'who presses %s and may not open the channel reads no title and no name',
  async (button) => {
    const call = { ...inLounge, placeId: toChannelId('general') };
    const replies = await runPressed(button, call, {
      ...telling,
      canOpen: async () => false,
    });
    expect(read(replies)).toEqual(['caller', 'Done.']);
  },
);

test('who may open the channel no more as a sound ends reads only that it is done', async () => {
  let isOpen = true;
  const hearing = Promise.withResolvers<'completed'>();
  const replied = runTrackCommand(
    'play',
    { sound: 'wind', wait: 'true' },
    {
      playSound: async () => [playingWind(hearing.promise)],
      canOpen: async () => isOpen,
    },
  );
  await waitUntilSettled();
  isOpen = false;
  hearing.resolve('completed');
  expect(read(await replied)).toEqual(['caller', 'Done.']);
});

test.each<[PlayOutcome, string]>([
  [
    { kind: 'full', limit: 50 },
    'The limit of 50 is reached. Try again later, or make room: /track queue.',
  ],
  [
    { kind: 'bad', reason: { id: 'track.bad.too_long', with: { max: '3 h 0 min' } } },
    'That sound is longer than 3 h 0 min.',
  ],
  [
    { kind: 'bad', reason: { id: 'track.bad.busy' } },
    "I can't play more now. Stop a sound, or try again in a minute.",
  ],
  [
    { kind: 'no-sound', name: 'ran', names: ['rain', 'train'] },
    'There is no "ran". There are: rain, train.',
  ],
  [
    { kind: 'no-sound', name: 'x', names: [] },
    'There is no "x". Pick one from the list.',
  ],
  [
    { kind: 'bad-name' },
    "A track's name has 1 to 40 characters, and more than dots or spaces. Some emoji count as several characters.",
  ],
  [
    { kind: 'reserved', track: 'voice' },
    'voice is mine. Choose another track, say main.',
  ],
  [
    { kind: 'muted' },
    "I can't speak now: I am muted, or my role lacks Speak. A moderator can change that, or invite me to speak on a stage. Until then I answer in writing.",
  ],
  [{ kind: 'nowhere' }, "I'm in no voice channel here. Call me with /join."],
])(
  '/track play tells its caller alone what keeps it from playing: %j',
  async (playing, text) => {
    const playSound = async () => [playing] as const;
    expect(read(await runTrackCommand('play', { sound: 'x' }, { playSound }))).toEqual([
      'caller',
      text,
    ]);
  },
);

const playingWind = (ended: Promise<'completed'>) =>
  ({ kind: 'playing', title: 'wind', track: 'bg', place: 0, ended }) as const;

test('/track play leaves the volume of a track of somebody else, and says whose it is', async () => {
  const wind = playingWind(endedSession);
  const denied = { kind: 'denied', track: 'bg', owner: 'Ana' } as const;
  const playSound = async () => [wind, denied] as const;
  expect(
    read(await runTrackCommand('play', { sound: 'wind', volume: '90' }, { playSound })),
  ).toEqual(['room', 'Playing wind on bg.', "bg is Ana's. Ask a DJ."]);
});

test('/track play wait:true replies to all once the sound is over, and of what loops that it will not be', async () => {
  const hearing = Promise.withResolvers<'completed'>();
  const requests: unknown[] = [];
  const wind = playingWind(hearing.promise);
  const denied = { kind: 'denied', track: 'bg', owner: 'Ana' } as const;
  const playSound: PortOverrides['playSound'] = async (...[, , request]) => {
    requests.push(request.wait);
    return request.loop ? [{ kind: 'looping', track: 'bg' }] : [wind, denied];
  };
  const replied = runTrackCommand(
    'play',
    { sound: 'wind', wait: 'true' },
    { playSound },
  );
  expect(await Promise.race([replied, waitUntilSettled()])).toBeUndefined();
  hearing.resolve('completed');
  expect(read(await replied)).toEqual([
    'room',
    'wind: heard to its end.',
    "bg is Ana's. Ask a DJ.",
  ]);
  expect(
    read(
      await runTrackCommand(
        'play',
        { sound: 'wind', wait: 'true', loop: 'true' },
        { playSound },
      ),
    ),
  ).toEqual(['caller', 'bg: it repeats, so there is no end to wait for.']);
  expect(requests).toEqual([true, true]);
});

test.each<[readonly TrackOutcome[], readonly string[]]>([
  [[{ kind: 'skipped', track: 'bg', title: 'rain' }], ['room', 'Skipped rain.']],
  [
    [{ kind: 'empty', track: 'bg' }],
    ['caller', 'Nothing is playing. /track play starts a sound.'],
  ],
  [
    [{ kind: 'unknown', name: 'gb', names: ['bg', 'voice', 'cues'] }],
    ['caller', 'There is no "gb". There are: bg, voice, cues.'],
  ],
  [
    [{ kind: 'reserved', track: 'voice' }],
    ['caller', 'voice is mine. Choose another track, say main.'],
  ],
  [
    [
      { kind: 'changed', change: 'stop', track: 'bg', title: 'rain' },
      { kind: 'changed', change: 'pause', track: 'main', title: 'sea' },
    ],
    ['room', 'Stopped rain (bg).', 'Paused sea.'],
  ],
  [
    [{ kind: 'past-end', track: 'bg', title: 'rain', lengthMs: 125_000 }],
    ['caller', 'rain ends at 2:05. Choose an earlier place.'],
  ],
  [
    [{ kind: 'unseekable', track: 'bg', title: 'radio' }],
    ['caller', "radio is a live stream: it can't seek or repeat."],
  ],
  [
    [{ kind: 'no-item', name: 'wind', names: [] }],
    ['caller', 'There is no "wind". Pick one from the list.'],
  ],
])('%j reads so', async (changed, words) => {
  const replies = await runTrackCommand(
    'skip',
    { track: 'all' },
    { changeTracks: () => changed },
  );
  expect(read(replies)).toEqual(words);
});

const denied: TrackOutcome = {
  kind: 'denied',
  track: 'main',
  owner: 'Ana',
  vote: { votes: 1, needed: 2 },
};

test('a refused skip comes with Skip, which counts votes and answers the voter alone', async () => {
  const text = "main is Ana's. Ask a DJ, or vote with Skip: 1/2.";
  const [refused] = await runTrackCommand('skip', {}, { changeTracks: () => [denied] });
  expect([refused?.buttons, read([refused])]).toEqual([
    ['track.skip:main'],
    ['room', text],
  ]);
  expect(
    read(await pressTrack('track.skip', 'main', { changeTracks: () => [denied] })),
  ).toEqual([...['caller', text]]);
});

test('the buttons of the panel steer the track they carry, and answer privately', async () => {
  const requests: unknown[] = [];
  const overrides: PortOverrides = {
    ...listing,
    changeTracks: (_guildId, { id }, { kind }, name) => {
      requests.push([id, kind, name]);
      return [denied];
    },
  };
  const replies = await pressTrack('track.skip', 'bg', overrides);
  expect(read(replies)[0]).toBe('caller');
  expect(replies[0].buttons).toBeUndefined();
  await pressTrack('track.pause', 'bg', overrides);
  await pressTrack('track.pause', 'main', {
    ...overrides,
    listTracks: () => [{ ...rain, name: 'main', isPaused: true }],
  });
  expect(requests).toEqual([
    ['adam', 'skip', 'bg'],
    ['adam', 'pause', 'bg'],
    ['adam', 'resume', 'main'],
  ]);
});

test('/track list tells what plays, how loud and where it is', async () => {
  expect(read(await runTrackCommand('list', {}, listing))).toEqual([
    ...['caller', 'bg: rain, 0:40 / 2:05, 🔁, 30 %', 'voice: 100 %', 'cues: 100 %'],
  ]);
  const quiet = await runTrackCommand('list', {}, { listTracks: () => own });
  expect(read(quiet)[1]).toBe('Nothing is playing. /track play starts a sound.');
});

test('/track queue tells what waits and whose it is, but not all of a long line', async () => {
  expect(read(await runTrackCommand('queue', { track: 'BG' }, listing))).toEqual([
    ...['caller', 'bg: rain, 0:40 / 2:05, 🔁, 30 %', '1. wind (Ben)'],
    '2. sea (Somebody)',
  ]);
  const waiting = Array.from({ length: 50 }, (_, n) => ({ title: `${n}` }));
  const listTracks = () => [{ ...rain, waiting }];
  const long = read(await runTrackCommand('queue', { track: 'bg' }, { listTracks }));
  expect([long.length, long.at(-1)]).toEqual([18, 'And 35 more.']);
  expect(read(await runTrackCommand('queue', {}, listing))).toEqual([
    ...['caller', 'There is no "main". There are: bg, voice, cues.'],
  ]);
});

test('sounds and tracks are suggested, first what begins so, and all where an action takes them', async () => {
  for (const [name, option, typed, ...names] of [
    ['play', 'sound', 'r', 'rain', 'train'],
    ['play', 'track', '', 'bg', 'main'],
    ['pause', 'track', '', 'bg', 'main', 'all'],
    ['skip', 'track', '', 'bg', 'main', 'voice', 'all'],
    ['queue', 'track', '', 'bg', 'main', 'voice'],
    ['volume', 'track', '', 'bg', 'main', 'voice', 'cues', 'all'],
    ['loop', 'track', '', 'bg', 'main', 'all'],
    ['seek', 'track', '', 'bg', 'main'],
  ] as const)
    expect(await suggestOptions(name, option, typed), name).toEqual(names);
  const listTracks = () => ['Rainy Day', 'MAIN'].map((name) => ({ ...rain, name }));
  const names = await suggestOptions('play', 'track', '', { listTracks });
  expect(names).toEqual(['Rainy Day', 'MAIN']);
});

test.each([
  ['seek', { to: '1:30' }, 'rain is now at 1:30.'],
  ['volume', { level: '20' }, 'Volume of main: 20 %.'],
  ['volume', { level: '0', seconds: '600' }, 'Volume of main: 0 %.'],
  ['pause', {}, 'Paused rain.'],
  ['pause', { track: 'bg' }, 'Paused rain (bg).'],
  ['resume', {}, 'rain goes on.'],
  ['mute', {}, 'Muted rain.'],
  ['unmute', {}, 'rain can be heard again.'],
  ['stop', {}, 'Stopped rain.'],
  ['skip', {}, 'Skipped rain.'],
  ['queue', { fade: '10' }, 'Sounds on main fade into each other.'],
  ['queue', { fade: '0' }, 'Sounds on main no longer fade into each other.'],
  ['loop', { mode: 'on' }, 'rain repeats from now on.'],
  ['loop', { mode: 'off' }, 'rain no longer repeats.'],
  ['remove', { item: ' 2. wind ' }, 'Removed 2. wind from the queue.'],
])('/track %s with %j tells everybody what it did', async (name, words, sentence) =>
  expect(read(await runTrackCommand(name, words))).toEqual(['room', sentence]),
);

test.each([
  ['play', {}, 'Which sound? Name one, paste a link, or add a file.'],
  ['play', { sound: '  ' }, 'Which sound? Name one, paste a link, or add a file.'],
  ['seek', { to: 'later' }, 'Give a position as 90, 1:30, +10 or -10.'],
  ['seek', {}, 'Give a position as 90, 1:30, +10 or -10.'],
])(
  '/track %s with %j changes nothing and tells its caller why',
  async (name, words, sentence) => {
    const failTest = () => expect.fail();
    const never = { changeTracks: failTest, playSound: failTest };
    expect(read(await runTrackCommand(name, words, never))).toEqual([
      'caller',
      sentence,
    ]);
  },
);

test('/track remove suggests the waiting sounds of the named track, by place and title', async () => {
  const suggestItems = (typed: string, words: CommandCall['inputs']) =>
    suggestOptions('remove', 'item', typed, listing, words);
  expect(await suggestItems('', { track: 'BG' })).toEqual(['1. wind', '2. sea']);
  expect(await suggestItems('sea', { track: 'bg' })).toEqual(['2. sea']);
  expect(await suggestItems('', {})).toEqual([]);
});

test('a muted track says so in the list', async () => {
  const muted = { ...rain, isMuted: true };
  expect(
    read(await runTrackCommand('list', {}, { listTracks: () => [muted] }))[1],
  ).toBe('bg: rain, 0:40 / 2:05, 🔁, muted, 30 %');
});
