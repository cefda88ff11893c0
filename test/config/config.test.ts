import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { listSecrets } from '#src/config/models-in-use.ts';
import { listSettingNames, settings } from '#src/config/settings.ts';
import { readGoodSettings, readMistakes } from './read-settings.ts';

test('without any setting it is the sandbox with local engines', () => {
  const config = readGoodSettings({});
  expect(config.discord).toBeUndefined();
  expect([config.chat.kind, config.transcription.kind, config.speech.kind]).toEqual([
    'local',
    'local',
    'local',
  ]);
});

test('every mistake is told at once, one line each, naming its setting', () => {
  const reported = readMistakes({
    PIPELINE: 'telepathy',
    CHAT_COMPLETION_BASE_URL: 'not an address',
    LOG_LEVEL: 'loud',
    SERVERS_BARRED: 'my server',
  });
  expect(reported.map((line) => line.split(':')[0]).sort()).toEqual([
    'CHAT_COMPLETION_BASE_URL',
    'LOG_LEVEL',
    'PIPELINE',
    'SERVERS_BARRED',
  ]);
  expect(reported.every((line) => !line.includes('\n'))).toBe(true);
});

test.each(['fast', '24.5', '22000'])('SPEECH_RATE_HZ=%s is no rate', (value) => {
  expect(readMistakes({ SPEECH_RATE_HZ: value })).toEqual([
    expect.stringMatching(/^SPEECH_RATE_HZ: must be one of "8000"\|.*\|"48000"$/),
  ]);
});

const ranged = { SHARDS: '10', SHARD_RANGE: 'auto', SHARDS_PER_PROCESS: '4' };

test.each([
  ['parley-0', 0, 3],
  ['parley-2', 8, 9],
  ['bot01', 4, 7],
])('on the host %s the shards of a process are %i to %i', (HOSTNAME, first, last) => {
  expect(readGoodSettings({ ...ranged, HOSTNAME })).toMatchObject({
    shards: 10,
    shardRange: { first, last },
  });
});

test.each([
  [{ SHARD_RANGE: '0-3' }, /^SHARD_RANGE: needs a number in SHARDS/],
  [
    { SHARDS: '4', SHARD_RANGE: '0-4' },
    /^SHARD_RANGE: 0-4 is no range of the shards 0-3$/,
  ],
  [{ SHARDS: '4', SHARD_RANGE: '3-2' }, /^SHARD_RANGE: 3-2 is no range/],
  [
    { SHARDS: '4', SHARD_RANGE: '2' },
    /^SHARD_RANGE: must be a range like 0-15, or auto$/,
  ],
  [
    { SHARDS: '4', SHARDS_PER_PROCESS: '2' },
    /^SHARDS_PER_PROCESS: needs SHARD_RANGE=auto/,
  ],
  [{ SHARDS: '4', SHARD_RANGE: 'auto' }, /^SHARDS_PER_PROCESS: missing/],
  [
    { ...ranged, HOSTNAME: 'parley' },
    /^SHARD_RANGE: auto needs a host name with a number at/,
  ],
  [{ ...ranged, HOSTNAME: 'parley-3' }, /^SHARD_RANGE: no shard is left for parley-3/],
])('%j is no range of shards', (environment, sentence) => {
  expect(readMistakes(environment)).toEqual([expect.stringMatching(sentence)]);
});

test.each(['0', '-1', '2.5', 'many', '1e9'])(
  'SHARDS=%s is no number of shards',
  (value) => {
    expect(readMistakes({ SHARDS: value })).toEqual([
      'SHARDS: must be a whole number from 1 to 16384, or auto',
    ]);
    expect([
      readGoodSettings({}).shards,
      readGoodSettings({ SHARDS: '4' }).shards,
    ]).toEqual(['auto', 4]);
  },
);

test('wrong ids of servers, and what is no host, are told with their setting', () => {
  const ids = 'must be numeric ids of servers, with commas between them';
  expect(
    readMistakes({ SERVERS_ALLOWED: 'home', SERVERS_BARRED: '1029384756102938475,' }),
  ).toEqual([`SERVERS_ALLOWED: ${ids}`, `SERVERS_BARRED: ${ids}`]);
  const [hosts] = readMistakes({
    TRACK_ALLOWED_HOSTS: 'nas.local:8000, nas.local/music',
  });
  expect(hosts).toMatch(/^TRACK_ALLOWED_HOSTS: must be hosts or addresses/);
});

test('a mistaken secret is never repeated', () => {
  expect(readMistakes({ OPENAI_API_KEY: 'sk-very secret' }).join()).not.toContain(
    'very',
  );
});

test.each([
  'parley',
  'mysql://ana@127.0.0.1/parley',
  'postgres://127.0.0.1:5432',
  'postgres:///parley',
  'postgres://ana:100%@127.0.0.1/parley',
])('%s is no address of a database, and is not repeated', (url) => {
  expect(readMistakes({ DATABASE_URL: url })).toEqual([
    'DATABASE_URL: must be an address like postgres://user:password@127.0.0.1:5432/parley',
  ]);
});

test('of the address of a database nothing is logged, nor its password alone', () => {
  const config = readGoodSettings({
    DATABASE_URL: 'postgres://ana:hush%40hush@127.0.0.1/parley',
  });
  const secrets = listSecrets(config).map((secret) => secret.reveal());
  expect(secrets).toEqual(['postgres://ana:hush%40hush@127.0.0.1/parley', 'hush@hush']);
});

test('a configuration never prints its secrets', () => {
  const config = readGoodSettings({
    DISCORD_TOKEN: 'hush-token',
    OPENAI_API_KEY: 'hush-key',
  });
  expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain('hush');
});

test('the shared key goes to the shared address only', () => {
  const { chat, speech } = readGoodSettings({
    OPENAI_API_KEY: 'k',
    CHAT_COMPLETION_BASE_URL: 'http://localhost:11434/v1',
  });
  expect(chat).not.toMatchObject({ apiKey: expect.anything() });
  expect(speech).toMatchObject({
    kind: 'remote',
    baseUrl: 'https://api.openai.com/v1',
  });
  expect(speech).toHaveProperty('apiKey');
});

test('recognition over a WebSocket needs a server, and has a model of its own', () => {
  expect(readMistakes({ TRANSCRIPTION_BACKEND: 'realtime' })).toEqual([
    expect.stringContaining('TRANSCRIPTION_BACKEND: realtime needs a server'),
  ]);
  const socket = { TRANSCRIPTION_BASE_URL: 'ws://127.0.0.1:8000/v1' };
  expect(readMistakes(socket)).toEqual([
    expect.stringContaining('TRANSCRIPTION_BACKEND=realtime'),
  ]);
  expect(readMistakes({ TRANSCRIPTION_BASE_URL: 'ftp://127.0.0.1' })).toHaveLength(1);
  expect(
    readGoodSettings({ ...socket, TRANSCRIPTION_BACKEND: 'realtime' }).transcription,
  ).toMatchObject({
    backend: 'realtime',
    baseUrl: 'ws://127.0.0.1:8000/v1',
    model: 'gpt-live-transcribe',
  });
  expect(readGoodSettings({ OPENAI_API_KEY: 'k' }).transcription).toMatchObject({
    backend: 'file',
    model: 'gpt-transcribe',
  });
});

test('a model that hears and speaks needs a server, and has a model of its own', () => {
  expect(readMistakes({ PIPELINE: 'audio-model' })).toEqual([
    expect.stringContaining('PIPELINE: audio-model needs a server'),
  ]);
  const server = {
    PIPELINE: 'audio-model',
    CHAT_COMPLETION_BASE_URL: 'http://127.0.0.1:8000/v1',
  };
  expect(readGoodSettings(server)).toMatchObject({
    chat: { model: 'gpt-audio-1.5' },
    audioModel: { input: 'audio', voice: 'alloy' },
  });
  expect(readMistakes({ ...server, AUDIO_MODEL_INPUT: 'smell' })).toHaveLength(1);
  expect(
    readGoodSettings({
      ...server,
      AUDIO_MODEL_INPUT: 'transcript',
      AUDIO_MODEL_TRANSCRIPTION_MODEL: 'hears',
      AUDIO_MODEL_SPEECH_MODEL: 'speaks',
      SPEECH_VOICE: 'marin',
    }).audioModel,
  ).toEqual({
    model: 'gpt-audio-1.5',
    input: 'transcript',
    voice: 'marin',
    transcriptionModel: 'hears',
    speechModel: 'speaks',
  });
});

test('speech over a WebSocket needs a server, and has a model of its own that reads', () => {
  expect(readMistakes({ SPEECH_BACKEND: 'realtime' })).toEqual([
    expect.stringContaining('SPEECH_BACKEND: realtime needs a server'),
  ]);
  const socket = { SPEECH_BASE_URL: 'ws://127.0.0.1:8000/v1' };
  const reads = { backend: 'realtime', model: 'gpt-realtime-2.1-mini', voice: 'alloy' };
  expect(readGoodSettings(socket).speech).toMatchObject({
    ...reads,
    baseUrl: 'ws://127.0.0.1:8000/v1',
  });
  expect(readGoodSettings({ OPENAI_API_KEY: 'k' }).speech).toMatchObject(reads);
  expect(readMistakes({ ...socket, SPEECH_BACKEND: 'speech' })).toEqual([
    expect.stringContaining('needs SPEECH_BACKEND=realtime'),
  ]);
  expect(readMistakes({ SPEECH_BASE_URL: 'ftp://127.0.0.1' })).toHaveLength(1);
});

test('the policy role needs its role', () => {
  for (const policy of ['role', 'role:', 'ask:123456789012345678', 'nobody'])
    expect(readMistakes({ CONSENT_POLICY: policy })).toEqual([
      'CONSENT_POLICY: must be one of ask, notice, or role: with the id of a role',
    ]);
  const { consent } = readGoodSettings({ CONSENT_POLICY: 'role:123456789012345678' });
  expect(consent).toEqual({ policy: 'role', roleId: '123456789012345678' });
});

test('others reach the page only by a proxy with https', () => {
  const url = 'https://parley.example.org';
  expect(readGoodSettings({ PAGE_HOST: '192.0.2.7', PAGE_URL: url }).page).toEqual({
    host: '192.0.2.7',
    port: 8788,
    publicUrl: new URL(url),
  });
  expect(readGoodSettings({ PAGE_HOST: '0.0.0.0' }).page?.host).toBe('0.0.0.0');
  expect(readMistakes({ PAGE_HOST: '192.0.2.7' })).toEqual([
    'PAGE_HOST: 192.0.2.7 needs PAGE_URL, the https address of your proxy',
  ]);
  for (const wrong of [
    'http://parley.example.org',
    `${url}/page`,
    `${url}/?a`,
    'https://me:key@example.org',
  ]) {
    expect(readMistakes({ PAGE_URL: wrong })).toEqual([
      expect.stringMatching(/^PAGE_URL: must be an https/),
    ]);
  }
});

test('.env.example lists every setting with its default and one line about it, the twelve usual ones first', async () => {
  const lines = (await readFile('.env.example', 'utf8')).split('\n');
  const listed = lines.flatMap((line, at) => {
    const [, name, value] = /^([A-Z\d_]+)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value, about: lines[at - 1] }];
  });
  expect(listed.map(({ name, value }) => [name, value])).toEqual([
    ...listSettingNames(),
  ]);
  expect(listed.every(({ about }) => about?.startsWith('# '))).toBe(true);
  expect(
    lines.slice(0, lines.indexOf('## Rare')).filter((line) => /^[A-Z]/.test(line)),
  ).toHaveLength(12);
});

test('.env.example has the lines that engines give for their settings; -u writes them', async () => {
  let text = await readFile('.env.example', 'utf8');
  for (const [name, { description }] of Object.entries(settings.shape)) {
    if (description === undefined) continue;
    const lines = `# ${description}\n${name}=${listSettingNames().get(name)}\n`;
    const present = new RegExp(`# .*\n${name}=.*\n`);
    text = present.test(text) ? text.replace(present, () => lines) : text + lines;
  }
  await expect(text).toMatchFileSnapshot('../../.env.example');
});

test('.env.example used as it is changes nothing', async () => {
  const text = await readFile('.env.example', 'utf8');
  const given = Object.fromEntries(
    [...text.matchAll(/^([A-Z\d_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  expect(readGoodSettings(given)).toEqual(readGoodSettings({}));
});

test('the bot is called by the first of at most 20 names, and answers to the others', () => {
  const { name, otherNames } = readGoodSettings({ BOT_NAME: 'Nova, Nowa' }).bot;
  expect([name, otherNames]).toEqual(['Nova', ['Nowa']]);
  const most = Array.from({ length: 20 }, () => 'N'.repeat(32)).join(', ');
  expect(readGoodSettings({ BOT_NAME: most }).bot.name).toBe('N'.repeat(32));
  for (const names of [`${most}, Nova`, `Nova, ${'N'.repeat(33)}`, 'Nova,']) {
    const mistake = expect.stringMatching(
      /^BOT_NAME: must be at most 20 names of at most 32/,
    );
    expect(readMistakes({ BOT_NAME: names }), names).toEqual([mistake]);
  }
});

test('realtime takes a server of its own or OpenAI, and needs one only where it is the pipeline', () => {
  expect(readGoodSettings({}).realtime).toBeUndefined();
  expect(readMistakes({ PIPELINE: 'realtime' })).toEqual([
    expect.stringContaining('PIPELINE: realtime needs a server'),
  ]);
  const own = { PIPELINE: 'realtime', REALTIME_BASE_URL: 'ws://127.0.0.1:8000/v1' };
  expect(readGoodSettings(own).realtime).toEqual({
    baseUrl: 'ws://127.0.0.1:8000/v1',
    model: 'gpt-realtime-2.1',
  });
  expect(readMistakes({ REALTIME_MODEL: 'gpt-realtime-2.1' })).toContainEqual(
    expect.stringContaining('REALTIME_API_KEY: missing'),
  );
  expect(readGoodSettings({ REALTIME_API_KEY: 'k' }).realtime?.apiKey?.reveal()).toBe(
    'k',
  );
  expect(readGoodSettings({ OPENAI_API_KEY: 'k' }).realtime?.apiKey?.reveal()).toBe(
    'k',
  );
  expect(
    readGoodSettings({ ...own, OPENAI_API_KEY: 'k' }).realtime?.apiKey,
  ).toBeUndefined();
});
