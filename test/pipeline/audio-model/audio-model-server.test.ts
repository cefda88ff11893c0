import { expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { openAudioChat } from '#src/chat/completions/audio-chat.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { openClient } from '#src/provider/client.ts';
import { FakeHost, said, soundedTexts, textOf, turnOf } from '#test/contracts/pipeline.ts';
import {
  type AudioChatAnswer,
  answersJson,
  base64,
  chainedChunks,
  openMockAudioChat,
  spokenAnswer,
  spokenChunks,
  streams,
} from '#test/fakes/providers/audio-chat.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const never = new AbortController().signal;

/** An answer of a server, through client and pipeline, and how it ended. */
async function answered(
  answer: AudioChatAnswer,
  onPart: (part: ReplyPart) => void = () => undefined,
) {
  await using server = await openMockAudioChat([answer]);
  const client = openClient({ baseUrl: server.baseUrl });
  const synthesizer = new FakeSynthesizer();
  const model = openAudioChat(client, { model: 'mock', voice: 'alloy' }, { wallMs: () => 0 });
  const pipeline = audioModel({ model, synthesizer, input: 'audio' });
  const parts: ReplyPart[] = [];
  let error: unknown;
  try {
    for await (const part of pipeline.answer(turnOf(said('hello')), new FakeHost(), never)) {
      parts.push(part);
      onPart(part);
    }
  } catch (cause) {
    error = cause;
  }
  await expect.poll(() => server.running()).toBe(0);
  return { parts, error, synthesizer, bodies: server.bodies };
}

const soundMs = (parts: readonly ReplyPart[]) =>
  parts.reduce((sum, part) => sum + (part.kind === 'audio' ? durationMs(part.pcm) : 0), 0);

const clauses = ['The Millau Viaduct.', ' It crosses the Tarn.'];
const bridge = clauses.join('');
const silentWav = writeWav({ samples: new Int16Array(10), rateHz: 24_000, channels: 1 });

test.each([
  ['as OpenAI does', streams(spokenChunks(bridge, 'a', 4e9))],
  ['clause by clause', streams(chainedChunks(clauses, 'a'), { end: 'close' })],
  ['in small pieces', streams(spokenChunks(bridge, 'a', 4e9), { pieceBytes: 4801 })],
  ['in one piece', answersJson(spokenAnswer(bridge, 'a', 4e9))],
])('what a server says %s is heard word by word', async (_, answer) => {
  const { parts, error, synthesizer } = await answered(answer);
  expect([error, textOf(parts), synthesizer.asked]).toEqual([undefined, bridge, []]);
  expect(soundedTexts(parts).join(' ')).toBe(bridge);
  expect(soundMs(parts)).toBeGreaterThan(bridge.length * 40);
});

test('sound is given to the reader while the server is still speaking', async () => {
  const rest = Promise.withResolvers<void>();
  const chunks = spokenChunks(bridge, 'a', 4e9).map(
    (chunk) => `data: ${JSON.stringify(chunk)}\n\n`,
  );
  const half: AudioChatAnswer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunks.slice(0, 6).join(''));
    void rest.promise.then(() => response.end(chunks.slice(6).join('')));
  };
  const { error } = await answered(half, ({ kind }) => kind === 'audio' && rest.resolve());
  expect(error).toBeUndefined();
});

test('what was said before a stream broke is heard, then the failure is told', async () => {
  const broken = streams(chainedChunks(clauses, 'a').slice(0, 2), { end: 'reset' });
  const { parts, error } = await answered(broken);
  expect(soundedTexts(parts)).toEqual(['The Millau Viaduct.']);
  expect(error).toMatchObject({ code: 'provider.truncated', stage: 'think' });
});

test('an answer in writing is read out, and one without anything is no answer', async () => {
  const { synthesizer } = await answered(
    streams([{ choices: [{ delta: { content: bridge }, finish_reason: 'stop' }] }]),
  );
  expect(synthesizer.asked).toHaveLength(2);
  const nothing = streams([{ choices: [{ delta: { content: ' ' }, finish_reason: 'stop' }] }]);
  const silent = await answered(nothing);
  expect([silent.error, soundMs(silent.parts), silent.synthesizer.asked]).toEqual([
    undefined,
    0,
    [],
  ]);
});

test('a WAV file without any sound in it leaves its words to be read out', async () => {
  const message = {
    audio: { id: 'a', data: base64(silentWav.subarray(0, 44)), transcript: bridge },
  };
  const { synthesizer, error } = await answered(
    answersJson({ choices: [{ message, finish_reason: 'stop' }] }),
  );
  expect([error, synthesizer.asked.length]).toEqual([undefined, 2]);
});
