import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

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
