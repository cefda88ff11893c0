import { expect, test } from 'vitest';
import type { Pipeline, Turn } from '#src/pipeline/pipeline.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { Pipelines } from '#src/session/ports/pipelines.ts';
import { settingKeys } from '#src/session/ports/settings.ts';
import { MemorySettings } from '#test/fakes/memory-stores.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import {
  adam,
  eva,
  type House,
  lounge,
  only,
  openHouse,
  pass,
  places,
  words,
} from '#test/session/setup/session-fixture.ts';

const roleId = '123456789012345678';
const speech = 'human-cards-004';

/** A pipeline that says its own name, and keeps what it was asked. */
function named(name: string, asked: Turn[]): Pipeline {
  return {
    async *answer(turn) {
      asked.push(turn);
      await turn.said[0]?.transcript();
      yield { kind: 'text', text: `I am ${name}.` };
      const samples = new Int16Array(2_400).fill(1);
      yield {
        kind: 'audio',
        pcm: { samples, rateHz: 24_000, channels: 1 },
        ofText: `I am ${name}.`,
      };
    },
  };
}

function two(asked: Turn[] = []): Pipelines {
  return {
    names: ['chained', 'realtime'],
    open: (name) => named(name, asked),
    engine: (name) => `the ${name} engine`,
    needs: () => 'AUDIO_MODEL_NAME',
  };
}

async function called(over: Partial<SessionDependencies> = {}, people = [adam]): Promise<House> {
  const house = openHouse(over, people);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 100);
  return house;
}

/** Adam says something and whatever comes of it is over. */
async function ask(house: House): Promise<void> {
  await pass(house, 6_000, await words(speech, adam, house.clock.nowMs()));
}

const told = ({ of }: House) => of('answered').map(({ text }) => text);

test('what nobody has set is what the operator has', async () => {
  const { settings } = openHouse({ names: ['Nova', 'Novi'] });
  expect(await settings.view('g')).toEqual({
    isRead: true,
    all: [
      { key: 'pipeline', value: 'chained', isOwn: false },
      { key: 'addressing', value: 'always', isOwn: false },
      { key: 'cues', value: 'soft', isOwn: false },
      { key: 'instructions', value: 'Be brief.', isOwn: false },
      { key: 'voice', value: 'slt', isOwn: false },
      { key: 'names', value: 'Nova, Novi', isOwn: false },
      { key: 'dj_role', value: 'none', isOwn: false },
      { key: 'duck_for_people', value: 'off', isOwn: false },
      { key: 'consent', value: 'ask', isOwn: false },
    ],
  });
});

test('what a server has set survives a restart, and other servers never see it', async () => {
  const settingsBook = new MemorySettings();
  const before = openHouse({ settingsStore: settingsBook });
  const set = { kind: 'set', key: 'addressing', value: 'name', saved: true };
  expect(await before.settings.set('g', ' Addressing', 'NAME ')).toEqual(set);
  const { settings } = openHouse({ settingsStore: settingsBook });
  const own = { key: 'addressing', value: 'name', isOwn: true };
  expect((await settings.view('g')).all).toContainEqual(own);
  expect((await settings.view('h')).all.some(({ isOwn }) => isOwn)).toBe(false);
});

test('default gives a key back to the operator', async () => {
  const { settings } = openHouse();
  await settings.set('g', 'cues', 'off');
  expect(await settings.set('g', 'cues', 'Default')).toMatchObject({ kind: 'set', value: 'soft' });
  expect((await settings.view('g')).all.some(({ isOwn }) => isOwn)).toBe(false);
});

test.each([
  ['volume', '3', { kind: 'unknown', keys: settingKeys }],
  ['constructor', '3', { kind: 'unknown', keys: settingKeys }],
  ['addressing', 'shout', { kind: 'bad', allowed: ['auto', 'name', 'window', 'always', 'off'] }],
  ['cues', '', { kind: 'bad', allowed: ['off', 'soft', 'on'] }],
  ['pipeline', 'magic', { kind: 'bad', allowed: ['chained', 'realtime'] }],
  ['pipeline', 'audio-model', { kind: 'missing', name: 'audio-model', needs: 'AUDIO_MODEL_NAME' }],
  ['voice', 'nobody', { kind: 'bad', allowed: ['slt', 'rms'] }],
  ['instructions', ' ', { kind: 'bad', allowed: [] }],
  ['instructions', 'x'.repeat(1_001), { kind: 'bad', allowed: [] }],
  ['names', 'Nova,,Juno', { kind: 'bad', allowed: [] }],
  ['names', 'x'.repeat(33), { kind: 'bad', allowed: [] }],
  ['names', Array.from({ length: 11 }, (_, n) => `N${n}a`).join(), { kind: 'bad', allowed: [] }],
  ['dj_role', 'everyone', { kind: 'bad', allowed: ['none'] }],
  ['duck_for_people', 'maybe', { kind: 'bad', allowed: ['off', 'on'] }],
  ['consent', 'nobody', { kind: 'bad', allowed: ['ask', 'role', 'notice'] }],
  ['consent', 'role', { kind: 'no-role' }],
  ['consent', 'role everyone', { kind: 'bad', allowed: ['ask', 'role', 'notice'] }],
])('%s set to %j changes nothing', async (key, value, expected) => {
  const { settings, settingsBook } = openHouse({ pipelines: two() });
  const before = await settings.view('g');
  expect(await settings.set('g', key, value)).toMatchObject(expected);
  expect(await settings.view('g')).toEqual(before);
  expect(await settingsBook.read('g')).toEqual(new Map());
});

test('a switch of the pipeline keeps the conversation, and the panel names the new engine', async () => {
  const asked: Turn[] = [];
  const house = await called({ pipelines: two(asked) });
  await ask(house);
  expect(house.faces.at(-1)?.engine).toBe('the chained engine');
  expect(await house.settings.set('g', 'pipeline', 'realtime')).toMatchObject({ kind: 'set' });
  await pass(house, 200);
  expect(house.faces.at(-1)?.engine).toBe('the realtime engine');
  await ask(house);
  expect(told(house)).toEqual(['I am chained.', 'I am realtime.']);
  expect(asked.at(-1)?.history).toEqual([
    { role: 'user', name: 'Adam', content: 'five five' },
    { role: 'assistant', content: 'I am chained.' },
  ]);
  await house.rooms.leave('g');
});

test('a pipeline that is not set up any more gives way to the operator’s', async () => {
  const settingsBook = new MemorySettings();
  await settingsBook.write('g', 'pipeline', 'audio-model');
  await settingsBook.write('g', 'cues', 'deafening');
  const { settings } = openHouse({ settingsStore: settingsBook, pipelines: two() });
  const { all } = await settings.view('g');
  expect(all).toContainEqual({ key: 'pipeline', value: 'chained', isOwn: false });
  expect(all).toContainEqual({ key: 'cues', value: 'soft', isOwn: false });
});

test('the mode of addressing changes while it sits there, without a word about it', async () => {
  const house = await called();
  await ask(house);
  await house.settings.set('g', 'addressing', 'off');
  await ask(house);
  expect(house.of('ignored')).toMatchObject([{ why: 'off' }]);
  await house.settings.set('g', 'addressing', 'always');
  await ask(house);
  expect(told(house)).toHaveLength(2);
  expect([house.door.asked, house.written]).toEqual([1, []]);
  await house.rooms.leave('g');
});

test('it answers to the names a server gives it, and tells the model of them', async () => {
  const asked: Turn[] = [];
  const transcriber = new FakeTranscriber({ texts: ['Babette, five five'] });
  const pipelines = only(named('me', asked));
  const house = await called({ pipelines, transcriber, addressing: 'name' });
  await ask(house);
  await house.settings.set('g', 'names', 'Babette, Max');
  await house.settings.set('g', 'instructions', 'You are a pirate.');
  await house.settings.set('g', 'voice', 'RMS');
  await ask(house);
  expect(told(house)).toHaveLength(1);
  expect(asked[0]?.style).toMatchObject({
    instructions: 'You are a pirate. Your name is Nova. You are also called Babette, Max.',
    voice: { name: 'rms' },
  });
  await house.rooms.leave('g');
});

test('more people are heard unasked only after a confirmation, and the room is told', async () => {
  const house = await called({ addressing: 'always' }, [adam, eva]);
  expect(await house.settings.set('g', 'consent', 'notice')).toEqual({
    kind: 'looser',
    policy: 'notice',
    value: 'notice',
  });
  await pass(house, 6_000, await words(speech, eva, house.clock.nowMs()));
  expect(house.of('recognised')).toEqual([]);
  const confirmed = await house.settings.set('g', 'consent', 'notice', 'confirmed');
  expect(confirmed).toMatchObject({ kind: 'set', value: 'notice' });
  await pass(house, 6_000, await words(speech, eva, house.clock.nowMs()));
  expect(house.of('recognised')).toHaveLength(1);
  expect(house.written).toEqual([
    'From now on I hear everybody here; /privacy deny undoes it for you.',
  ]);
  await house.rooms.leave('g');
});

test('fewer people are heard unasked at once, and a no is never undone', async () => {
  const house = await called({ consent: { policy: 'notice' } }, [adam, eva]);
  expect(await house.settings.set('g', 'consent', 'ask')).toMatchObject({ kind: 'set' });
  await pass(house, 6_000, await words(speech, eva, house.clock.nowMs()));
  await house.privacy.deny('g', 'eva');
  await house.settings.set('g', 'consent', 'notice', 'confirmed');
  await pass(house, 6_000, await words(speech, eva, house.clock.nowMs()));
  expect(house.of('recognised')).toEqual([]);
  await house.rooms.leave('g');
});

test('a role may be named where the operator named none, and its members are heard', async () => {
  const house = await called({}, [adam, { ...eva, roleIds: [roleId] }]);
  const value = `role <@&${roleId}>`;
  expect(await house.settings.set('g', 'consent', value)).toMatchObject({ kind: 'looser' });
  const confirmed = await house.settings.set('g', 'consent', value, 'confirmed');
  expect(confirmed).toMatchObject({ kind: 'set', value: `role ${roleId}` });
  await pass(house, 6_000, await words(speech, eva, house.clock.nowMs()));
  expect(house.of('recognised')).toHaveLength(1);
  expect(house.door.link.refreshed).toContain('eva');
  await house.rooms.leave('g');
});

test('settings that cannot be saved hold until the bot ends, and the operator is told', async () => {
  const house = openHouse();
  house.settingsBook.trouble = 'unwritable';
  const set = await house.settings.set('g', 'cues', 'off');
  expect(set).toEqual({ kind: 'set', key: 'cues', value: 'off', saved: false });
  expect((await house.settings.view('g')).all).toContainEqual({
    key: 'cues',
    value: 'off',
    isOwn: true,
  });
  expect(house.of('failed')).toMatchObject([{ stage: 'store', code: 'store.unwritable' }]);
});

test('as long as settings cannot be read nobody is heard unasked', async () => {
  const house = openHouse({ consent: { policy: 'notice' } }, [adam, eva]);
  house.settingsBook.trouble = 'unreadable';
  await house.rooms.join(lounge, 'adam');
  await pass(house, 6_000, await words(speech, eva, house.clock.nowMs()));
  expect(house.of('recognised')).toEqual([]);
  expect((await house.settings.view('g')).isRead).toBe(false);
  house.settingsBook.trouble = undefined;
  await house.rooms.join(lounge, 'adam');
  await pass(house, 6_000, await words(speech, eva, house.clock.nowMs()));
  expect(house.of('recognised')).toHaveLength(1);
  await house.rooms.leave('g');
});

test('what is forgotten about a person leaves the settings of the server alone', async () => {
  const house = openHouse({ places });
  await house.settings.set('g', 'cues', 'on');
  await house.privacy.forget('g', 'adam');
  expect(await house.settingsBook.read('g')).toEqual(new Map([['cues', 'on']]));
});

test('what may stand behind a key is offered, with default last', () => {
  const { settings } = openHouse({ pipelines: two() });
  expect(settings.values('pipeline')).toEqual(['chained', 'realtime', 'default']);
  expect(settings.values('Voice ')).toEqual(['slt', 'rms', 'default']);
  expect(settings.values('names')).toEqual(['default']);
  expect(settings.values('toString')).toEqual([]);
});

test('what a server sets of the persona and of consent also holds where the bot sits nowhere', async () => {
  const house = openHouse({ consent: { policy: 'notice' } });
  await house.settings.set('g', 'instructions', 'You are a pirate.');
  await house.settings.set('g', 'consent', 'ask');
  await house.talk.ask('g', 'Who are you?', { id: 'adam', name: 'Adam' }, 'text');
  expect(house.chat.asked[0]?.messages[0]?.content).toContain(
    'You are a pirate. Your name is Nova.',
  );
  expect(await house.privacy.status('g', 'eva')).toMatchObject({ hearing: false });
});
