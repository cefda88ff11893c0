import { toGuildId, toPersonId, toRoleId } from '#src/base/ids.ts';
import { serverSettings } from '#src/features/features.ts';
import type { PipelineRegistry } from '#src/pipeline/pipeline.ts';
import { formatText } from '#src/texts/texts.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  den,
  eva,
  joinLounge,
  lounge,
  openCalled,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const g = toGuildId('g');
const adminRoleId = '111111111111111111';

/** Two pipelines, of which nobody asks anything. */
const two: PipelineRegistry = {
  names: ['chained', 'realtime'],
  open: () => expect.fail(),
  getEngineNames: (name) => `the ${name} engine`,
};

/** Settings of the server `g`, without what belongs to their records. */
async function viewSettings(settings: SessionFixture['settings']) {
  const { all } = await settings.viewSettings(toGuildId('g'));
  return all.map(({ key, value, from }) => ({ key, value, from }));
}

/** Sets who is heard, confirmed by a manager. */
const loosenPolicy = ({ settings }: SessionFixture) =>
  settings.setSetting(toGuildId('g'), 'consent', 'notice', 'confirmed');

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
    join_events: 'off',
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
    recap_to: 'captions',
    notes: 'off',
    arrivals: 'off',
  };
  const from = 'default';
  expect(await viewSettings(settings)).toEqual(
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
  ['instructions', 'x'.repeat(4_001)],
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
  const before = await viewSettings(settings);
  expect(await settings.setSetting(toGuildId('g'), key, value)).toMatchObject({
    kind: 'bad',
    ...expected,
  });
  expect(await viewSettings(settings)).toEqual(before);
  expect(await settingsStore.read(toGuildId('g'))).toEqual(new Map());
});

test('a value of a channel wins over that of its server, and that over that of the operator', async () => {
  const { settings, sessions, settingsStore } = openSessionFixture();
  const readChannel = ({ channelId }: typeof lounge) => {
    const { addressing, voice } = sessions.settings.getForChannel(g, channelId);
    return { addressing, voice };
  };
  const own = { addressing: 'always', voice: 'slt' };
  expect([readChannel(lounge), readChannel(den)]).toEqual([own, own]);
  await settings.setSetting(g, 'addressing', 'name');
  expect(await settings.setChannelSetting(lounge, 'Addressing', 'window')).toEqual({
    kind: 'set',
    value: 'window',
    isSaved: true,
  });
  expect([readChannel(lounge), readChannel(den)]).toEqual([
    { ...own, addressing: 'window' },
    { ...own, addressing: 'name' },
  ]);
  await settings.setSetting(g, 'addressing', 'default');
  expect([readChannel(lounge).addressing, readChannel(den).addressing]).toEqual([
    'window',
    'always',
  ]);
  const sessionsAfter = openSessionFixture({ settingsStore }).sessions;
  await sessionsAfter.settings.loadGuild(g);
  expect(sessionsAfter.settings.getForChannel(g, lounge.channelId).addressing).toBe(
    'window',
  );
  expect(sessionsAfter.settings.getForGuild(g).addressing).toBe('always');
  await settings.setChannelSetting(lounge, 'addressing', 'default');
  expect(readChannel(lounge).addressing).toBe('always');
  expect(await settingsStore.readChannels(g)).toEqual(new Map());
});

test('a value of a channel that no longer can be used leaves the server its own', async () => {
  const { settingsStore, sessions } = openSessionFixture({ pipelines: two });
  await settingsStore.write(g, 'pipeline', 'realtime');
  const gone = new Map([['pipeline', 'audio-model']]);
  await settingsStore.writeChannel(g, lounge.channelId, gone);
  await sessions.settings.loadGuild(g);
  const { pipeline } = sessions.settings.getForChannel(g, lounge.channelId);
  expect(pipeline).toBe('realtime');
});

test('whom it hears, who uses it and what it costs are the same in all channels of a server', async () => {
  const { settings, settingsStore, sessions } = openSessionFixture();
  const keys = ['consent', 'roles', 'blocked', 'budget_day', 'captions_days'];
  const values = ['notice', `<@&${adminRoleId}>`, `<@${adminRoleId}>`, '5', '30'];
  for (const [n, key] of keys.entries())
    expect(await settings.setChannelSetting(lounge, key, `${values[n]}`)).toEqual({
      kind: 'server-only',
      keys: settings.channelKeys,
    });
  expect(await settingsStore.readChannels(g)).toEqual(new Map());
  // Nor does a row count that came into the table by another way.
  const own = new Map(keys.map((key, n) => [key, `${values[n]}`]));
  await settingsStore.writeChannel(g, lounge.channelId, own);
  await sessions.settings.loadGuild(g);
  expect(sessions.settings.getForChannel(g, lounge.channelId)).toMatchObject({
    consent: { policy: 'ask' },
    userRoleIds: [],
    blockedIds: [],
    serverDayCap: 0,
  });
});

test('the announcement of a role names the role', async () => {
  const roleId = toRoleId('111111111111111111');
  const bot = await openCalled({}, [adam, { ...eva, roleIds: [roleId] }]);
  await bot.settings.setSetting(
    toGuildId('g'),
    'consent',
    `role ${roleId}`,
    'confirmed',
  );
  await passTime(bot, 1_000);
  expect(bot.notified.flat()).toMatchObject([
    {
      personId: 'eva',
      text: expect.stringContaining(`members of the role role ${roleId} without`),
    },
  ]);
});

test('a looser policy waits its 30 s also after a restart', async () => {
  const before = await openCalled({}, [adam, eva]);
  const { clock, stores } = before;
  await loosenPolicy(before);
  await passTime(before, 10_000);
  const after = await joinLounge({ stores }, [adam, eva], clock);
  const hearsEva = () =>
    after.sessions.findSession(toGuildId('g'))?.consent.mayHear(toPersonId('eva'));
  await passTime(after, 19_900);
  expect(hearsEva()).toBe(false);
  expect(after.synthesizer.texts.join(' ')).toBe(formatText('join.spoken'));
  await passTime(after, 200);
  expect(hearsEva()).toBe(true);
  await after.sessions.leave(toGuildId('g'));
  await before.sessions.leave(toGuildId('g'));
});

const breakSettings =
  (trouble?: 'unreadable' | 'unwritable') =>
  ({ settingsStore }: SessionFixture) =>
    void Object.assign(settingsStore, { trouble });

playScripts({
  'more people are heard unasked only after a confirmation, and the channel is told': `
    set consent notice > looser policy notice value notice
    eva says: five
    set confirmed consent notice
    > set value notice isSaved true, tells eva settings.told.notice, offers 2 buttons
    leave > left channel Lounge, left asked
    adam joins > joined consent brief
    eva begins: five
    29800 > says join.spoken
    eva says: six > heard Eva: six, answered Eva: You said five.
    200
    eva says: seven > heard Eva: seven, answered Eva: You said five.
    leave > left channel Lounge, left asked
    `,
  'a stricter policy ends the announcement of a looser one': `
    set confirmed consent notice
    > set value notice isSaved true, tells eva settings.told.notice, offers 2 buttons
    10000
    set consent ask > set value ask isSaved true
    set typed off > set value off isSaved true
    40000
    eva says: five
    `,
  'fewer people are heard unasked at once, and a no is never undone': `
    with notice
    set consent ask > set value ask isSaved true
    eva says: five
    eva denies > isSaved true
    set confirmed consent notice > set value notice isSaved true
    eva says: five
    `,
  'settings that cannot be saved hold until the bot ends, and the operator is told': [
    {
      acts: {
        breakStore: breakSettings('unwritable'),
        view: async ({ settings }) =>
          (await viewSettings(settings)).find(({ key }) => key === 'typed'),
      },
    },
    `
    with uncalled
    do breakStore
    set typed off > set value off isSaved false, failed store store.unwritable
    do view > key typed value off from server
    `,
  ],
  'as long as settings cannot be read nobody is heard unasked': [
    {
      acts: {
        breakStore: breakSettings('unreadable'),
        mendStore: breakSettings(),
        view: async ({ settings }) =>
          (await settings.viewSettings(toGuildId('g'))).isLoaded,
      },
    },
    `
    with notice, uncalled
    do breakStore
    adam joins > joined consent unasked unread true, failed store store.unreadable
    eva says: five > says join.spoken
    do view > false, failed store store.unreadable
    do mendStore
    adam joins > already consent brief, tells eva consent.policy, offers 2 buttons
    eva says: five > heard Eva: five, answered Eva: You said five.
    `,
  ],
});
