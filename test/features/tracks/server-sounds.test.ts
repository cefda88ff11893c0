import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { adam, places } from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  byEva,
  listTitles,
  manager,
  openSetup,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';
import { makeCatalog } from '#test/fakes/fake-sounds.ts';

const [guild, other] = [toGuildId('g'), toGuildId('other')];
const bell = { url: 'https://files.example/bell.mp3', name: 'bell.mp3' };
const airhorn = { name: 'Airhorn', url: 'https://sounds.example/soundboard-sounds/1' };
const { library, opener } = makeCatalog();

test('a sound that a member adds is played by its name in that server alone, before those of the machine', async () => {
  const { tracks, ...fixture } = await openSetup();
  expect(await tracks.addSound(guild, adam.id, bell, 'Bell')).toEqual({
    kind: 'added',
    title: 'Bell',
  });
  expect(await tracks.listSounds(guild)).toEqual(['Bell', 'rain', 'sea', 'wind']);
  expect(await tracks.listSounds(other)).toEqual(['rain', 'sea', 'wind']);
  const outcome = await playSound({ tracks, ...fixture }, byAdam, { sound: 'bell' });
  expect(outcome).toMatchObject({ kind: 'playing', title: 'Bell' });
});

test("the server's soundboard at Discord is played by its names too", async () => {
  const fixture = await openSetup(undefined, {
    places: { ...places, listSoundboard: async () => [airhorn] },
  });
  expect(await fixture.tracks.listSounds(guild)).toContain('Airhorn');
  const outcome = await playSound(fixture, byAdam, { sound: 'airhorn' });
  expect(outcome).toMatchObject({ kind: 'playing', title: 'Airhorn' });
  expect(listTitles(fixture)).toContain('Airhorn');
});

test('a sound with a name that is there, or too long, is not added', async () => {
  const { tracks } = await openSetup();
  const add = (name: string) => tracks.addSound(guild, adam.id, bell, name);
  expect(await add('RAIN')).toEqual({ kind: 'taken', title: 'RAIN' });
  for (const name of [' ', 'x'.repeat(33), 'https://a.example'])
    expect(await add(name)).toEqual({ kind: 'bad-name' });
  expect(await tracks.listAddedSounds(guild)).toEqual([]);
});

test.each(['source.not_audio', 'source.too_big', 'source.unreachable'] as const)(
  'a file that fails with %s is told, and nothing is stored',
  async (code) => {
    const fetchBytes = async () => {
      throw new BotError(code, false, 'no');
    };
    const sounds = { library, opener: { ...opener, fetchBytes } };
    const { tracks } = await openSetup(undefined, { sounds });
    const id = `track.bad.${code.split('.')[1]}`;
    expect(await tracks.addSound(guild, adam.id, bell, 'bell')).toEqual({
      kind: 'bad',
      reason: { id },
    });
    expect(await tracks.listAddedSounds(guild)).toEqual([]);
  },
);

test('a sound of more than a minute is not added', async () => {
  const openSource: typeof opener.openSource = async (location, signal) => {
    const source = await opener.openSource(location, signal);
    async function* openLong() {
      for (let n = 0; n < 7; n++) yield* source.open(0, signal);
    }
    return { ...source, open: openLong };
  };
  const sounds = { library, opener: { ...opener, openSource } };
  const { tracks } = await openSetup(undefined, { sounds });
  const outcome = await tracks.addSound(guild, adam.id, bell, 'bell');
  expect(outcome).toMatchObject({ kind: 'bad', reason: { id: 'track.bad.too_long' } });
});

test('whoever added a sound removes it, or a manager, and nobody else', async () => {
  const { tracks } = await openSetup();
  const denied = { kind: 'denied', title: 'bell' };
  for (const remover of [byAdam, manager]) {
    await tracks.addSound(guild, adam.id, bell, 'bell');
    expect(await tracks.removeSound(guild, byEva, 'bell')).toEqual(denied);
    expect(await tracks.removeSound(guild, remover, 'Bell')).toEqual({
      kind: 'removed',
      title: 'bell',
    });
    expect(await tracks.listAddedSounds(guild)).toEqual([]);
  }
  expect(await tracks.removeSound(guild, manager, 'rain')).toMatchObject({
    kind: 'unknown',
  });
});

test('a person who is forgotten takes along the sounds that they added, and others stay', async () => {
  const { privacy, tracks } = await openSetup();
  await tracks.addSound(guild, adam.id, bell, 'of Adam');
  await tracks.addSound(guild, toPersonId('eva'), bell, 'of Eva');
  await privacy.forget(guild, adam.id);
  expect(await tracks.listAddedSounds(guild)).toEqual(['of Eva']);
});

test('while the store cannot be read the sounds of the machine are there', async () => {
  const { stores, tracks } = await openSetup();
  stores.sounds.trouble = 'unreadable';
  expect(await tracks.listSounds(guild)).toEqual(['rain', 'sea', 'wind']);
  stores.sounds.trouble = 'unwritable';
  expect(await tracks.addSound(guild, adam.id, bell, 'bell')).toEqual({
    kind: 'unsaved',
  });
});
