import { afterAll, beforeEach, expect, test } from 'vitest';
import { openClient } from '#src/provider/client.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { listeningContract } from '#test/contracts/listening.ts';
import { textOf, transcriberContract, updatesOf } from '#test/contracts/transcriber.ts';
import {
  type DialectReply,
  events,
  json,
  openDialect,
  written,
} from '#test/fakes/dialects/dialect.ts';
import { hearWords, utterances } from '#test/fakes/spoken-words.ts';

const delta = (words: string) => ({ type: 'transcript.text.delta', delta: words });
const whole = (deltas: readonly string[], text: string): DialectReply =>
  events(...deltas.map(delta), { type: 'transcript.text.done', text, usage: { type: 'tokens' } });

/** Reactions of servers to `stream: true`. */
const manners = {
  events: whole,
  unlabelled: (deltas: readonly string[], text: string) => ({
    ...whole(deltas, text),
    headers: { 'content-type': 'text/plain' },
  }),
  refuses: () => json({ error: { message: 'This model does not support streaming.' } }, 400),
  /** Ends without its last event. */
  'breaks-off': (deltas: readonly string[]) =>
    written(deltas.map((one) => `data: ${JSON.stringify(delta(one))}\n\n`)),
  'error-event': (deltas: readonly string[]) =>
    events(...deltas.map(delta), { error: { message: 'Out of memory.' } }),
};

let manner: keyof typeof manners = 'events';
/** Whether each request asked for a stream. */
const streamed: boolean[] = [];
const server = await openDialect({
  routes: {
    'POST /v1/audio/transcriptions': ({ body, pcm }) => {
      const text = pcm ? hearWords(pcm) : '';
      streamed.push(body.stream === 'true');
      const deltas = text.split(/(?= )/).filter((one) => one !== '');
      return body.stream === 'true' ? manners[manner](deltas, text) : json({ text });
    },
  },
});
const [{ pcm, text }] = utterances;

function opened(model = 'gpt-transcribe') {
  return openTranscriber(openClient({ baseUrl: `${server.origin}/v1` }), { model });
}

/** Which of the requests since then asked for a stream. */
function requests(): () => readonly boolean[] {
  const before = streamed.length;
  return () => streamed.slice(before);
}

beforeEach(() => {
  manner = 'events';
});
afterAll(() => server[Symbol.asyncDispose]());

transcriberContract('streamed transcriptions', () => opened(), utterances);
listeningContract('streamed transcriptions', () => opened(), utterances);

test.each(['events', 'unlabelled'] as const)(
  'words streamed as %s come one by one',
  async (given) => {
    manner = given;
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
  async (given) => {
    manner = given;
    const asked = requests();
    const transcriber = opened();
    for (let n = 0; n < 2; n++) expect(await textOf(transcriber, pcm)).toBe(text);
    expect(asked()).toEqual([true, false, false]);
  },
);

test('a stream that breaks off after others did not is an error, not a second request', async () => {
  const transcriber = opened();
  await textOf(transcriber, pcm);
  manner = 'breaks-off';
  const asked = requests();
  await expect(textOf(transcriber, pcm)).rejects.toMatchObject({ code: 'provider.truncated' });
  expect(asked()).toEqual([true]);
});
