import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { Recordings } from '#src/sources/recordings.ts';
import { readBy } from '#test/conversation/setup/read-outcome.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { listening } from '#test/fakes/servers/listening.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { sharedDecoding } from '#test/sources/sounds.ts';

const file = readFileSync(new URL('../../fixtures/recordings/digits.mp3', import.meta.url));
const asker = { id: 'adam', name: 'Adam' };

/** A web server in the private network, and a bot that may ask it or not. */
async function openLink(isAllowed: boolean) {
  await using stack = new AsyncDisposableStack();
  let asked = 0;
  const served = stack.use(
    await listening((_, response) => {
      asked++;
      response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(file);
    }),
  );
  const host = `127.0.0.1:${served.port}`;
  const allowed = new AllowedHosts(isAllowed ? [host] : []);
  const transcriber = new FakeTranscriber({ texts: ['one two three'] });
  const recordings = new Recordings(sharedDecoding, { allowed });
  const { talk } = openSessionFixture({ recordings, transcriber });
  const recording = { url: `http://${host}/digits.mp3`, name: host };
  const closing = stack.move();
  return {
    ask: async () => readBy(await talk.ask('g', '', asker, 'text', { recording })),
    heard: transcriber.heard,
    asked: () => asked,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

test('a recording is fetched by its link, and heard', async () => {
  await using link = await openLink(true);
  expect(await link.ask()).toEqual({ kind: 'answered', text: 'You said five.' });
  expect(link.heard[0]?.samples.length).toBeGreaterThan(16_000);
});

test('a link into a private network is refused in a sentence, and nobody there is asked', async () => {
  await using link = await openLink(false);
  expect(await link.ask()).toEqual({ kind: 'failed', line: { id: 'track.bad.not_allowed' } });
  expect([link.asked(), link.heard]).toEqual([0, []]);
});
