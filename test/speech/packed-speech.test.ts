import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { durationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { openSpeechDecoder } from '#src/engines/speech-http.ts';
import { openClient } from '#src/provider/client.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import type { SpeechFormat } from '#src/speech/openai/sound-stream.ts';
import { similarity } from '#test/audio/similarity.ts';
import { listening } from '#test/fakes/servers/listening.ts';
import { digits, files } from '#test/sources/sounds.ts';

const aac = readFileSync(new URL('../fixtures/sounds/tones.aac', import.meta.url));
const signal = new AbortController().signal;

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
const decode = openSpeechDecoder(stack);

/** A speech server that answers as `listener` does, and a voice over it. */
async function speakingTo(listener: RequestListener, format: SpeechFormat = 'pcm') {
  const served = await listening(listener);
  const client = openClient({ baseUrl: `${served.origin}/v1` });
  const voice = openSynthesizer(client, { model: 'tts', voice: 'alloy', format, decode });
  return { voice, ...served };
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
