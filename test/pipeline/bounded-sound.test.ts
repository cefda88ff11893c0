import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import { chained } from '#src/pipeline/chained.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { openClient } from '#src/provider/client.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { FakeHost, said, turnOf } from '#test/contracts/pipeline.ts';
import { FakeChat } from '#test/fakes/chat.ts';

const never = new AbortController().signal;
const tenMinutes = Buffer.alloc(10 * 60 * 24_000 * 2, 7);
const frameMs = 20;

/** Sends ten minutes of sound for every sentence, as fast as they are taken. */
async function openFlood() {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'audio/pcm' }).end(tenMinutes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = openClient({ baseUrl: `http://127.0.0.1:${port}/v1` });
  return {
    synthesizer: openSynthesizer(client, { model: 'tts', voice: 'alloy', format: 'pcm' }),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Counts what leaves an engine. */
function metered(inner: Synthesizer) {
  let takenMs = 0;
  const synthesizer: Synthesizer = {
    async *synthesize(text, voice, signal) {
      for await (const pcm of inner.synthesize(text, voice, signal)) {
        takenMs += durationMs(pcm);
        yield pcm;
      }
    },
  };
  return { synthesizer, takenMs: () => takenMs };
}

test('at most ten seconds of a reply lie here though a server sends ten minutes at once', async () => {
  await using flood = await openFlood();
  const { synthesizer, takenMs } = metered(flood.synthesizer);
  const chat = new FakeChat([
    ['One is here.', ' Two is a longer sentence.', ' Three is no shorter.'],
  ]);
  const leaving = new AbortController();
  const parts = chained({ chat, synthesizer }).answer(
    turnOf(said('go')),
    new FakeHost(),
    leaving.signal,
  );
  const reply = new SpokenReply();
  const reading = (async () => {
    for await (const part of parts) {
      if (part.kind === 'audio') await reply.write(part.pcm, part.ofText, leaving.signal);
    }
  })();
  let most = 0;
  let playedMs = 0;
  for (let round = 0; round < 200; round++) {
    for (let n = 0; n < 5; n++) if (reply.pull()) playedMs += frameMs;
    await wait(1, undefined, { signal: never });
    most = Math.max(most, takenMs() - playedMs);
  }
  expect(playedMs).toBeGreaterThan(15_000);
  expect(most).toBeGreaterThan(5_000);
  expect(most).toBeLessThanOrEqual(10_000);
  leaving.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});
