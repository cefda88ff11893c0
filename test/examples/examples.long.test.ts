import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { endedSession } from '#test/commands/command-ports.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import {
  guildId,
  makeProgramPorts,
  openApi,
  openLoopback,
} from '#test/web/api/api-setup.ts';
import { openCompletions } from '#test/web/api/completions-setup.ts';
import { openHeldEngine } from './held-engine.ts';

test('the example greets whoever is heard first after the bot has joined, by name', async () => {
  const said = Promise.withResolvers<string>();
  const ports = makeProgramPorts({
    sayText: async (_guildId, text) => {
      said.resolve(text);
      return { kind: 'queued', position: 0, ended: endedSession };
    },
  });
  await using api = await openApi(ports);
  const channelId = toChannelId('2029384756102938475');
  await api.add('parley_dog', { scopes: ['events', 'say'], channelIds: [channelId] });
  using served = await openLoopback(api.app);
  const env = {
    PARLEY_URL: `${served.url}/v1`,
    PARLEY_TOKEN: 'parley_dog',
    PARLEY_SERVER: guildId,
  };
  const child = spawn(process.execPath, ['examples/events.mjs'], { env });
  const [first] = await once(child.stdout.setEncoding('utf8'), 'data');
  expect(first).toBe('listening\n');
  const channel = { guildId, channelId, name: 'Lounge' };
  api.events.report(toGuildId(guildId), { kind: 'joined', channel, tookMs: 1 });
  const heard = { speakerId: toPersonId('1'), name: 'Ana', text: 'Good evening.' };
  api.events.report(toGuildId(guildId), { kind: 'recognised', channelId, ...heard });
  expect(await said.promise).toBe('Hello, Ana.');
  child.kill();
  await once(child, 'close');
});

/** The example as people run it, against this address. */
function runExample(baseURL: string, ...words: readonly string[]) {
  return runWith({ PARLEY_URL: baseURL, PARLEY_TOKEN: 'parley_dog' }, ...words);
}

function runWith(env: Record<string, string>, ...words: readonly string[]) {
  return spawn(process.execPath, ['examples/play.mjs', ...words], {
    env,
    timeout: 30_000,
  });
}

test.each([
  ['say', ''],
  ['ask', 'It is ready.'],
])(
  '%s writes the first samples while the engine still holds back the rest',
  async (verb, reported) => {
    const engine = openHeldEngine();
    const chat = new FakeChat([['It is ready.']]);
    await using served = await openCompletions({
      synthesizer: engine.synthesizer,
      chat,
    });
    const child = runExample(served.baseURL, verb, 'Is it ready?');
    let text = '';
    child.stderr.on('data', (data) => {
      text += data;
    });
    const closed = once(child, 'close');
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    let bytes = first.length;
    expect(bytes).toBeLessThanOrEqual(19_200);
    expect(engine.isReading()).toBe(1);
    child.stdout.on('data', (data: Buffer) => {
      bytes += data.length;
    });
    engine.letGo();
    expect([(await closed)[0], bytes, text]).toEqual([0, 38_400, reported]);
  },
);

test('a refused move is explained in words', async () => {
  await using served = await openCompletions();
  const child = runExample(served.baseURL, 'say', '...');
  const reported = child.stderr.setEncoding('utf8').toArray();
  const [code] = await once(child, 'close');
  expect([code, (await reported).join('')]).toEqual([
    1,
    expect.stringContaining('There is nothing in that text that can be said.'),
  ]);
});

test('without a token one line says how to make one', async () => {
  const child = runWith({}, 'say', 'Hello.');
  const reported = child.stderr.setEncoding('utf8').toArray();
  const [code] = await once(child, 'close');
  expect([code, (await reported).join('')]).toEqual([
    1,
    'PARLEY_TOKEN is not set: npm run token -- create NAME --server ID --scopes chat,audio\n',
  ]);
});

test('the relay passes on speech before its last byte is made, and keeps the token to itself', async () => {
  const rest = Promise.withResolvers<void>();
  await using bot = await openListeningServer(async (request, response) => {
    const isKnown = request.headers.authorization === 'Bearer parley_secret';
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'audio/mpeg' });
    response.write('first');
    await rest.promise;
    response.end('last');
  });
  const relay = spawn(process.execPath, ['examples/relay.mjs'], {
    env: { PARLEY_TOKEN: 'parley_secret', PARLEY_URL: `${bot.origin}/v1`, PORT: '0' },
  });
  try {
    const [address] = await once(relay.stdout.setEncoding('utf8'), 'data');
    const origin = `${address}`.trim();
    expect(await (await fetch(origin)).text()).not.toContain('parley_secret');
    const speech = await fetch(`${origin}/speech?text=Hello`);
    expect(speech.headers.get('content-type')).toBe('audio/mpeg');
    const reader = speech.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('first');
    rest.resolve();
    expect((await reader?.read())?.value).toBe('last');
  } finally {
    relay.kill();
  }
});
