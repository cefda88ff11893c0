import type { ServerResponse } from 'node:http';
import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { makeAudioChatEvents, replaceSound } from './mock-audio-chat.ts';
import {
  findReply,
  getQuestion,
  makeChatAnswer,
  makeChatEvents,
  type ReceivedChatRequest,
} from './mock-chat.ts';
import type { MockEndpoint, MockRequest, MockSettings } from './mock-settings.ts';
import { encodeSound, makeTone } from './mock-sound.ts';
import { readUpload } from './read-upload.ts';
import { cutBytes, sendPaced, waitUntil } from './send-paced.ts';

type MockExchange = {
  readonly record: MockRequest;
  readonly response: ServerResponse;
  readonly settings: MockSettings;
  readonly signal: AbortSignal;
};

export function transcribeSound({ hears }: MockSettings, pcm: Pcm) {
  return typeof hears === 'string' ? hears : hears(pcm);
}

/** Answers of each endpoint. */
export const endpointAnswers: Readonly<
  Record<
    MockEndpoint,
    (exchange: MockExchange, bytes: Buffer, type: string) => Promise<void>
  >
> = {
  async transcriptions(exchange, bytes, type) {
    const form = await new Response(new Uint8Array(bytes), {
      headers: { 'content-type': type },
    }).formData();
    const { file, ...fields } = Object.fromEntries(form);
    exchange.record.body = fields;
    if (!(file instanceof File) || !/\.(wav|ogg)$/.test(file.name)) {
      return answerJson(exchange, 0, { detail: 'the upload is no sound' }, 415);
    }
    const pcm = readUpload(await file.bytes());
    const { pace } = exchange.settings;
    exchange.record.soundMs = getDurationMs(pcm);
    exchange.record.text = transcribeSound(exchange.settings, pcm);
    await exchange.settings.holdWords?.(exchange.record.text);
    await answerJson(exchange, pace.recogniseMs, { text: exchange.record.text });
  },
  async chat(exchange, bytes) {
    const sent = JSON.parse(bytes.toString()) as ReceivedChatRequest;
    const request = replaceSound(sent, (pcm) =>
      transcribeSound(exchange.settings, pcm),
    );
    const { replies, pace } = exchange.settings;
    const reply = findReply(request, replies);
    Object.assign(exchange.record, {
      body: sent,
      text: reply.text,
      asked: getQuestion(request),
    });
    if (!request.stream) {
      return answerJson(exchange, pace.firstTokenMs, makeChatAnswer(request, reply));
    }
    const events =
      makeAudioChatEvents(request, reply, exchange.settings.voice) ??
      makeChatEvents(request, reply);
    await answerPaced(exchange, 'text/event-stream', events, pace.firstTokenMs, () =>
      pace.tokensPerSecond === Infinity ? 0 : 1000 / pace.tokensPerSecond,
    );
  },
  async speech(exchange, bytes) {
    const request = JSON.parse(bytes.toString()) as {
      input: string;
      response_format?: string;
    };
    const { pace, rateHz, msPerChar, onlyFormat } = exchange.settings;
    Object.assign(exchange.record, { body: request, text: request.input });
    const format = onlyFormat ?? (request.response_format === 'wav' ? 'wav' : 'pcm');
    const sound = encodeSound(
      makeTone(request.input, rateHz, msPerChar),
      rateHz,
      format,
    );
    const pieces = cutBytes(sound, 1921);
    await answerPaced(
      exchange,
      `audio/${format}`,
      pieces,
      pace.firstSoundMs,
      (piece) =>
        pace.soundSpeed === Infinity
          ? 0
          : (piece.length / 2 / rateHz / pace.soundSpeed) * 1000,
    );
  },
  async models(exchange) {
    const data = exchange.settings.models.map((id) => ({
      id,
      object: 'model',
      created: 0,
      owned_by: 'test',
    }));
    await answerJson(exchange, 0, { object: 'list', data });
  },
};

async function answerJson(
  exchange: MockExchange,
  afterMs: number,
  body: object,
  status = 200,
) {
  const { response, record, settings, signal } = exchange;
  await waitUntil((record.bodyAtMs ?? 0) + afterMs, signal, settings.clock);
  response.writeHead(status, { 'content-type': 'application/json' });
  record.firstByteAtMs = settings.clock.nowMs();
  if (isBroken(exchange)) return breakOff(exchange, '{"text": "he');
  response.end(JSON.stringify(body));
}

async function answerPaced<T extends Uint8Array | string>(
  exchange: MockExchange,
  type: string,
  parts: Iterable<T>,
  firstMs: number,
  gapMs: (part: T) => number,
) {
  const { response, record, settings, signal } = exchange;
  const firstAtMs = (record.bodyAtMs ?? 0) + firstMs;
  response.writeHead(200, { 'content-type': type });
  response.flushHeaders();
  await waitUntil(firstAtMs, signal, settings.clock);
  record.firstByteAtMs = settings.clock.nowMs();
  await sendPaced(
    response,
    paceParts(isBroken(exchange) ? takeHalf([...parts]) : parts, firstAtMs, gapMs),
    signal,
    settings.clock,
  );
  if (isBroken(exchange)) return breakOff(exchange, '');
  response.end();
}

/** Each part is due its gap after the one before. */
function* paceParts<T extends Uint8Array | string>(
  parts: Iterable<T>,
  firstAtMs: number,
  gapMs: (part: T) => number,
) {
  let dueAtMs = firstAtMs;
  for (const bytes of parts) {
    yield { dueAtMs, bytes };
    dueAtMs += gapMs(bytes);
  }
}

function takeHalf<T>(parts: readonly T[]) {
  return parts.slice(0, Math.ceil(parts.length / 2));
}

function isBroken({ settings, record }: MockExchange) {
  return /stalled|dropped/.test(settings.trouble[record.endpoint] ?? '');
}

/** Breaks an answer off; bytes written so far still reach the client. */
function breakOff({ response, settings, record }: MockExchange, last: string) {
  response.write(last, () => {
    if (settings.trouble[record.endpoint] === 'dropped') response.destroy();
  });
}
