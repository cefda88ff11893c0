import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { listSecrets } from '#src/config/models-in-use.ts';
import { listSettingNames, settings } from '#src/config/settings.ts';
import { readGoodSettings, readMistakes } from './read-settings.ts';

/** A model that hears and speaks, and speech over a WebSocket, at servers of one's own. */
const hearing = {
  PIPELINE: 'audio-model',
  CHAT_COMPLETION_BASE_URL: 'http://127.0.0.1:8000/v1',
};
const socket = { SPEECH_BASE_URL: 'ws://127.0.0.1:8000/v1' };

test('without any setting it is the sandbox with local engines', () => {
  const local = { kind: 'local' };
  expect(readGoodSettings({})).toMatchObject({
    discord: undefined,
    engines: { chat: local, transcription: local, speech: local },
  });
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

const ranged = { SHARDS: '10', SHARD_RANGE: 'auto', SHARDS_PER_PROCESS: '4' };
const url = 'https://parley.example.org';
const noRate = /^SPEECH_RATE_HZ: must be one of "8000"\|.*\|"48000"$/;
const noCount = /^SHARDS: must be a whole number from 1 to 16384, or auto$/;
const noIds =
  /^SERVERS_(ALLOWED|BARRED): must be numeric ids of servers, with commas between them$/;
const noDatabase =
  /^DATABASE_URL: must be an address like postgres:\/\/user:password@127.0.0.1:5432\/parley$/;
const noPolicy =
  /^CONSENT_POLICY: must be one of ask, notice, or role: with the id of a role$/;
const noPage = /^PAGE_URL: must be an https/;
const tooManyNames = /^BOT_NAME: must be at most 20 names of at most 32/;
const longestNames = Array.from({ length: 20 }, () => 'N'.repeat(32)).join(', ');

test.each<[Readonly<Record<string, string>>, RegExp]>([
  [{ SPEECH_RATE_HZ: 'fast' }, noRate],
  [{ SPEECH_RATE_HZ: '24.5' }, noRate],
  [{ SPEECH_RATE_HZ: '22000' }, noRate],
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
  [{ SHARDS: '0' }, noCount],
  [{ SHARDS: '-1' }, noCount],
  [{ SHARDS: '2.5' }, noCount],
  [{ SHARDS: 'many' }, noCount],
  [{ SHARDS: '1e9' }, noCount],
  [{ SERVERS_ALLOWED: 'home' }, noIds],
  [{ SERVERS_BARRED: '1029384756102938475,' }, noIds],
  [
    { TRACK_ALLOWED_HOSTS: 'nas.local:8000, nas.local/music' },
    /^TRACK_ALLOWED_HOSTS: must be hosts or addresses/,
  ],
  [{ DATABASE_URL: 'parley' }, noDatabase],
  [{ DATABASE_URL: 'mysql://ana@127.0.0.1/parley' }, noDatabase],
  [{ DATABASE_URL: 'postgres://127.0.0.1:5432' }, noDatabase],
  [{ DATABASE_URL: 'postgres:///parley' }, noDatabase],
  [{ DATABASE_URL: 'postgres://ana:100%@127.0.0.1/parley' }, noDatabase],
  [
    { TRANSCRIPTION_BACKEND: 'realtime' },
    /^TRANSCRIPTION_BACKEND: realtime needs a server/,
  ],
  [{ TRANSCRIPTION_BASE_URL: 'ws://127.0.0.1/v1' }, /TRANSCRIPTION_BACKEND=realtime/],
  [{ TRANSCRIPTION_BASE_URL: 'ftp://127.0.0.1' }, /^TRANSCRIPTION_BASE_URL: /],
  [{ PIPELINE: 'audio-model' }, /^PIPELINE: audio-model needs a server/],
  [{ ...hearing, AUDIO_MODEL_INPUT: 'smell' }, /^AUDIO_MODEL_INPUT: /],
  [{ SPEECH_BACKEND: 'realtime' }, /^SPEECH_BACKEND: realtime needs a server/],
  [{ ...socket, SPEECH_BACKEND: 'speech' }, /needs SPEECH_BACKEND=realtime/],
  [{ SPEECH_BASE_URL: 'ftp://127.0.0.1' }, /^SPEECH_BASE_URL: /],
  [{ CONSENT_POLICY: 'role' }, noPolicy],
  [{ CONSENT_POLICY: 'role:' }, noPolicy],
  [{ CONSENT_POLICY: 'ask:123456789012345678' }, noPolicy],
  [{ CONSENT_POLICY: 'nobody' }, noPolicy],
  [
    { PAGE_HOST: '192.0.2.7' },
    /^PAGE_HOST: 192.0.2.7 needs PAGE_URL, the https address of your proxy$/,
  ],
  [{ PAGE_URL: 'http://parley.example.org' }, noPage],
  [{ PAGE_URL: `${url}/page` }, noPage],
  [{ PAGE_URL: `${url}/?a` }, noPage],
  [{ PAGE_URL: 'https://me:key@example.org' }, noPage],
  [{ BOT_NAME: `${longestNames}, Nova` }, tooManyNames],
  [{ BOT_NAME: `Nova, ${'N'.repeat(33)}` }, tooManyNames],
  [{ BOT_NAME: 'Nova,' }, tooManyNames],
  [{ PIPELINE: 'realtime' }, /^PIPELINE: realtime needs a server/],
  [{ REALTIME_MODEL: 'gpt-realtime-2.1' }, /^REALTIME_API_KEY: missing/],
])('%j is told as the one mistake %s', (environment, sentence) =>
  expect(readMistakes(environment)).toEqual([expect.stringMatching(sentence)]),
);

test.each([
  ['parley-0', 0, 3],
  ['parley-2', 8, 9],
  ['bot01', 4, 7],
])('on the host %s the shards of a process are %i to %i', (HOSTNAME, first, last) =>
  expect(readGoodSettings({ ...ranged, HOSTNAME })).toMatchObject({
    gateway: { shards: 10, shardRange: { first, last } },
  }),
);

test('Discord chooses the number of shards, unless the operator does', () => {
  expect(readGoodSettings({}).gateway.shards).toBe('auto');
  expect(readGoodSettings({ SHARDS: '4' }).gateway.shards).toBe(4);
});

test('a mistaken secret is never repeated', () =>
  expect(readMistakes({ OPENAI_API_KEY: 'sk-very secret' }).join()).not.toContain(
    'very',
  ));

test('of the address of a database nothing is logged, nor its password alone', () => {
  const url = 'postgres://ana:hush%40hush@127.0.0.1/parley';
  const secrets = listSecrets(readGoodSettings({ DATABASE_URL: url }));
  expect(secrets.map((secret) => secret.reveal())).toEqual([url, 'hush@hush']);
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
  }).engines;
  expect(chat).not.toMatchObject({ apiKey: expect.anything() });
  expect(speech).toMatchObject({
    kind: 'remote',
    baseUrl: 'https://api.openai.com/v1',
  });
  expect(speech).toHaveProperty('apiKey');
});

test('recognition over a WebSocket has a model of its own', () => {
  const baseUrl = 'ws://127.0.0.1:8000/v1';
  const request = {
    TRANSCRIPTION_BASE_URL: baseUrl,
    TRANSCRIPTION_BACKEND: 'realtime',
  };
  expect(readGoodSettings(request).engines.transcription).toMatchObject({
    backend: 'realtime',
    baseUrl,
    model: 'gpt-live-transcribe',
  });
  expect(readGoodSettings({ OPENAI_API_KEY: 'k' }).engines.transcription).toMatchObject(
    {
      backend: 'file',
      model: 'gpt-transcribe',
    },
  );
});

test('a model that hears and speaks has a model of its own', () => {
  expect(readGoodSettings(hearing).engines).toMatchObject({
    chat: { model: 'gpt-audio-1.5' },
    audioModel: { input: 'audio', voice: 'alloy' },
  });
  expect(
    readGoodSettings({
      ...hearing,
      AUDIO_MODEL_INPUT: 'transcript',
      AUDIO_MODEL_TRANSCRIPTION_MODEL: 'hears',
      AUDIO_MODEL_SPEECH_MODEL: 'speaks',
      SPEECH_VOICE: 'marin',
    }).engines.audioModel,
  ).toEqual({
    model: 'gpt-audio-1.5',
    input: 'transcript',
    voice: 'marin',
    transcriptionModel: 'hears',
    speechModel: 'speaks',
  });
});

test('speech over a WebSocket has a model of its own that reads', () => {
  const reads = { backend: 'realtime', model: 'gpt-realtime-2.1-mini', voice: 'alloy' };
  const baseUrl = socket.SPEECH_BASE_URL;
  expect(readGoodSettings(socket).engines.speech).toMatchObject({ ...reads, baseUrl });
  expect(readGoodSettings({ OPENAI_API_KEY: 'k' }).engines.speech).toMatchObject(reads);
});

test('the policy role has its role', () => {
  const { consent } = readGoodSettings({
    CONSENT_POLICY: 'role:123456789012345678',
  }).bot;
  expect(consent).toEqual({ policy: 'role', roleId: '123456789012345678' });
});

test('others reach the page by a proxy with https', () => {
  expect(readGoodSettings({ PAGE_HOST: '192.0.2.7', PAGE_URL: url }).page).toEqual({
    host: '192.0.2.7',
    port: 8788,
    programOrigins: [],
    publicUrl: new URL(url),
  });
  expect(readGoodSettings({ PAGE_HOST: '0.0.0.0' }).page?.host).toBe('0.0.0.0');
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
  const fields = Object.fromEntries(
    [...text.matchAll(/^([A-Z\d_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  expect(readGoodSettings(fields)).toEqual(readGoodSettings({}));
});

test('the bot is called by the first of at most 20 names, and answers to the others', () => {
  expect(readGoodSettings({ BOT_NAME: 'Nova, Nowa' }).bot).toMatchObject({
    name: 'Nova',
    otherNames: ['Nowa'],
  });
  expect(readGoodSettings({ BOT_NAME: longestNames }).bot.name).toBe('N'.repeat(32));
});

test('realtime takes a server of its own or OpenAI', () => {
  expect(readGoodSettings({}).engines.realtime).toBeUndefined();
  const baseUrl = 'ws://127.0.0.1:8000/v1';
  const own = { PIPELINE: 'realtime', REALTIME_BASE_URL: baseUrl };
  const realtime = { baseUrl, model: 'gpt-realtime-2.1' };
  expect(readGoodSettings(own).engines.realtime).toEqual(realtime);
  expect(readGoodSettings({ ...own, OPENAI_API_KEY: 'k' }).engines.realtime).toEqual(
    realtime,
  );
  for (const key of ['REALTIME_API_KEY', 'OPENAI_API_KEY'])
    expect(readGoodSettings({ [key]: 'k' }).engines.realtime?.apiKey?.reveal()).toBe(
      'k',
    );
});
