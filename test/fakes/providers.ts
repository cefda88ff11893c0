import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pcm } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { audioChatEvents, inWords } from './providers-audio-chat.ts';
import {
  type ChatRequest,
  chatAnswer,
  chatEvents,
  type MockReply,
  replyTo,
} from './providers-chat.ts';
import { cut, type Piece, sendPaced, until } from './providers-paced.ts';
import { attachRealtime, type MockRealtime, type RealtimeSettings } from './providers-realtime.ts';
import { attachTalk, type MockTalk, type TalkSettings } from './providers-realtime-talk.ts';
import { soundBytes, steadyTone, tone, usualMsPerChar } from './providers-sound.ts';
import { misbehave, type Trouble } from './providers-trouble.ts';

export type Endpoint = 'transcriptions' | 'chat' | 'speech' | 'models';

export type Pace = {
  /** From the end of the upload to the transcript. */
  readonly recogniseMs: number;
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  readonly firstSoundMs: number;
  /** Times real time. */
  readonly soundSpeed: number;
};

export const usualPace: Pace = {
  recogniseMs: 120,
  firstTokenMs: 150,
  tokensPerSecond: 100,
  firstSoundMs: 60,
  soundSpeed: 5,
};

export const instantPace: Pace = {
  recogniseMs: 0,
  firstTokenMs: 0,
  tokensPerSecond: Number.POSITIVE_INFINITY,
  firstSoundMs: 0,
  soundSpeed: Number.POSITIVE_INFINITY,
};

export type MockSettings = {
  readonly hears: string | ((pcm: Pcm) => string);
  readonly replies: readonly MockReply[];
  readonly trouble: Partial<Record<Endpoint, Trouble>>;
  readonly pace: Pace;
  /** Set: every request must carry it. */
  readonly key?: string;
  /** Set: speech comes in this format, whatever was asked. */
  readonly onlyFormat?: 'pcm' | 'wav';
  readonly rateHz: number;
  /** How long speech lasts. */
  readonly msPerChar: number;
  /** Speech without syllables: whatever its level does then was done to it. */
  readonly steady?: boolean;
  /** Of transcription while somebody speaks, on the same address; it hears what `hears` does. */
  readonly realtime: Partial<RealtimeSettings>;
  /** Of Realtime conversations, on the same address; it hears what `hears` does and says what `replies` do. */
  readonly talk: Partial<TalkSettings>;
};

/** One request and its instants, on the clock all processes of the machine share. */
export type MockRequest = {
  readonly endpoint: Endpoint;
  readonly atMs: number;
  readonly authorization: string | undefined;
  /** The upload is complete. */
  bodyAtMs?: number;
  firstByteAtMs?: number;
  endedAtMs?: number;
  /** The client hung up before the end. */
  leftAtMs?: number;
  /** Chat and speech: the JSON sent. Transcriptions: the fields of the form. */
  body?: Readonly<Record<string, unknown>>;
  /** What was heard, answered, or spoken. */
  text?: string;
};

/** A speech and chat server of our own on 127.0.0.1, with the manners and the faults of real ones. */
export interface MockProviders extends AsyncDisposable {
  /** Ends in `/v1`; anything beside it is a plain 404, as with servers given without `/v1`. */
  readonly baseUrl: string;
  readonly requests: readonly MockRequest[];
  readonly realtime: MockRealtime;
  readonly talk: MockTalk;
  /** Holds from the next request on. */
  set(settings: Partial<MockSettings>): void;
  connections(): Promise<number>;
}

const usual: MockSettings = {
  hears: 'hello nova',
  replies: [],
  trouble: {},
  pace: usualPace,
  rateHz: 24_000,
  msPerChar: usualMsPerChar,
  realtime: {},
  talk: {},
};

export async function openMockProviders(
  settings: Partial<MockSettings> = {},
): Promise<MockProviders> {
  const requests: MockRequest[] = [];
  let now: MockSettings = { ...usual, ...settings };
  const server = createServer((request, response) => {
    serve(request, response, now, requests).catch(() => response.destroy());
  });
  const realtime = attachRealtime(server, {
    hears: (pcm) => heard(now, pcm),
    recogniseMs: now.pace.recogniseMs,
    ...now.realtime,
  });
  const talk = attachTalk(server, {
    hears: (pcm) => heard(now, pcm),
    answer: (newest) => replyTo({ messages: [{ role: 'user', content: newest }] }, now.replies),
    ...now.talk,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    realtime,
    talk,
    set: (more) => {
      now = { ...now, ...more };
      realtime.set(more.realtime ?? {});
      talk.set(more.talk ?? {});
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        realtime.dropAll();
        talk.dropAll();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function heard({ hears }: MockSettings, pcm: Pcm): string {
  return typeof hears === 'string' ? hears : hears(pcm);
}

const endpoints: Readonly<Record<string, Endpoint>> = {
  'POST /v1/audio/transcriptions': 'transcriptions',
  'POST /v1/chat/completions': 'chat',
  'POST /v1/audio/speech': 'speech',
  'GET /v1/models': 'models',
};

type Exchange = {
  readonly record: MockRequest;
  readonly response: ServerResponse;
  readonly settings: MockSettings;
  readonly signal: AbortSignal;
};

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  settings: MockSettings,
  requests: MockRequest[],
): Promise<void> {
  const endpoint = endpoints[`${request.method} ${request.url?.replace(/\?.*/, '')}`];
  if (!endpoint) {
    request.resume();
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
    return;
  }
  const { authorization } = request.headers;
  const record: MockRequest = { endpoint, atMs: realClock.nowMs(), authorization };
  requests.push(record);
  const left = new AbortController();
  response.on('close', () => {
    if (response.writableFinished) record.endedAtMs = realClock.nowMs();
    else record.leftAtMs = realClock.nowMs();
    left.abort();
  });
  const bytes = Buffer.concat(await Array.fromAsync<Buffer>(request));
  record.bodyAtMs = realClock.nowMs();
  const barred = settings.key !== undefined && authorization !== `Bearer ${settings.key}`;
  const trouble = barred ? 'bad-key' : settings.trouble[endpoint];
  if (trouble && misbehave(trouble, response)) return;
  const exchange = { record, response, settings, signal: left.signal };
  await answers[endpoint](exchange, bytes, request.headers['content-type'] ?? '');
}

const answers: Readonly<
  Record<Endpoint, (exchange: Exchange, bytes: Buffer, type: string) => Promise<void>>
> = {
  async transcriptions(exchange, bytes, type) {
    const form = await new Response(new Uint8Array(bytes), {
      headers: { 'content-type': type },
    }).formData();
    const { file, ...fields } = Object.fromEntries(form);
    exchange.record.body = fields;
    if (!(file instanceof File) || !file.name.endsWith('.wav')) {
      return answerJson(exchange, 0, { detail: 'the upload is not a WAV file' }, 415);
    }
    const pcm = readWav(await file.bytes());
    const { pace } = exchange.settings;
    exchange.record.text = heard(exchange.settings, pcm);
    await answerJson(exchange, pace.recogniseMs, { text: exchange.record.text });
  },
  async chat(exchange, bytes) {
    const sent = JSON.parse(bytes.toString()) as ChatRequest;
    const request = inWords(sent, (pcm) => heard(exchange.settings, pcm));
    const { replies, pace } = exchange.settings;
    const reply = replyTo(request, replies);
    Object.assign(exchange.record, { body: sent, text: reply.text });
    if (!request.stream) {
      return answerJson(exchange, pace.firstTokenMs, chatAnswer(request, reply));
    }
    const events = audioChatEvents(request, reply) ?? chatEvents(request, reply);
    await answerPaced(exchange, 'text/event-stream', events, pace.firstTokenMs, () =>
      pace.tokensPerSecond === Number.POSITIVE_INFINITY ? 0 : 1000 / pace.tokensPerSecond,
    );
  },
  async speech(exchange, bytes) {
    const request = JSON.parse(bytes.toString()) as { input: string; response_format?: string };
    const { pace, rateHz, msPerChar, steady, onlyFormat } = exchange.settings;
    Object.assign(exchange.record, { body: request, text: request.input });
    const format = onlyFormat ?? (request.response_format === 'wav' ? 'wav' : 'pcm');
    const spoken = (steady ? steadyTone : tone)(request.input, rateHz, msPerChar);
    const sound = soundBytes(spoken, rateHz, format);
    const pieces = [...cut(sound, 1921)];
    await answerPaced(exchange, `audio/${format}`, pieces, pace.firstSoundMs, (piece) =>
      pace.soundSpeed === Number.POSITIVE_INFINITY
        ? 0
        : (piece.length / 2 / rateHz / pace.soundSpeed) * 1000,
    );
  },
  async models(exchange) {
    const model = { id: 'mock', object: 'model', created: 0, owned_by: 'test' };
    await answerJson(exchange, 0, { object: 'list', data: [model] });
  },
};

async function answerJson(exchange: Exchange, afterMs: number, body: object, status = 200) {
  const { response, record, signal } = exchange;
  await until((record.bodyAtMs ?? 0) + afterMs, signal);
  response.writeHead(status, { 'content-type': 'application/json' });
  record.firstByteAtMs = realClock.nowMs();
  if (broken(exchange)) return breakOff(exchange, '{"text": "he');
  response.end(JSON.stringify(body));
}

async function answerPaced<T extends Uint8Array | string>(
  exchange: Exchange,
  type: string,
  parts: readonly T[],
  firstMs: number,
  gapMs: (part: T) => number,
): Promise<void> {
  const { response, record, signal } = exchange;
  let dueAtMs = (record.bodyAtMs ?? 0) + firstMs;
  const pieces: Piece[] = parts.map((bytes) => {
    const piece = { dueAtMs, bytes };
    dueAtMs += gapMs(bytes);
    return piece;
  });
  response.writeHead(200, { 'content-type': type });
  response.flushHeaders();
  await until(pieces[0]?.dueAtMs ?? dueAtMs, signal);
  record.firstByteAtMs = realClock.nowMs();
  const half = broken(exchange) ? pieces.slice(0, Math.ceil(pieces.length / 2)) : pieces;
  await sendPaced(response, half, signal);
  if (broken(exchange)) return breakOff(exchange, '');
  response.end();
}

function broken({ settings, record }: Exchange): boolean {
  return /stalled|dropped/.test(settings.trouble[record.endpoint] ?? '');
}

/** What was written so far still reaches the client. */
function breakOff({ response, settings, record }: Exchange, last: string): void {
  response.write(last, () => {
    if (settings.trouble[record.endpoint] === 'dropped') response.destroy();
  });
}
