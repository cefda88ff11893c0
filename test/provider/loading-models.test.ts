import { realClock } from '#src/base/clock.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import { type ApiClient, openClient } from '#src/provider/api-client.ts';
import {
  createSynthesizerChain,
  createTranscriberChain,
} from '#src/speech/fallbacks/speech-chains.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { speakWords } from '#test/fakes/tone-words.ts';

const staying = new AbortController().signal;

type Answer = { readonly type: string; readonly body: string | Buffer };
type Refusal = Answer & {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
};

const json = 'application/json';
const refusals: readonly Refusal[] = [
  {
    status: 503,
    type: json,
    body: '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}',
  },
  {
    status: 503,
    type: json,
    body: '{"error":"Please be patient","estimated_time":20.5}',
  },
  {
    status: 503,
    type: 'text/plain',
    body: 'The model is warming up',
    headers: { 'retry-after': '2' },
  },
];

/** A clock on which nobody waits, and the waits that were asked of it. */
function createHastyClock() {
  const waitsMs: number[] = [];
  const sleepNoted = async (ms: number) => void waitsMs.push(ms);
  return { clock: { ...realClock, sleep: sleepNoted }, waitsMs };
}

type HastyClock = ReturnType<typeof createHastyClock>['clock'];

const answers = {
  chat: {
    type: 'text/event-stream',
    body: 'data: {"choices":[{"delta":{"content":"Five."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
  },
  'speech to text': { type: json, body: '{"text":"five"}' },
  'text to speech': { type: 'audio/pcm', body: Buffer.alloc(4_800, 200) },
} as const;

const asks = {
  chat: (client: ApiClient, clock: HastyClock) =>
    createChatChain(
      makeChain('chat', [openChatModel(client, { model: 'm' })], clock).chain,
    ).reply([{ role: 'user', name: 'Eva', content: 'How many?' }], [], staying),
  'speech to text': (client: ApiClient, clock: HastyClock) =>
    createTranscriberChain(
      makeChain(
        'speech to text',
        [new OpenAiTranscriber(client, { model: 'm' })],
        clock,
      ).chain,
      false,
    ).transcribe(speakWords('one two three four').pcm, staying),
  'text to speech': (client: ApiClient, clock: HastyClock) =>
    createSynthesizerChain(
      makeChain(
        'text to speech',
        [new OpenAiSynthesizer(client, { model: 'm', voice: 'v', format: 'pcm' })],
        clock,
      ).chain,
    ).synthesize('Five.', {}, staying),
} as const;

test.each(['chat', 'speech to text', 'text to speech'] as const)(
  'a server for %s that is still loading its model is asked again until it answers',
  async (role) => {
    const left = [...refusals];
    await using served = await openListeningServer(async (request, response) => {
      for await (const _ of request);
      const { status, type, body, headers } = {
        status: 200,
        headers: {},
        ...answers[role],
        ...left.shift(),
      };
      response.writeHead(status, { 'content-type': type, ...headers }).end(body);
    });
    const { clock, waitsMs } = createHastyClock();
    const client = openClient({ baseUrl: `${served.origin}/v1` });
    const pieces = await Array.fromAsync<unknown>(asks[role](client, clock));
    expect(pieces.length).toBeGreaterThan(0);
    expect(waitsMs).toEqual([1_000, 1_000, 2_000]);
  },
);
