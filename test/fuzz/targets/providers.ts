import { APIError } from 'openai/core/error';
import {
  AudioChatStream,
  completionAsChunk,
  watchDone,
} from '#src/chat/completions/audio-chat-stream.ts';
import { ChatStream } from '#src/chat/completions/chat-stream.ts';
import { ToolCalls } from '#src/chat/completions/tool-calls.ts';
import { askedOf, mediaType, objectionToHead, objectionToType } from '#src/provider/answer-type.ts';
import { ApiClient } from '#src/provider/api-client.ts';
import { readEvents as readServerEvents } from '#src/provider/event-stream.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { wordsOf } from '#src/provider/models/error-phrases.ts';
import { listModels } from '#src/provider/models/model-list.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import { transcriptOf } from '#src/speech/openai/transcript-reply.ts';
import { readTranscript } from '#src/speech/openai/transcript-stream.ts';
import type { Transcript } from '#src/speech/ports.ts';
import { readHeard } from '#src/speech/realtime/realtime-events.ts';
import { TranscriptParts } from '#src/speech/realtime/realtime-parts.ts';
import { unlessBotError, unlessBotErrorLater } from '#test/fuzz/expected.ts';
import { bytesLike, inPieces, jsonLike, textOf } from '#test/fuzz/inputs.ts';
import { asyncTarget, target } from '#test/fuzz/target.ts';
import { fc } from '#test/properties.ts';
import { transcriptionEvents } from './realtime-samples.ts';

const baseUrl = 'http://example.test/v1';
const by = servedBy('m', baseUrl);
const client = { baseURL: baseUrl, apiKey: 'none' };
const staying = new AbortController().signal;

const usage = {
  prompt_tokens: 9,
  completion_tokens: 5,
  prompt_tokens_details: { audio_tokens: 3, cached_tokens: 1 },
  completion_tokens_details: { audio_tokens: 2 },
};
const call = {
  index: 0,
  id: 'c1',
  type: 'function',
  function: { name: 'f', arguments: '{"a":1}' },
};
const audio = { id: 'a1', data: 'AAAA', transcript: 'hello', expires_at: 1_800_000_000 };
const chunks = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi <think>no</think>' } }] },
  { choices: [{ index: 0, delta: { tool_calls: [call, { ...call, index: 1 }] } }] },
  { choices: [{ index: 0, delta: { audio } }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage },
  { choices: [], usage },
];
const timed = {
  words: [{ word: 'Hi', start: 0.1, end: 0.4, probability: 0.9 }],
  segments: [{ avg_logprob: -0.1 }],
  logprobs: [{ logprob: -0.7 }],
  usage: { type: 'duration', seconds: 2 },
};
const words = [
  { text: 'Hi', ...timed },
  { type: 'transcript.text.delta', delta: 'Hi' },
  { type: 'transcript.text.done', text: 'Hi', usage: { type: 'tokens', input_tokens: 3 } },
  { text: 'Hi there', language: 'en', languages: [{ code: 'en' }] },
  { choices: [{ delta: { content: 'Hi' }, finish_reason: 'stop' }] },
];
const refusals = [
  { error: { message: 'no', type: 'invalid_request_error', code: 'x', param: null } },
  { detail: [{ loc: ['body'], msg: 'field required' }] },
  { detail: { error: 'E', message: 'no model' } },
];

/** A body of server-sent events, cut anywhere, with lines nobody expects. */
function events(...samples: readonly unknown[]): fc.Arbitrary<Buffer[]> {
  const line = fc.oneof(
    {
      weight: 8,
      arbitrary: jsonLike(...samples).map((value) => `data: ${JSON.stringify(value)}\n\n`),
    },
    {
      weight: 2,
      arbitrary: textOf(
        ['data: ', 'event: error\n', ': ping\n', '\n', '\r', '[DONE]', '{"a":', 'id: 1\n'],
        8,
      ),
    },
  );
  const body = fc
    .array(line, { maxLength: 8 })
    .map((lines) => Buffer.from(`${lines.join('')}data: [DONE]\n\n`));
  return inPieces(body);
}

function answer(pieces: readonly Buffer[], type: string): Response {
  const body = ReadableStream.from(pieces.map((piece) => new Uint8Array(piece)));
  return new Response(body, { headers: { 'content-type': type } });
}

/** The client of a server with one answer. */
const answered = (response: Response) =>
  new ApiClient({ baseUrl, apiKey: () => 'none' }, async () => response);

/** Reads events like the adapters: an error of the stream is described, one of the parser is a finding. */
async function readEvents(
  pieces: readonly Buffer[],
  reader: { add(chunk: unknown): Iterable<unknown>; end(server: string): Iterable<unknown> },
): Promise<void> {
  const { completions } = answered(answer(pieces, 'text/event-stream')).chat;
  const ask = { model: 'm', messages: [], stream: true as const };
  const response = await completions.create(ask).asResponse();
  const stream = readServerEvents(watchDone(response, () => {}));
  const chunks = stream[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => {
      describeError(error, client);
    });
    if (!next || next.done) break;
    for (const _ of reader.add(next.value));
  }
  unlessBotError(() => [...reader.end(baseUrl)]);
}

/** An utterance with pauses and lost connections, beside whatever the server says. */
function hearUtterance(steps: readonly unknown[]): void {
  const parts = new TranscriptParts(() => undefined);
  let atSample = 0;
  for (const step of steps) {
    if (step === 'pause') {
      atSample += 16_000;
      commit(parts, atSample);
    } else if (step === 'lost') resend(parts, atSample);
    else if (typeof step === 'object') report(parts, { ...step });
  }
  mustBePlausible(parts.transcript('en', by));
}

/** Times of words go on, shares are shares, and a count of a server is a positive number. */
function mustBePlausible({ words: spoken = [], confidence, usage: told }: Transcript): void {
  const shares = [confidence, ...spoken.map((word) => word.confidence)];
  const isShare = (share = 0) => share >= 0 && share <= 1;
  const goesOn = spoken.every(({ startMs, endMs }) => startMs >= 0 && endMs >= startMs);
  const count = told?.count;
  const isCounted = count?.kind !== 'heard' || count.ms > 0;
  if (!goesOn || !shares.every(isShare) || !isCounted) throw new Error('No such words were said.');
}

function commit(parts: TranscriptParts, atSample: number): void {
  parts.cut(atSample);
  for (const part of parts.waiting()) part.state = 'sent';
}

function resend(parts: TranscriptParts, upTo: number): void {
  const from = parts.resend();
  if (from < 0 || from > upTo) throw new Error(`It resends from ${from}.`);
}

function report(parts: TranscriptParts, message: Parameters<typeof readHeard>[0]): void {
  const event = readHeard(message);
  if (event) parts.hear(event);
}

export const providerTargets = [
  target('chat-chunks', fc.array(jsonLike(...chunks), { maxLength: 6 }), (list) => {
    for (const reader of [new ChatStream(by), new AudioChatStream(by)]) {
      for (const chunk of list) for (const _ of reader.add(chunk));
      unlessBotError(() => [...reader.end(baseUrl)]);
    }
  }),
  asyncTarget('chat-events', events(...chunks), (pieces) => readEvents(pieces, new ChatStream(by))),
  asyncTarget('audio-chat-events', events(...chunks), (pieces) =>
    readEvents(pieces, new AudioChatStream(by)),
  ),
  target(
    'tool-calls',
    fc.array(jsonLike([call, { ...call, id: '' }]), { maxLength: 6 }),
    (list) => {
      const calls = new ToolCalls();
      for (const deltas of list) calls.add(deltas);
      calls.collected();
    },
  ),
  asyncTarget(
    'chat-completion',
    jsonLike(
      { choices: [{ message: { content: 'Hi', audio }, finish_reason: 'stop' }], usage },
      ...refusals,
    ),
    async (completion) => {
      const reader = new AudioChatStream(by);
      await unlessBotErrorLater(async () => {
        for await (const chunk of completionAsChunk(completion)) for (const _ of reader.add(chunk));
        for (const _ of reader.end(baseUrl));
      });
    },
  ),
  asyncTarget(
    'transcript-events',
    fc.tuple(
      events(...words),
      fc.constantFrom('text/event-stream', 'application/json', 'text/plain'),
    ),
    async ([pieces, type]) => {
      try {
        for await (const _ of readTranscript(answer(pieces, type), 'en', () => {}));
      } catch (error) {
        describeError(error, client);
        if (error instanceof TypeError) throw error;
      }
    },
  ),
  target(
    'transcript-reply',
    fc.oneof(
      jsonLike(...words),
      jsonLike(...words).map((v) => JSON.stringify(v)),
    ),
    (reply) => {
      unlessBotError(() => mustBePlausible(transcriptOf(reply, 'en')));
    },
  ),
  target(
    'realtime-utterance',
    fc.array(fc.oneof(jsonLike(...transcriptionEvents), fc.constantFrom('pause', 'lost')), {
      maxLength: 12,
    }),
    hearUtterance,
  ),
  asyncTarget(
    'model-list',
    jsonLike({ data: [{ id: 'm', shutdown_date: '2027-01-06' }, { id: 'n' }] }),
    async (body) => {
      for (const type of ['application/json', 'text/plain']) {
        const headers = { 'content-type': type };
        await listModels(answered(new Response(JSON.stringify(body), { headers })), staying);
      }
    },
  ),
  target(
    'error-bodies',
    fc.tuple(
      fc.integer({ min: 400, max: 599 }),
      jsonLike(...refusals),
      textOf(['soon', '7', '-1', ' GMT', 'true'], 3),
    ),
    ([status, body, header]) => {
      wordsOf(body);
      const safe = header.replace(/[^\x20-\x7e]/g, '');
      const headers = new Headers({ 'retry-after': safe, 'x-should-retry': safe, date: safe });
      const error = APIError.generate(status, body as object, JSON.stringify(body), headers);
      const { message } = describeError(error, client);
      if (message.length > 200) throw new Error('The sentence is too long.');
    },
  ),
  target(
    'answer-types',
    fc.tuple(
      textOf([
        'audio/',
        'pcm',
        'text/html',
        'application/json',
        '; charset=',
        'event-stream',
        ',',
        ' ',
      ]),
      bytesLike([
        Buffer.from('<!doctype html>'),
        Buffer.from('{"error":1}'),
        Buffer.from('data: {}\n\n'),
      ]),
    ),
    ([type, head]) => {
      const headers = new Headers({ 'content-type': type.replace(/[^\x20-\x7e]/g, '') });
      for (const asked of ['sound', 'events', 'json', 'words'] as const) {
        objectionToType(mediaType(headers), asked);
        objectionToHead(head, asked);
      }
      askedOf(`http://a/${type}`, `{"stream": ${type}}`);
    },
  ),
];
