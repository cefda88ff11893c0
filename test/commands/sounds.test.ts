import type { CommandCall, OpenedReply } from '#src/features/command.ts';
import { toSoundKey } from '#src/features/tracks/server-sounds.ts';
import { callAs, inLounge, type PortOverrides } from './command-ports.ts';
import { readReply as read, runPressed, runTyped } from './run-typed.ts';

const many = Array.from({ length: 45 }, (_, n) => `sound ${n + 1}`);
const listing: PortOverrides = { listSounds: async () => many };
const idle = { isPaused: false, isMuted: false, waiting: [] };

/** Presses a button; all behind its first colon is what it is about. */
function pressButton(
  name: string,
  over: PortOverrides = {},
  call: CommandCall = inLounge,
) {
  const [button = '', ...about] = name.split(':');
  return runPressed(button, { ...call, inputs: { about: about.join(':') } }, over);
}

/** Labels of buttons; those of the language are their name alone. */
const listButtons = ([reply]: readonly [OpenedReply, ...unknown[]]) =>
  reply.buttons?.map((name) => reply.buttonLabels?.[name] ?? name) ?? [];

test('the board has a row that steers and twenty sounds a page, with the volume of its track', async () => {
  const volume = [{ ...idle, name: 'sounds', percent: 75 }];
  const board = await runTyped('sounds', inLounge, {
    ...listing,
    listTracks: () => volume,
  });
  expect(read(board)).toEqual([
    'room',
    'Sounds, page 1 of 3. Volume: 75 %.',
    'Press a sound, and everybody in the channel hears it.',
  ]);
  expect(listButtons(board)).toEqual([
    ...[
      'sounds.back:0',
      'sounds.next:2',
      'sounds.quieter:1',
      'sounds.louder:1',
      'track.stop:sounds',
    ],
    ...many.slice(0, 20),
  ]);
});

test('pages of the board go round, in the same message', async () => {
  const last = await pressButton('sounds.back:0', listing);
  expect(last).toMatchObject([
    { id: 'sounds.board', with: { page: 3 }, inPlace: true },
  ]);
  expect(listButtons(last).slice(5)).toEqual(many.slice(40));
  expect(await pressButton('sounds.next:4', listing)).toMatchObject([
    { with: { page: 1 } },
  ]);
});

test('a press plays the sound on the track of the board, and the message tells who pressed', async () => {
  const played: unknown[] = [];
  const key = toSoundKey('sound 21');
  const board = await pressButton(`sounds.play:2:${key}`, {
    ...listing,
    playSound: async (_guildId, caller, request) => {
      played.push([caller.name, request.sound, request.track]);
      const ended = Promise.resolve('completed' as const);
      const { track } = request;
      return [{ kind: 'playing', title: 'sound 21', track, place: 0, ended }];
    },
  });
  expect(played).toEqual([['Adam', 'sound 21', 'sounds']]);
  expect(read(board).slice(1)).toEqual([
    'Sounds, page 2 of 3. Volume: 100 %.',
    'Adam played sound 21.',
  ]);
});

test('a button of a sound that is gone shows the sounds that are there', async () => {
  const board = await pressButton(`sounds.play:1:${toSoundKey('former')}`, listing);
  expect(read(board)[2]).toBe('That sound is not there any more.');
});

test('Louder and Quieter change the track of the board, between 0 and 200 %', async () => {
  const changes: unknown[] = [];
  const over = (percent: number): PortOverrides => ({
    listTracks: () => [{ ...idle, name: 'sounds', percent }],
    changeTracks: (_guildId, _caller, command, track) => {
      changes.push(command);
      return [{ kind: 'volume', track, percent }];
    },
  });
  for (const [name, percent] of [
    ['louder', 100],
    ['louder', 200],
    ['quieter', 10],
  ] as const)
    await pressButton(`sounds.${name}:1`, over(percent));
  expect(changes).toEqual(
    [125, 200, 0].map((percent) => ({ kind: 'volume', percent })),
  );
});

test('the board and its buttons are for those who sit with the bot and may open its channel', async () => {
  const elsewhere = callAs({});
  const outside = { ...inLounge, placeId: undefined };
  const [refused] = await runTyped('sounds', elsewhere);
  expect(refused.id).toMatch(/^perm\.room/);
  for (const name of ['sounds.next:1', `sounds.play:1:${toSoundKey('rain')}`])
    expect((await pressButton(name, {}, elsewhere))[0].id).toMatch(/^perm\.room/);
  const [closed] = await pressButton('sounds.next:1', { canOpen: async () => false });
  expect(closed.id).toMatch(/^perm\.room/);
  expect(await pressButton('sounds.next:1', {}, outside)).toMatchObject([
    { to: 'caller' },
  ]);
});

const file = { url: 'https://files.example/bell.mp3', name: 'bell.mp3' };

test('members with Create Expressions add sounds, from wherever they are', async () => {
  const asked: unknown[] = [];
  const over: PortOverrides = {
    addSound: async (_guildId, personId, sound, title) => {
      asked.push([personId, sound, title]);
      return { kind: 'added', title };
    },
  };
  const addFile = (facts: Parameters<typeof callAs>[0], inputs = {}) =>
    runTyped('sounds', { ...callAs(facts), sound: file, inputs }, over);
  expect(read(await addFile({}))).toEqual([
    'caller',
    'Only people with Create Expressions can add sounds. Ask somebody who manages this server.',
  ]);
  expect(asked).toEqual([]);
  await addFile({ mayCreateExpressions: true }, { name: 'Door' });
  expect(read(await addFile({ mayManage: true }))).toEqual([
    'caller',
    'bell is on the board now: /sounds.',
  ]);
  expect(asked).toEqual([
    ['adam', file, 'Door'],
    ['adam', file, 'bell'],
  ]);
});

test.each([
  [
    { kind: 'taken', title: 'bell' },
    'There is a sound bell already. Choose another name.',
  ],
  [{ kind: 'bad-name' }, 'The name of a sound has 1 to 32 characters.'],
  [{ kind: 'bad', reason: { id: 'track.bad.too_big' } }, 'That file is too big.'],
  [
    { kind: 'full', limit: 50 },
    'The limit of 50 is reached. Try again later, or make room: /sounds remove.',
  ],
] as const)(
  'a sound that cannot be added is refused with the reason: %j',
  async (outcome, text) => {
    const call = { ...callAs({ mayCreateExpressions: true }), sound: file };
    const said = await runTyped('sounds', call, { addSound: async () => outcome });
    expect(read(said)).toEqual(['caller', text]);
  },
);

test('a sound is removed by name, for those who may', async () => {
  const removeFile = (over: PortOverrides = {}) =>
    runTyped('sounds', { ...inLounge, inputs: { remove: 'bell' } }, over);
  expect(read(await removeFile())).toEqual(['caller', 'Removed bell from the board.']);
  const denied = await removeFile({
    removeSound: async (_guildId, _caller, title) => ({ kind: 'denied', title }),
  });
  expect(read(denied)[1]).toMatch(/^Only whoever added bell/);
});
