import { expect, test } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import type { Replies } from '#src/conversation/command.ts';
import { trackReference } from '#src/features/tracks/track-names.ts';
import type {
  ListedTrack,
  Playing,
  PlayRequest,
  TrackOutcome,
} from '#src/features/tracks/track-outcomes.ts';
import { adam, inLounge, type PortOverrides, ports } from './ports.ts';
import { rain, read, run, subcommands, track } from './track-calls.ts';

function press(name: string, about: string, over: PortOverrides = {}): Promise<Replies> {
  const found = buttons.find((one) => one.name === name);
  if (!found) throw new Error(`no button ${name}`);
  return found.run({ ...inLounge, words: { about } }, ports(over));
}

const own = ['voice', 'cues'].map((name) => ({
  name,
  percent: 100,
  isPaused: false,
  isMuted: false,
  waiting: [],
}));
const listing: PortOverrides = { list: () => [rain, ...own] };

test('/track has these subcommands', () => {
  expect(subcommands.map(({ name }) => name)).toEqual([
    ...['play', 'queue', 'pause', 'resume', 'skip', 'stop', 'volume'],
    ...['seek', 'fade', 'mute', 'unmute', 'loop', 'remove', 'list'],
  ]);
});

test.each(subcommands.map(({ name }) => name))(
  '/track %s is for those who sit in the channel',
  async (name) => {
    const words = { sound: 'rain', level: '50', to: '5', mode: 'on', item: '1' };
    const replies = await track(name).run({ ...adam, words }, ports());
    expect(read(replies)).toEqual(['caller', 'Join Lounge first.']);
  },
);

test('a sound goes on main, once and behind the others, unless something else is said', async () => {
  const requests: PlayRequest[] = [];
  const over: PortOverrides = {
    async play(_guildId, _caller, request) {
      requests.push(request);
      return { kind: 'playing', title: 'rain', track: request.track };
    },
  };
  expect(read(await run('play', { sound: ' rain ' }, over))).toEqual(['room', 'rain on main.']);
  const all = { sound: 'rain', track: 'bg', volume: '30', loop: 'true', next: 'true' };
  expect(read(await run('play', all, over))).toEqual(['room', 'rain on bg.']);
  expect(requests).toEqual([
    { sound: 'rain', track: 'main', loop: false, next: false },
    { sound: 'rain', track: 'bg', percent: 30, loop: true, next: true },
  ]);
});

test('a file somebody adds is what is played', async () => {
  const sound = { url: 'https://cdn.example/1/song.mp3', name: 'song.mp3' };
  const requests: unknown[] = [];
  const play: PortOverrides['play'] = async (_guildId, _caller, request) => {
    requests.push(request.sound);
    return { kind: 'added', title: 'song', track: 'main', place: 3 };
  };
  const replies = await track('play').run({ ...inLounge, sound }, ports({ play }));
  expect(read(replies)).toEqual(['room', 'song added to main, number 3.']);
  expect(requests).toEqual([sound]);
});

test.each<[Playing, string]>([
  [{ kind: 'full', track: 'main', limit: 50 }, 'main is full (50).'],
  [
    { kind: 'many', limit: 2, names: ['bg', 'main'] },
    'The limit of 2 tracks is reached: bg, main. Use one of them, or stop one.',
  ],
  [
    { kind: 'bad', reason: { id: 'track.bad.too_long', with: { max: '3 h 0 min' } } },
    "Can't play that: longer than 3 h 0 min.",
  ],
  [{ kind: 'bad', reason: { id: 'track.bad.not_audio' } }, "Can't play that: not audio."],
  [
    { kind: 'no-sound', sound: 'ran', closest: ['rain', 'train'] },
    'No sound "ran". Closest: rain, train.',
  ],
  [
    { kind: 'no-sound', sound: 'x', closest: [] },
    'No sound "x". Paste a link or add a file instead.',
  ],
  [
    { kind: 'bad-name' },
    'The name of a track takes 1 to 40 characters, not only dots or spaces. A joined emoji counts as several.',
  ],
  [{ kind: 'reserved', track: 'voice' }, 'voice is mine. Choose another track, say main.'],
  [{ kind: 'muted' }, "I'm muted here; ask a moderator to unmute me."],
  [{ kind: 'nowhere' }, "I'm in no voice channel here."],
])('/track play tells its caller alone what keeps it from playing: %j', async (playing, words) => {
  const play = async () => playing;
  expect(read(await run('play', { sound: 'x' }, { play }))).toEqual(['caller', words]);
});

test.each([
  [{}, 'Which sound? Name one, paste a link, or add a file.'],
  [{ sound: '  ' }, 'Which sound? Name one, paste a link, or add a file.'],
  [{ sound: 'rain', volume: '201' }, 'Volume goes from 0 to 200.'],
  [{ sound: 'rain', volume: '-1' }, 'Volume goes from 0 to 200.'],
  [{ sound: 'rain', volume: '1.5' }, 'Volume goes from 0 to 200.'],
])('/track play with %j plays nothing', async (words, sentence) => {
  const play = () => Promise.reject(new Error('played'));
  expect(read(await run('play', words, { play }))).toEqual(['caller', sentence]);
});

test('a volume that is not theirs to change stays, and they are told', async () => {
  const kept = { owner: 'Ana', percent: 30 };
  const play = async () => ({ kind: 'playing', title: 'wind', track: 'bg', kept }) as const;
  expect(read(await run('play', { sound: 'wind', volume: '90' }, { play }))).toEqual([
    ...['room', 'wind on bg.', "bg stays at 30 %: that's Ana's."],
  ]);
});

test.each([
  ['pause', 'main paused.'],
  ['resume', 'main goes on.'],
  ['skip', 'Skipped rain. main is empty.'],
  ['stop', 'main stopped, 2 removed.'],
])('/track %s says what it did', async (name, words) => {
  expect(read(await run(name))).toEqual(['room', words]);
});

test.each<[readonly TrackOutcome[], readonly string[]]>([
  [
    [{ kind: 'skipped', track: 'bg', title: 'rain', next: 'wind' }],
    ['room', 'Skipped rain. Next: wind.'],
  ],
  [[{ kind: 'empty', track: 'bg' }], ['caller', 'bg is empty.']],
  [
    [{ kind: 'unknown', track: 'gb', names: ['bg', 'voice', 'cues'] }],
    ['caller', 'No track "gb". There are: bg, voice, cues.'],
  ],
  [[{ kind: 'silent' }], ['caller', 'No sound is on a track. /track play starts one.']],
  [
    [{ kind: 'reserved', track: 'voice' }],
    ['caller', 'voice is mine. Choose another track, say main.'],
  ],
  [
    [
      { kind: 'stopped', track: 'bg', removed: 1 },
      { kind: 'stopped', track: 'main', removed: 4 },
    ],
    ['room', 'bg stopped, 1 removed.', 'main stopped, 4 removed.'],
  ],
])('%j reads so', async (steered, words) => {
  expect(read(await run('skip', { track: 'all' }, { steer: () => steered }))).toEqual(words);
});

const denied: TrackOutcome = {
  kind: 'denied',
  track: 'main',
  owner: 'Ana',
  votes: 1,
  needed: 2,
  pollId: 'p-1',
};

test('what is somebody else’s is put to the vote, where everybody there can see it', async () => {
  const replies = await run('skip', {}, { steer: () => [denied] });
  expect(read(replies)).toEqual(['room', "That's Ana's. Ask a DJ, or vote: 1/2."]);
  expect(replies[0].buttons).toEqual(['track.vote:p-1']);
});

test('a vote is answered to the voter alone, what it has carried to all', async () => {
  const vote: PortOverrides['vote'] = (_guildId, personId, pollId) =>
    personId === 'adam' && pollId === 'p-1' ? [denied] : [];
  expect(read(await press('track.vote', 'p-1', { vote }))).toEqual([
    ...['caller', "That's Ana's. Ask a DJ, or vote: 1/2."],
  ]);
  const carried: PortOverrides['vote'] = () => [{ kind: 'skipped', track: 'bg', title: 'rain' }];
  expect(read(await press('track.vote', 'p-1', { vote: carried }))[0]).toBe('room');
  expect(read(await press('track.vote', 'p-1'))).toEqual([
    'caller',
    'That button no longer works. Ask me again.',
  ]);
});

test('the buttons of the panel steer the track they carry, and answer privately', async () => {
  const asked: unknown[] = [];
  const over: PortOverrides = {
    ...listing,
    steer: (_guildId, { id }, action, name) => {
      asked.push([id, action, name]);
      return [denied];
    },
    change: (_guildId, _caller, setting, name) => {
      const percent = setting.kind === 'volume' ? setting.percent : -1;
      asked.push([name, percent]);
      return { kind: 'volume', track: name, percent };
    },
  };
  const replies = await press('track.skip', 'bg', over);
  expect(read(replies)[0]).toBe('caller');
  expect(replies[0].buttons).toBeUndefined();
  expect(read(await press('track.louder', 'bg', over))).toEqual(['caller', 'bg at 40 %.']);
  await press('track.quieter', 'bg', over);
  await press('track.quieter', 'voice', over);
  await press('track.pause', 'bg', over);
  await press('track.resume', 'bg', over);
  expect(asked).toEqual([
    ['adam', 'skip', 'bg'],
    ...[
      ['bg', 40],
      ['bg', 20],
      ['voice', 90],
    ],
    ['adam', 'pause', 'bg'],
    ['adam', 'resume', 'bg'],
  ]);
});

test('a button of the panel knows its track whatever the case, and by its digest where the name is long', async () => {
  const named = { ...rain, name: '🎸'.repeat(40) };
  const asked: string[] = [];
  const over: PortOverrides = {
    list: () => [rain, named],
    steer: (_guildId, _caller, _action, name) => {
      asked.push(name);
      return [denied];
    },
  };
  await press('track.skip', trackReference(named.name), over);
  await press('track.skip', 'BG', over);
  await press('track.skip', 'gone', over);
  expect(asked).toEqual([named.name, 'bg', 'gone']);
  const louder = await press('track.louder', trackReference(named.name), over);
  expect(read(louder)).toEqual(['caller', `${named.name} at 40 %.`]);
});

test.each([['0'], ['200']])('/track volume takes %s', async (level) => {
  expect(read(await run('volume', { level }))).toEqual(['room', `main at ${level} %.`]);
});

test.each([['201'], ['-1'], ['loud'], ['']])('/track volume does not take %j', async (level) => {
  expect(read(await run('volume', { level }))).toEqual(['caller', 'Volume goes from 0 to 200.']);
});

test('/track list tells what plays, how loud and where it is', async () => {
  expect(read(await run('list', {}, listing))).toEqual([
    ...['caller', 'bg: rain, 0:40 / 2:05, on repeat, 30 %', 'voice: 100 %', 'cues: 100 %'],
  ]);
  expect(read(await press('track.list', '', listing))).toHaveLength(4);
  const quiet = await run('list', {}, { list: () => own });
  expect(read(quiet)[1]).toBe('No sound is on a track. /track play starts one.');
});

test('/track queue tells what waits and whose it is, but not all of a long line', async () => {
  expect(read(await run('queue', { track: 'BG' }, listing))).toEqual([
    ...['caller', 'bg: rain, 0:40 / 2:05, on repeat, 30 %', '1. wind (Ben)'],
    '2. sea (somebody)',
  ]);
  const waiting = Array.from({ length: 50 }, (_, n) => ({ title: `${n}`, owner: 'Ben' }));
  const long = read(await run('queue', { track: 'bg' }, { list: () => [{ ...rain, waiting }] }));
  expect([long.length, long.at(-1)]).toEqual([18, 'And 35 more.']);
  expect(read(await run('queue', {}, listing))).toEqual([
    ...['caller', 'No track "main". There are: bg, voice, cues.'],
  ]);
});

test('/track queue tells what the bot says and what waits for that, with whose it is', async () => {
  const said = { title: '“Dinner”', owner: 'Ana', loop: false };
  const waiting = [{ title: 'an answer', owner: 'Ben' }];
  const voice = { ...rain, name: 'voice', percent: 100, current: said, waiting };
  const queue = (view: ListedTrack) => run('queue', { track: 'voice' }, { list: () => [view] });
  expect(read(await queue(voice))).toEqual([
    ...['caller', 'voice: “Dinner” (Ana), 100 %', '1. an answer (Ben)'],
  ]);
  const { current: _, ...greeting } = voice;
  expect(read(await queue(greeting))).toEqual(['caller', 'voice: 100 %', '1. an answer (Ben)']);
});

test('sounds and tracks are suggested, first what begins so, and all where an action takes them', async () => {
  const suggested = async (name: string, option: string, typed: string) => {
    const found = track(name).options.find((one) => one.name === option);
    if (found?.kind !== 'text') throw new Error(`no ${option}`);
    return await found.suggest?.(typed, inLounge, ports(listing));
  };
  expect(await suggested('play', 'sound', 'r')).toEqual(['rain', 'train']);
  expect(await suggested('play', 'track', '')).toEqual(['bg', 'main']);
  expect(await suggested('pause', 'track', '')).toEqual(['bg', 'main', 'all']);
  expect(await suggested('skip', 'track', '')).toEqual(['bg', 'main', 'voice', 'all']);
  expect(await suggested('queue', 'track', '')).toEqual(['bg', 'main', 'voice']);
  expect(await suggested('volume', 'track', '')).toEqual(['bg', 'voice', 'cues']);
  const listed = {
    list: () => [
      { ...rain, name: 'Rainy Day' },
      { ...rain, name: 'MAIN' },
    ],
  };
  const play = track('play').options.find((one) => one.name === 'track');
  const names = play?.kind === 'text' && (await play.suggest?.('', inLounge, ports(listed)));
  expect(names).toEqual(['Rainy Day', 'MAIN']);
});
