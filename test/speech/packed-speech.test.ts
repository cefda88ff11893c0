import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { openSpeechDecoder } from '#src/app/engines/open-voice.ts';
import { similarity } from '#src/audio/echo/similarity.ts';
import { durationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { openClient } from '#src/provider/client.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import type { SpeechFormat } from '#src/speech/openai/speech-formats.ts';
import { digits, files } from '#test/sources/sounds.ts';

const flac = readFileSync(new URL('../fixtures/sounds/tones.flac', import.meta.url));
const aac = readFileSync(new URL('../fixtures/sounds/tones.aac', import.meta.url));
const signal = new AbortController().signal;

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
const decode = openSpeechDecoder(stack);

/** A speech server that answers as `listener` does, and a voice over it. */
async function speakingTo(listener: RequestListener, format: SpeechFormat = 'pcm') {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = openClient({ baseUrl: `http://127.0.0.1:${port}/v1` });
  const voice = openSynthesizer(client, { model: 'tts', voice: 'alloy', format, decode });
  return { voice, [Symbol.dispose]: () => void server.close().closeAllConnections() };
}

async function whole(pieces: AsyncIterable<Pcm>): Promise<Pcm> {
  const all = await Array.fromAsync(pieces);
  const [first] = all;
  if (!first) throw new Error('There is no sound.');
  expect(all.every(({ rateHz, channels }) => rateHz === first.rateHz && channels === 1)).toBe(true);
  return { ...first, samples: joinSamples(all.map(({ samples }) => samples)) };
}

test.each([
  ['mp3', files.mp3, 'audio/mpeg'],
  ['ogg', files.ogg, 'audio/pcm'],
  ['mp3 in odd pieces', files.mp3, 'application/octet-stream'],
  ['ogg said to be mp3', files.ogg, 'audio/mpeg'],
  ['wav said to be mp3', files.wav, 'audio/mpeg'],
] as const)('pcm asked, %s received: decoded', async (name, bytes, type) => {
  using server = await speakingTo((_, response) => {
    response.writeHead(200, { 'content-type': type });
    const size = name.includes('odd') ? 959 : bytes.length;
    for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
    response.end();
  });
  const sound = await whole(server.voice.synthesize('2 9 3 4 0', {}, signal));
  expect(similarity(resample(sound, 16_000), digits)).toBeGreaterThan(0.9);
  expect(Math.abs(durationMs(sound) - durationMs(digits))).toBeLessThan(120);
});

test('pcm asked, flac received: decoded', async () => {
  using server = await speakingTo((_, response) => void response.end(flac));
  expect(durationMs(await whole(server.voice.synthesize('Hm.', {}, signal)))).toBeCloseTo(750, -1);
});

test('pcm asked, aac or a damaged file received: an error by name, never noise', async () => {
  const noise = Buffer.from(Array.from({ length: 30_000 }, (_, n) => (n * 7919) & 255));
  for (const body of [
    aac,
    Buffer.concat([Buffer.from('fLaC'), noise]),
    Buffer.concat([Buffer.from('ID3'), noise]),
  ]) {
    using server = await speakingTo((_, response) => void response.end(body));
    const said = Array.fromAsync(server.voice.synthesize('Hm.', {}, signal));
    await expect(said).rejects.toMatchObject({ code: 'provider.wrong_type' });
    await expect(said).rejects.toThrow(/sent (AAC|FLAC|MP3)/);
  }
});

test.each(['mp3', 'opus', 'flac'] as const)('%s is asked for where it is set', async (format) => {
  let body = '';
  using server = await speakingTo((request, response) => {
    request.on('data', (bytes) => {
      body += bytes;
    });
    request.on('end', () => response.end(files.mp3));
  }, format);
  await whole(server.voice.synthesize('Hm.', {}, signal));
  expect(JSON.parse(body)).toMatchObject({ response_format: format });
});

test('an MP3 that comes slowly sounds before its last byte is sent', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  using server = await speakingTo(async (_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' });
    response.write(files.mp3.subarray(0, 3000));
    await promise;
    response.end(files.mp3.subarray(3000));
  });
  let heardMs = 0;
  for await (const pcm of server.voice.synthesize('2 9 3 4 0', {}, signal)) {
    heardMs += durationMs(pcm);
    resolve();
  }
  expect(Math.abs(heardMs - durationMs(digits))).toBeLessThan(120);
});

test('who is interrupted hears no more of an MP3, and hangs up', async () => {
  let open = true;
  using server = await speakingTo((_, response) => {
    response.on('close', () => {
      open = false;
    });
    response.writeHead(200).write(files.mp3.subarray(0, 6000));
  });
  const leaving = new AbortController();
  const reason = new Error('stop');
  const read = async () => {
    for await (const _ of server.voice.synthesize('Go on.', {}, leaving.signal))
      leaving.abort(reason);
  };
  await expect(read()).rejects.toBe(reason);
  await expect.poll(() => open).toBe(false);
});
