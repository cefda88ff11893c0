import { APIError } from 'openai/core/error';
import { BotError } from '#src/base/errors.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { ApiClient } from '#src/provider/api-client.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { listModels } from '#src/provider/models/model-list.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import { readTranscript, toTranscript } from '#src/speech/openai/transcript-reply.ts';
import {
  findFailure,
  TranscriptAssembler,
} from '#src/speech/realtime/transcript-assembler.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import { ignoreBotError } from '#test/fuzz/expected-errors.ts';
import { cutInPieces, makeJson, makeText } from '#test/fuzz/fuzz-inputs.ts';
import { makeAsyncTarget, makeTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';
import { transcriptionEvents } from './realtime-samples.ts';

const baseUrl = 'http://example.test/v1';
const by = describeServer('m', baseUrl);
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
const audio = {
  id: 'a1',
  data: 'AAAA',
  transcript: 'hello',
  expires_at: 1_800_000_000,
};
const chunks = [
  {
    choices: [
      { index: 0, delta: { role: 'assistant', content: 'Hi <think>no</think>' } },
    ],
  },
  { choices: [{ index: 0, delta: { tool_calls: [call, { ...call, index: 1 }] } }] },
  { choices: [{ index: 0, delta: { audio } }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage },
  { choices: [], usage },
];
const thoughts = [
  '<think>',
  '</think>',
  '<',
  '</',
  'think',
  '>',
  ' ',
  '\n',
  'word ',
  '\ud800',
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
  {
    type: 'transcript.text.done',
    text: 'Hi',
    usage: { type: 'tokens', input_tokens: 3 },
  },
  { text: 'Hi there', language: 'en', languages: [{ code: 'en' }] },
];
const refusals = [
  { error: { message: 'no', type: 'invalid_request_error', code: 'x', param: null } },
  { detail: [{ loc: ['body'], msg: 'field required' }] },
  { detail: { error: 'E', message: 'no model' } },
];

/** A body of server-sent events, cut anywhere, with lines nobody expects. */
function makeEvents(...samples: readonly unknown[]) {
  const line = fc.oneof(
    {
      weight: 8,
      arbitrary: makeJson(...samples).map(
        (value) => `data: ${JSON.stringify(value)}\n\n`,
      ),
    },
    {
      weight: 2,
      arbitrary: makeText(
        [
          'data: ',
          'event: error\n',
          ': ping\n',
          '\n',
          '\r',
          '[DONE]',
          '{"a":',
          'id: 1\n',
        ],
        8,
      ),
    },
  );
  const body = fc
    .array(line, { maxLength: 8 })
    .map((lines) => Buffer.from(`${lines.join('')}data: [DONE]\n\n`));
  return cutInPieces(body);
}

function makeAnswer(pieces: readonly Buffer[], type: string) {
  const body = ReadableStream.from(pieces.map((piece) => new Uint8Array(piece)));
  return new Response(body, { headers: { 'content-type': type } });
}

/** The client of a server that answers so. */
const answerWith = (response: (body: string) => Response) =>
  new ApiClient({ baseUrl }, async (_url, init) => response(String(init?.body)));

const chatOf = (client: ApiClient) =>
  openChatModel(client, { model: 'm' }).reply([], [], staying);
const audioChatOf = (client: ApiClient) =>
  openChatModel(client, { model: 'm', voice: 'v' }).reply([], [], staying);

/** Reads an answer; why it failed. A mistake of a parser, which is named by its class, is a finding. */
async function readAnswer(parts: AsyncIterable<unknown>) {
  try {
    for await (const _ of parts);
    return undefined;
  } catch (error) {
    if (!(error instanceof BotError) || /failed: \w*Error/.test(error.message))
      throw error;
    return error;
  }
}

/** Streams these pieces to both models. */
async function readAnswers(pieces: readonly Buffer[]) {
  const client = answerWith(() => makeAnswer(pieces, 'text/event-stream'));
  for (const replyStream of [chatOf(client), audioChatOf(client)])
    await readAnswer(replyStream);
}

/** An utterance with pauses, beside whatever the server says. */
function hearUtterance(steps: readonly unknown[]) {
  const assembler = new TranscriptAssembler(() => undefined);
  let atSample = 0;
  for (const step of steps) {
    if (step === 'pause') {
      atSample += 16_000;
      commitSegment(assembler, atSample);
    } else if (typeof step === 'object') reportFailure(assembler, { ...step });
  }
  mustBePlausible(assembler.getTranscript('en', by));
}

/** Times of words go on, and a count of a server is a positive number. */
function mustBePlausible({ words: spoken = [], usage: told }: Transcript) {
  const goesOn = spoken.every(({ startMs, endMs }) => startMs >= 0 && endMs >= startMs);
  const count = told?.count;
  const isCounted = count?.kind !== 'heard' || count.ms > 0;
  if (!goesOn || !isCounted) throw new Error('No such words were said.');
}

function commitSegment(assembler: TranscriptAssembler, atSample: number) {
  assembler.endSegment(atSample);
  for (const part of assembler.listWaiting()) part.state = 'sent';
}

function reportFailure(assembler: TranscriptAssembler, message: JsonEvent) {
  const failure = findFailure(message);
  if (failure) assembler.canForgive(failure);
  else assembler.handleEvent(message);
}

export const providerTargets = [
  makeAsyncTarget('chat-events', makeEvents(...chunks), readAnswers),
  makeAsyncTarget('chat-words', cutInPieces(makeText(thoughts)), (pieces) => {
    const events = pieces.map((piece) => ({
      choices: [{ delta: { content: `${piece}` } }],
    }));
    return readAnswers(
      events.map((event) => Buffer.from(`data: ${JSON.stringify(event)}\n\n`)),
    );
  }),
  makeAsyncTarget(
    'chat-completion',
    makeJson(
      {
        choices: [{ message: { content: 'Hi', audio }, finish_reason: 'stop' }],
        usage,
      },
      ...refusals,
    ),
    async (completion) => {
      const client = answerWith((body) =>
        /"stream":true/.test(body)
          ? Response.json({ error: { message: 'no stream here' } }, { status: 400 })
          : Response.json(completion),
      );
      const error = await readAnswer(audioChatOf(client));
      // Where the second answer cannot be read, the first refusal is told.
      if (error?.about.status === 400 && Array.isArray(Object(completion).choices))
        throw error;
    },
  ),
  makeAsyncTarget(
    'transcript-events',
    fc.tuple(
      makeEvents(...words),
      fc.constantFrom('text/event-stream', 'application/json', 'text/plain'),
    ),
    async ([pieces, type]) => {
      try {
        for await (const _ of readTranscript(makeAnswer(pieces, type), 'en', () => {}));
      } catch (error) {
        describeError(error, client);
        if (error instanceof TypeError) throw error;
      }
    },
  ),
  makeTarget(
    'transcript-reply',
    fc.oneof(
      makeJson(...words),
      makeJson(...words).map((v) => JSON.stringify(v)),
    ),
    (reply) => {
      ignoreBotError(() => mustBePlausible(toTranscript(reply, 'en')));
    },
  ),
  makeTarget(
    'realtime-utterance',
    fc.array(fc.oneof(makeJson(...transcriptionEvents), fc.constant('pause')), {
      maxLength: 12,
    }),
    hearUtterance,
  ),
  makeAsyncTarget(
    'model-list',
    makeJson({ data: [{ id: 'm' }, { id: 'n' }] }),
    async (body) => {
      for (const type of ['application/json', 'text/plain']) {
        const headers = { 'content-type': type };
        const makeResponse = () => new Response(JSON.stringify(body), { headers });
        const list = await listModels(answerWith(makeResponse), staying);
        if (list.kind === 'unknown') throw new Error(`A list is no list: ${list.why}`);
      }
    },
  ),
  makeTarget(
    'error-bodies',
    fc.tuple(
      fc.integer({ min: 400, max: 599 }),
      makeJson(...refusals),
      makeText(['soon', '7', '-1', ' GMT', 'true'], 3),
    ),
    ([status, body, header]) => {
      const safe = header.replace(/[^\x20-\x7e]/g, '');
      const headers = new Headers({
        'retry-after': safe,
        'x-should-retry': safe,
        date: safe,
      });
      const error = APIError.generate(
        status,
        body as object,
        JSON.stringify(body),
        headers,
      );
      const { message } = describeError(error, client);
      if (message.length > 300) throw new Error('The sentence is too long.');
    },
  ),
];
