// Proves: Azure OpenAI, and other vendors by fake (Azure, Qwen, StepFun, xAI: Realtime)
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { toRecord } from '#src/base/json.ts';
import { encodeSound, makeTone } from '#test/fakes/providers/mock-sound.ts';

type RealtimeEvent = { readonly type: string } & Readonly<Record<string, unknown>>;
type Session = Readonly<Record<string, unknown>>;

/** A server of the Realtime API in its own dialect. */
export type RealtimeManners = {
  /** Events before anybody says anything. */
  readonly greeting?: readonly RealtimeEvent[];
  /** Why it refuses a session, and which field it names; undefined where it takes it. */
  readonly refuses?: (
    session: Session,
  ) => { message: string; param: string } | undefined;
  /** Answers to an accepted session. */
  readonly confirms?: boolean;
  /** Makes the events of an answer with these words. */
  readonly answer: (text: string) => readonly RealtimeEvent[];
};

const rateHz = 24_000;
const created = { type: 'session.created', session: { id: 's1' } };
const ofAnswer = {
  response_id: 'r1',
  item_id: 'i1',
  output_index: 0,
  content_index: 0,
};

/** Sound of a text in pieces of base64, each with the words that it is said with. */
function* listPieces(text: string) {
  const words = text.match(/\s*\S+/g) ?? [];
  const bytes = encodeSound(makeTone(text, rateHz), rateHz, 'pcm');
  const size = Math.ceil(bytes.length / words.length);
  for (const [n, word] of words.entries())
    yield { word, sound: bytes.subarray(n * size, (n + 1) * size).toString('base64') };
}

/** Events of an answer; `middle` is what stands between `response.` and `audio` in their names. */
export function makeAnswerEvents(
  text: string,
  middle: '' | 'output_',
): RealtimeEvent[] {
  const part = { type: middle === '' ? 'audio' : 'output_audio', transcript: text };
  const item = { id: 'i1', type: 'message', role: 'assistant', content: [part] };
  return [
    { type: 'response.created', response: { id: 'r1', status: 'in_progress' } },
    { type: 'response.output_item.added', ...ofAnswer, item: { ...item, content: [] } },
    ...[...listPieces(text)].flatMap(({ word, sound }) => [
      { type: `response.${middle}audio_transcript.delta`, ...ofAnswer, delta: word },
      { type: `response.${middle}audio.delta`, ...ofAnswer, delta: sound },
    ]),
    { type: `response.${middle}audio_transcript.done`, ...ofAnswer, transcript: text },
    { type: `response.${middle}audio.done`, ...ofAnswer },
    { type: 'response.output_item.done', ...ofAnswer, item },
    {
      type: 'response.done',
      response: {
        id: 'r1',
        status: 'completed',
        output: [item],
        usage: { total_tokens: 9 },
      },
    },
  ];
}

const answerFormerly = (text: string) => makeAnswerEvents(text, '');
const answerNow = (text: string) => makeAnswerEvents(text, 'output_');

/** https://www.alibabacloud.com/help/en/model-studio/client-events (2026-10): both modalities, and no `type`. */
const refuseForQwen = (session: Session) => {
  const { modalities } = session;
  const isBoth =
    modalities === undefined ||
    [...(modalities as string[])].sort().join() === 'audio,text';
  if (!isBoth || 'output_modalities' in session)
    return {
      message:
        "Invalid modalities: ['audio']. Supported combinations are: ['text'] and ['audio', 'text'].",
      param: 'session.modalities',
    };
  const stray = ['type', 'audio'].find((name) => name in session);
  return stray === undefined
    ? undefined
    : { message: `Unknown parameter: 'session.${stray}'.`, param: `session.${stray}` };
};

/** Servers with the former names of events, or with forms of their own. */
export const realtimeServers: Readonly<Record<string, RealtimeManners>> = {
  // https://github.com/speaches-ai/speaches: the names before August 2025
  speaches: { greeting: [created], answer: answerFormerly },
  'Azure, preview': {
    greeting: [created],
    refuses: (session) =>
      'audio' in session
        ? { message: "Unknown parameter: 'session.audio'.", param: 'session.audio' }
        : undefined,
    answer: answerFormerly,
  },
  Qwen: { greeting: [created], refuses: refuseForQwen, answer: answerFormerly },
  // https://platform.stepfun.com/docs/api-reference/realtime: a session without `type`
  StepFun: {
    greeting: [created],
    refuses: (session) =>
      'type' in session
        ? { message: 'unknown field session.type', param: '' }
        : undefined,
    answer: answerFormerly,
  },
  // https://docs.x.ai/docs/guides/voice: greets with a conversation
  xAI: {
    greeting: [{ type: 'conversation.created', conversation: { id: 'c1' } }],
    answer: answerNow,
  },
  'a server with a greeting of its own': {
    greeting: [{ type: 'server.hello', version: 7 }],
    answer: answerNow,
  },
  'pings between the events': {
    greeting: [{ type: 'ping', event_id: 'e1' }, created],
    answer: (text) =>
      answerNow(text).flatMap((event) => [
        event,
        { type: 'ping' },
        { type: 'rate_limits.updated' },
      ]),
  },
  'sound before response.created': {
    greeting: [created],
    answer: (text) => {
      const [first, ...others] = answerFormerly(text);
      return first ? [...others.slice(0, 3), first, ...others.slice(3)] : [];
    },
  },
  'no ids in its events': {
    greeting: [created],
    answer: (text) =>
      answerFormerly(text).map(({ response_id: _, item_id: __, ...event }) => event),
  },
};

/** Serves conversations at `/v1/realtime`; returns what ends them. `text` is what it always answers. */
export function attachRealtimeServer(
  server: Server,
  {
    greeting = [],
    refuses = () => undefined,
    confirms = true,
    answer,
  }: RealtimeManners,
  text: string,
) {
  const sockets = new WebSocketServer({ server, path: '/v1/realtime' });
  sockets.on('connection', (socket) => {
    const sendEvent = (event: RealtimeEvent) =>
      socket.send(JSON.stringify(event), () => {});
    for (const event of greeting) sendEvent(event);
    const confirmSession = (event: RealtimeEvent) => {
      const refused = refuses(toRecord(event.session));
      if (refused) sendEvent(toErrorEvent(event, refused));
      else if (confirms) sendEvent({ type: 'session.updated', session: event.session });
    };
    socket.on('message', (data) => {
      const event = JSON.parse(`${data}`) as RealtimeEvent;
      if (event.type === 'session.update') confirmSession(event);
      if (event.type === 'response.create') sendAnswer(socket, answer(text));
    });
  });
  return () => {
    for (const client of sockets.clients) client.terminate();
  };
}

function toErrorEvent({ event_id }: RealtimeEvent, refused: object): RealtimeEvent {
  const error = {
    type: 'invalid_request_error',
    code: 'invalid_value',
    event_id,
    ...refused,
  };
  return { type: 'error', event_id: 'e9', error };
}

function sendAnswer(socket: WebSocket, events: readonly RealtimeEvent[]) {
  for (const event of events) socket.send(JSON.stringify(event), () => {});
}
