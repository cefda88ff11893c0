import { afterAll, beforeEach, expect, test } from 'vitest';
import { openClient } from '#src/provider/client.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { listeningContract } from '#test/contracts/listening.ts';
import { textOf, transcriberContract, updatesOf } from '#test/contracts/transcriber.ts';
import { openMockWords } from '#test/fakes/providers/words.ts';
import { hearWords, utterances } from '#test/fakes/spoken-words.ts';

const server = await openMockWords(hearWords);
const [{ pcm, text }] = utterances;

function opened(model = 'gpt-transcribe') {
  return openTranscriber(openClient({ baseUrl: server.baseUrl }), { model });
}

/** Which of the requests since then asked for a stream. */
function requests(): () => readonly boolean[] {
  const before = server.streamed.length;
  return () => server.streamed.slice(before);
}

beforeEach(() => {
  server.manner = 'events';
});
afterAll(() => server[Symbol.asyncDispose]());

transcriberContract('streamed transcriptions', () => opened(), utterances);
listeningContract('streamed transcriptions', () => opened(), utterances);

test.each(['events', 'chat', 'unlabelled'] as const)(
  'words streamed as %s come one by one',
  async (manner) => {
    server.manner = manner;
    const asked = requests();
    const transcriber = opened();
    const texts = (await updatesOf(transcriber, pcm)).map((update) =>
      update.kind === 'partial' ? update.text : update.transcript.text,
    );
    expect(texts).toEqual(['one', 'one two', 'one two three', 'one two three four', text, text]);
    await textOf(transcriber, pcm);
    expect(asked()).toEqual([true, true]);
  },
);

test.each(['refuses', 'breaks-off', 'error-event'] as const)(
  'a server that %s is asked again plainly, and only plainly from then on',
  async (manner) => {
    server.manner = manner;
    const asked = requests();
    const transcriber = opened();
    for (let n = 0; n < 2; n++) expect(await textOf(transcriber, pcm)).toBe(text);
    expect(asked()).toEqual([true, false, false]);
  },
);

test('a stream that breaks off after others did not is an error, not a second request', async () => {
  const transcriber = opened();
  await textOf(transcriber, pcm);
  server.manner = 'breaks-off';
  const asked = requests();
  await expect(textOf(transcriber, pcm)).rejects.toMatchObject({ code: 'provider.truncated' });
  expect(asked()).toEqual([true]);
});
