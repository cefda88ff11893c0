import { expect, test } from 'vitest';
import type { PipelineRegistry } from '#src/conversation/ports/pipeline-registry.ts';
import { serverSettings } from '#src/features/features.ts';
import type { Pipeline, Turn } from '#src/pipeline/pipeline.ts';
import {
  adam,
  called,
  eva,
  lounge,
  only,
  openSessionFixture,
  pass,
  places,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { MemorySettings } from '#test/fakes/memory-stores.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';

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

function two(asked: Turn[] = []): PipelineRegistry {
  return {
    names: ['chained', 'realtime'],
    open: (name) => named(name, asked),
    engine: (name) => `the ${name} engine`,
  };
}

/** Adam says something and whatever comes of it is over. */
async function ask(fixture: SessionFixture): Promise<void> {
  await pass(fixture, 6_000, await words(speech, adam, fixture.clock.nowMs()));
}

/** Settings of the server `g`, without what belongs to their records. */
async function viewed(settings: SessionFixture['settings']) {
  const { all } = await settings.view('g');
  return all.map(({ key, value, from }) => ({ key, value, from }));
}

const reported = ({ of }: SessionFixture) => of('answered').map(({ text }) => text);

test('what nobody has set is what the operator has', async () => {
  const { settings } = openSessionFixture();
  expect(await viewed(settings)).toEqual([
    { key: 'pipeline', value: 'chained', from: 'default' },
    { key: 'addressing', value: 'always', from: 'default' },
    { key: 'cues', value: 'soft', from: 'default' },
    { key: 'instructions', value: 'Be brief.', from: 'default' },
    { key: 'voice', value: 'slt', from: 'default' },
    { key: 'dj_role', value: 'none', from: 'default' },
    { key: 'consent', value: 'ask', from: 'default' },
    { key: 'captions', value: 'off', from: 'default' },
    { key: 'captions_channel', value: 'none', from: 'default' },
    { key: 'captions_days', value: '7', from: 'default' },
    { key: 'recap', value: 'off', from: 'default' },
    { key: 'memory', value: 'off', from: 'default' },
    { key: 'auto_join', value: 'none', from: 'default' },
    { key: 'auto_join_mode', value: 'talk', from: 'default' },
    { key: 'leave_after', value: '60', from: 'default' },
    { key: 'roles', value: 'none', from: 'default' },
    { key: 'blocked', value: 'none', from: 'default' },
    { key: 'budget_day', value: 'none', from: 'default' },
    { key: 'typed', value: 'voice', from: 'default' },
    { key: 'language', value: 'none', from: 'default' },
    { key: 'languages', value: 'none', from: 'default' },
    { key: 'timezone', value: 'UTC', from: 'default' },
    { key: 'read_channel', value: 'none', from: 'default' },
  ]);
});

test('a standard value is the operator’s where they have set it, else a default', async () => {
  const given = new Set(['ADDRESSING', 'CONSENT_POLICY']);
  const all = await viewed(openSessionFixture({ given }).settings);
  const keys = all.filter(({ from }) => from === 'operator').map(({ key }) => key);
  expect(keys).toEqual(['addressing', 'consent']);
});

test('what a server has set survives a restart, and other servers never see it', async () => {
  const settingsStore = new MemorySettings();
  const before = openSessionFixture({ settingsStore });
  const set = { kind: 'set', key: 'addressing', value: 'name', saved: true };
  const line = { id: 'settings.addressing.name' };
  expect(await before.settings.set('g', ' Addressing', 'NAME ')).toEqual({ ...set, line });
  const { settings } = openSessionFixture({ settingsStore });
  const own = { key: 'addressing', value: 'name', from: 'server' };
  expect(await viewed(settings)).toContainEqual(own);
  expect((await settings.view('h')).all.some(({ from }) => from === 'server')).toBe(false);
});

test('captions of a voice channel and their options survive a restart, also unreadable ones', async () => {
  const settingsStore = new MemorySettings();
  const { sessions } = openSessionFixture({ settingsStore });
  const options = { language: 'de', translateTo: 'en' };
  expect(await sessions.settings.setCaptionsIn('g', '7', options)).toBe(true);
  await settingsStore.write('g', 'captions:8', '{"language":"; drop"}');
  const { settings } = openSessionFixture({ settingsStore }).sessions;
  await settings.load('g');
  expect(settings.captionsIn('g', '7')).toEqual(options);
  expect(settings.captionsIn('g', '8')).toEqual({});
  expect(settings.captionsIn('g', '9')).toBeUndefined();
  await settings.setCaptionsIn('g', '7', undefined);
  expect(settings.captionsIn('g', '7')).toBeUndefined();
});

test('default gives a key back to the operator', async () => {
  const { settings } = openSessionFixture();
  await settings.set('g', 'cues', 'off');
  expect(await settings.set('g', 'cues', 'Default')).toMatchObject({ kind: 'set', value: 'soft' });
  expect((await settings.view('g')).all.some(({ from }) => from === 'server')).toBe(false);
});

test.each([
  ['volume', '3', { kind: 'unknown', keys: serverSettings.map(({ key }) => key) }],
  ['constructor', '3', { kind: 'unknown', keys: serverSettings.map(({ key }) => key) }],
  ['addressing', 'shout', { kind: 'bad', allowed: ['auto', 'name', 'window', 'always', 'off'] }],
  ['cues', '', { kind: 'bad', allowed: ['off', 'soft', 'on'] }],
  ['pipeline', 'magic', { kind: 'bad', allowed: ['chained', 'realtime'] }],
  ['pipeline', 'audio-model', { kind: 'missing', name: 'audio-model' }],
  ['instructions', ' ', { kind: 'bad', allowed: [] }],
  ['instructions', 'x'.repeat(1_001), { kind: 'bad', allowed: [] }],
  ['dj_role', 'everyone', { kind: 'bad', allowed: ['none'] }],
  ['consent', 'nobody', { kind: 'bad', allowed: ['ask', 'role', 'notice'] }],
  ['captions_channel', 'general', { kind: 'bad', allowed: ['none'] }],
  ['read_channel', 'general', { kind: 'bad', allowed: ['none'] }],
  ['captions_days', '-1', { kind: 'bad', allowed: ['0', '1', '7', '30'] }],
  ['captions_days', '366', { kind: 'bad' }],
  ['captions_days', '1.5', { kind: 'bad' }],
  ['auto_join', 'lounge', { kind: 'bad', allowed: ['none'] }],
  ['auto_join', '<#111111111111111111>', { kind: 'bad', allowed: ['none'] }],
  ['leave_after', '9', { kind: 'bad' }],
  ['roles', 'everyone', { kind: 'bad', allowed: ['none'] }],
  ['budget_day', 'much', { kind: 'bad' }],
  ['budget_day', '1 2', { kind: 'bad' }],
  ['budget_day', '0', { kind: 'bad' }],
  ['blocked', 'ben', { kind: 'bad', allowed: ['none'] }],
  ['blocked', Array.from({ length: 41 }, (_, n) => 10 ** 16 + n).join(), { kind: 'bad' }],
  ['leave_after', '25h', { kind: 'bad' }],
  ['recap', 'maybe', { kind: 'bad', allowed: ['off', 'on'] }],
  ['consent', 'role', { kind: 'no-role' }],
  ['consent', 'role everyone', { kind: 'bad', allowed: ['ask', 'role', 'notice'] }],
])('%s set to %j changes nothing', async (key, value, expected) => {
  const { settings, settingsStore } = openSessionFixture({ pipelines: two() });
  const before = await viewed(settings);
  expect(await settings.set('g', key, value)).toMatchObject(expected);
  expect(await viewed(settings)).toEqual(before);
  expect(await settingsStore.read('g')).toEqual(new Map());
});

test('a switch of the pipeline keeps the conversation, and the panel names the new engine', async () => {
  const asked: Turn[] = [];
  const fixture = await called({ pipelines: two(asked) });
  await ask(fixture);
  expect(fixture.faces.at(-1)?.engine).toBe('the chained engine');
  expect(await fixture.settings.set('g', 'pipeline', 'realtime')).toMatchObject({ kind: 'set' });
  await pass(fixture, 200);
  expect(fixture.faces.at(-1)?.engine).toBe('the realtime engine');
  await ask(fixture);
  expect(reported(fixture)).toEqual(['I am chained.', 'I am realtime.']);
  expect(asked.at(-1)?.history).toEqual([
    { role: 'user', name: 'Adam', content: 'five five' },
    { role: 'assistant', content: 'I am chained.' },
  ]);
  await fixture.sessions.leave('g');
});

test('a pipeline that is not set up any more gives way to the operator’s', async () => {
  const settingsStore = new MemorySettings();
  await settingsStore.write('g', 'pipeline', 'audio-model');
  await settingsStore.write('g', 'cues', 'deafening');
  const { settings } = openSessionFixture({ settingsStore, pipelines: two() });
  const all = await viewed(settings);
  expect(all).toContainEqual({ key: 'pipeline', value: 'chained', from: 'default' });
  expect(all).toContainEqual({ key: 'cues', value: 'soft', from: 'default' });
});

test('the mode of addressing changes while it sits there, without a word about it', async () => {
  const fixture = await called();
  await ask(fixture);
  await fixture.settings.set('g', 'addressing', 'off');
  await ask(fixture);
  expect(fixture.of('ignored')).toMatchObject([{ why: 'off' }]);
  await fixture.settings.set('g', 'addressing', 'always');
  await ask(fixture);
  expect(reported(fixture)).toHaveLength(2);
  expect([fixture.linkOpener.asked, fixture.written]).toEqual([1, []]);
  await fixture.sessions.leave('g');
});

test('it answers to its other names, by the manner and voice that a server has set', async () => {
  const asked: Turn[] = [];
  const transcriber = new FakeTranscriber({ texts: ['Babette, five five'] });
  const pipelines = only(named('me', asked));
  const fixture = await called({ pipelines, transcriber, addressing: 'name', names: ['Babette'] });
  await fixture.settings.set('g', 'instructions', 'You are a pirate.');
  await fixture.settings.set('g', 'voice', 'RMS');
  await ask(fixture);
  expect(reported(fixture)).toHaveLength(1);
  expect(asked[0]?.style).toMatchObject({
    instructions: 'You are a pirate. Your name is Nova.',
    voice: { name: 'rms' },
  });
  await fixture.sessions.leave('g');
});

test('more people are heard unasked only after a confirmation, and the channel is told', async () => {
  const fixture = await called({ addressing: 'always' }, [adam, eva]);
  expect(await fixture.settings.set('g', 'consent', 'notice')).toEqual({
    kind: 'looser',
    policy: 'notice',
    value: 'notice',
  });
  await pass(fixture, 6_000, await words(speech, eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toEqual([]);
  const confirmed = await fixture.settings.set('g', 'consent', 'notice', 'confirmed');
  expect(confirmed).toMatchObject({ kind: 'set', value: 'notice' });
  expect(fixture.written).toEqual([
    'In 30 seconds I begin to hear everybody here; /privacy deny undoes it for you.',
  ]);
  await pass(fixture, 29_900, await words(speech, eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toEqual([]);
  await pass(fixture, 200);
  await pass(fixture, 6_000, await words(speech, eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toHaveLength(1);
  await fixture.sessions.leave('g');
});

test('a stricter policy ends the announcement of a looser one', async () => {
  const fixture = await called({}, [adam, eva]);
  await fixture.settings.set('g', 'consent', 'notice', 'confirmed');
  await pass(fixture, 10_000);
  await fixture.settings.set('g', 'consent', 'ask');
  await fixture.settings.set('g', 'cues', 'off');
  await pass(fixture, 40_000);
  await pass(fixture, 6_000, await words(speech, eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toEqual([]);
  await fixture.sessions.leave('g');
});

test('fewer people are heard unasked at once, and a no is never undone', async () => {
  const fixture = await called({ consent: { policy: 'notice' } }, [adam, eva]);
  expect(await fixture.settings.set('g', 'consent', 'ask')).toMatchObject({ kind: 'set' });
  await pass(fixture, 6_000, await words(speech, eva, fixture.clock.nowMs()));
  await fixture.privacy.deny('g', 'eva');
  await fixture.settings.set('g', 'consent', 'notice', 'confirmed');
  await pass(fixture, 6_000, await words(speech, eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toEqual([]);
  await fixture.sessions.leave('g');
});

test('a role may be named where the operator named none, and its members are heard', async () => {
  const fixture = await called({}, [adam, { ...eva, roleIds: [roleId] }]);
  const value = `role <@&${roleId}>`;
  expect(await fixture.settings.set('g', 'consent', value)).toMatchObject({ kind: 'looser' });
  const confirmed = await fixture.settings.set('g', 'consent', value, 'confirmed');
  expect(confirmed).toMatchObject({ kind: 'set', value: `role ${roleId}` });
  await pass(fixture, 30_100);
  await pass(fixture, 6_000, await words(speech, eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toHaveLength(1);
  expect(fixture.linkOpener.link.refreshed).toContain('eva');
  await fixture.sessions.leave('g');
});

test('settings that cannot be saved hold until the bot ends, and the operator is told', async () => {
  const fixture = openSessionFixture();
  fixture.settingsStore.trouble = 'unwritable';
  const set = await fixture.settings.set('g', 'cues', 'off');
  expect(set).toEqual({ kind: 'set', key: 'cues', value: 'off', saved: false });
  expect(await viewed(fixture.settings)).toContainEqual({
    key: 'cues',
    value: 'off',
    from: 'server',
  });
  expect(fixture.of('failed')).toMatchObject([{ stage: 'store', code: 'store.unwritable' }]);
});

test('as long as settings cannot be read nobody is heard unasked', async () => {
  const fixture = openSessionFixture({ consent: { policy: 'notice' } }, [adam, eva]);
  fixture.settingsStore.trouble = 'unreadable';
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 6_000, await words(speech, eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toEqual([]);
  expect((await fixture.settings.view('g')).isRead).toBe(false);
  fixture.settingsStore.trouble = undefined;
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 6_000, await words(speech, eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toHaveLength(1);
  await fixture.sessions.leave('g');
});

test('what is forgotten about a person leaves the settings of the server alone', async () => {
  const fixture = openSessionFixture({ places });
  await fixture.settings.set('g', 'cues', 'on');
  await fixture.privacy.forget('g', 'adam');
  expect(await fixture.settingsStore.read('g')).toEqual(new Map([['cues', 'on']]));
});

test('what may stand behind a key is offered, with default last', () => {
  const { settings } = openSessionFixture({ pipelines: two() });
  expect(settings.values('pipeline')).toEqual(['chained', 'realtime', 'default']);
  expect(settings.values('Voice ')).toEqual(['slt', 'rms', 'default']);
  expect(settings.values('toString')).toEqual([]);
});

test('what a server sets of the persona and of consent also holds where the bot sits nowhere', async () => {
  const fixture = openSessionFixture({ consent: { policy: 'notice' } });
  await fixture.settings.set('g', 'instructions', 'You are a pirate.');
  await fixture.settings.set('g', 'consent', 'ask');
  await fixture.talk.ask('g', 'Who are you?', { id: 'adam', name: 'Adam' }, 'text');
  expect(fixture.chat.asked[0]?.messages[0]?.content).toContain(
    'You are a pirate. Your name is Nova.',
  );
  expect(await fixture.privacy.status('g', 'eva')).toMatchObject({ hearing: false });
});
