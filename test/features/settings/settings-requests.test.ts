import { serverSettings } from '#src/features/features.ts';
import type { PipelineRegistry } from '#src/pipeline/pipeline.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  adam,
  eva,
  hearSpeech,
  joinLounge,
  lounge,
  openCalled,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

/** Two pipelines, of which nobody asks anything. */
const two: PipelineRegistry = {
  names: ['chained', 'realtime'],
  open: () => expect.fail(),
  getEngineNames: (name) => `the ${name} engine`,
};

/** Settings of the server `g`, without what belongs to their records. */
async function viewed(settings: SessionFixture['settings']) {
  const { all } = await settings.viewSettings('g');
  return all.map(({ key, value, from }) => ({ key, value, from }));
}

const evaSays = (fixture: SessionFixture, ms = 6_000) =>
  hearSpeech(fixture, ms, undefined, eva);

const expectUnheard = ({ of }: SessionFixture) => expect(of('recognised')).toEqual([]);

/** Sets who is heard, confirmed by a manager. */
const loosen = ({ settings }: SessionFixture) =>
  settings.setSetting('g', 'consent', 'notice', 'confirmed');

test('a setting that nobody has set has the value of the operator', async () => {
  const { settings } = openSessionFixture();
  const defaults = {
    pipeline: 'chained',
    addressing: 'always',
    instructions: 'Be brief.',
    voice: 'slt',
    dj_role: 'none',
    consent: 'ask',
    auto_join: 'none',
    auto_join_mode: 'talk',
    leave_after: '60',
    roles: 'none',
    blocked: 'none',
    budget_day: 'none',
    typed: 'voice',
    language: 'none',
    languages: 'none',
    timezone: 'UTC',
    read_channel: 'none',
    memory: 'off',
    captions: 'off',
    captions_channel: 'none',
    captions_days: '7',
    recap: 'off',
  };
  const from = 'default';
  expect(await viewed(settings)).toEqual(
    Object.entries(defaults).map(([key, value]) => ({ key, value, from })),
  );
});

const unknown = { kind: 'unknown', keys: serverSettings.map(({ key }) => key) };

test.each<[key: string, value: string, expected?: object]>([
  ['volume', '3', unknown],
  ['constructor', '3', unknown],
  ['addressing', 'shout'],
  ['typed', ''],
  ['pipeline', 'magic'],
  [
    'pipeline',
    'audio-model',
    { why: { id: 'settings.missing', with: { pipeline: 'audio-model' } } },
  ],
  ['instructions', ' '],
  ['instructions', 'x'.repeat(1_001)],
  ['dj_role', 'everyone'],
  ['consent', 'nobody'],
  ['captions_channel', 'general'],
  ['read_channel', 'general'],
  ['captions_days', '-1'],
  ['captions_days', '366'],
  ['captions_days', '1.5'],
  ['auto_join', 'lounge'],
  ['auto_join', '<#111111111111111111>'],
  ['leave_after', '9'],
  ['roles', 'everyone'],
  ['budget_day', 'much'],
  ['budget_day', '1 2'],
  ['budget_day', '0'],
  ['blocked', 'ben'],
  ['blocked', Array.from({ length: 41 }, (_, n) => 10 ** 16 + n).join()],
  ['leave_after', '25h'],
  ['recap', 'maybe'],
  ['language', 'gibberish'],
  ['languages', 'de, gibberish'],
  ['languages', Array.from({ length: 21 }, () => 'de').join()],
  ['consent', 'role', { why: { id: 'settings.no_role' } }],
  ['consent', 'role everyone'],
])('%s set to %j changes nothing', async (key, value, expected) => {
  const { settings, settingsStore } = openSessionFixture({ pipelines: two });
  const before = await viewed(settings);
  expect(await settings.setSetting('g', key, value)).toMatchObject({
    kind: 'bad',
    ...expected,
  });
  expect(await viewed(settings)).toEqual(before);
  expect(await settingsStore.read('g')).toEqual(new Map());
});

test('more people are heard unasked only after a confirmation, and the channel is told', async () => {
  const fixture = await openCalled({ addressing: 'always' }, [adam, eva]);
  expect(await fixture.settings.setSetting('g', 'consent', 'notice')).toEqual({
    kind: 'looser',
    policy: 'notice',
    value: 'notice',
  });
  await evaSays(fixture);
  expectUnheard(fixture);
  expect(await loosen(fixture)).toMatchObject({ kind: 'set', value: 'notice' });
  expect(fixture.written).toEqual([
    "In 30 seconds I begin to hear everybody here. If you don't want that, press Not me.",
  ]);
  await fixture.sessions.leave('g');
  await fixture.sessions.join(lounge, 'adam');
  await evaSays(fixture, 29_900);
  expectUnheard(fixture);
  await passTime(fixture, 200);
  await evaSays(fixture);
  expect(fixture.of('recognised')).toHaveLength(1);
  await fixture.sessions.leave('g');
});

test('a looser policy waits its 30 s also after a restart', async () => {
  const before = await openCalled({}, [adam, eva]);
  const { clock, settingsStore, stores } = before;
  await loosen(before);
  const waits = () => settingsStore.read('g').then((rows) => rows.get('consent_waits'));
  expect(await waits()).toBe(`${clock.wallMs() + 30_000} ask`);
  await passTime(before, 10_000);
  const after = await joinLounge({ stores }, [adam, eva], clock);
  const hearsEva = () => after.sessions.findSession('g')?.consent.mayHear('eva');
  await passTime(after, 19_900);
  expect(hearsEva()).toBe(false);
  expect(after.synthesizer.texts.join(' ')).toBe(formatText('join.spoken'));
  await passTime(after, 200);
  expect(hearsEva()).toBe(true);
  await after.sessions.leave('g');
  expect(await waits()).toBeUndefined(); // by the former run, which was not killed here
  await before.sessions.leave('g');
});

test('a stricter policy ends the announcement of a looser one', async () => {
  const fixture = await openCalled({}, [adam, eva]);
  await loosen(fixture);
  await passTime(fixture, 10_000);
  await fixture.settings.setSetting('g', 'consent', 'ask');
  await fixture.settings.setSetting('g', 'typed', 'off');
  await passTime(fixture, 40_000);
  await evaSays(fixture);
  expectUnheard(fixture);
  await fixture.sessions.leave('g');
});

test('fewer people are heard unasked at once, and a no is never undone', async () => {
  const fixture = await openCalled({ consent: { policy: 'notice' } }, [adam, eva]);
  expect(await fixture.settings.setSetting('g', 'consent', 'ask')).toMatchObject({
    kind: 'set',
  });
  await evaSays(fixture);
  await fixture.privacy.deny('g', 'eva');
  await loosen(fixture);
  await evaSays(fixture);
  expectUnheard(fixture);
  await fixture.sessions.leave('g');
});

test('settings that cannot be saved hold until the bot ends, and the operator is told', async () => {
  const fixture = openSessionFixture();
  fixture.settingsStore.trouble = 'unwritable';
  const set = await fixture.settings.setSetting('g', 'typed', 'off');
  expect(set).toEqual({ kind: 'set', value: 'off', isSaved: false });
  expect(await viewed(fixture.settings)).toContainEqual({
    key: 'typed',
    value: 'off',
    from: 'server',
  });
  expect(fixture.of('failed')).toMatchObject([
    { stage: 'store', code: 'store.unwritable' },
  ]);
});

test('as long as settings cannot be read nobody is heard unasked', async () => {
  const fixture = openSessionFixture({ consent: { policy: 'notice' } }, [adam, eva]);
  fixture.settingsStore.trouble = 'unreadable';
  await fixture.sessions.join(lounge, 'adam');
  await evaSays(fixture);
  expectUnheard(fixture);
  expect((await fixture.settings.viewSettings('g')).isLoaded).toBe(false);
  fixture.settingsStore.trouble = undefined;
  await fixture.sessions.join(lounge, 'adam');
  await evaSays(fixture);
  expect(fixture.of('recognised')).toHaveLength(1);
  await fixture.sessions.leave('g');
});
