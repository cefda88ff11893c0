import type { JsonLimits } from '#src/base/json.ts';

/** JSON in one piece: five minutes of speech in base64, or a list of 10,000 models. */
export const answerLimits: JsonLimits = {
  bytes: 16 * 2 ** 20,
  depth: 32,
  values: 100_000,
};

/** One event of a stream, or one message of a Realtime connection: a minute of speech in base64. */
export const eventLimits: JsonLimits = {
  bytes: 4 * 2 ** 20,
  depth: 32,
  values: 10_000,
};

/** Kind of content a request expects. */
export type ExpectedContent = 'sound' | 'events' | 'json' | 'words';

const accepted: Readonly<Record<ExpectedContent, RegExp>> = {
  sound: /^(audio\/.+|(application|binary)\/octet-stream)$/,
  events: /^(text\/event-stream|text\/plain)$/,
  words: /^(text\/event-stream|text\/plain|application\/(.+\+)?json)$/,
  json: /^(application\/(.+\+)?json|text\/plain)$/,
};

/** Expected content, derived from the request alone: its path, and `stream` in its body. */
export function askedOf(url: string, body: unknown): ExpectedContent {
  const path = url.replace(/[?#].*/, '');
  if (path.endsWith('/audio/speech')) return isSpeechEvents(body) ? 'events' : 'sound';
  const streamed =
    body instanceof FormData
      ? body.get('stream') === 'true'
      : typeof body === 'string' && /"stream"\s*:\s*true/.test(body);
  if (!streamed) return 'json';
  // Many servers transcribe at once for any request, and that is as good.
  return path.endsWith('/audio/transcriptions') ? 'words' : 'events';
}

function isSpeechEvents(body: unknown): boolean {
  return typeof body === 'string' && /"stream_format"\s*:\s*"sse"/.test(body);
}

/** `audio/pcm` out of `Audio/PCM; rate=24000`; empty where the server does not say. */
export function mediaType(headers: Headers): string {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** Undefined if the type fits or is missing, `json` if the body will contain the error, else the real type. */
export function objectionToType(type: string, asked: ExpectedContent): string | undefined {
  if (type === '' || accepted[asked].test(type)) return undefined;
  if (accepted.json.test(type)) return 'json';
  return /html/.test(type) ? `a web page (${type})` : `${type} instead of ${asked}`;
}

/** True where an answer is read as a stream of events. */
export function isEventStream(type: string, asked: ExpectedContent): boolean {
  return (
    type === 'text/event-stream' ||
    (asked === 'events' && objectionToType(type, asked) === undefined)
  );
}

/** Objection to an answer by its first bytes: types are missing or wrong often enough. */
export function objectionToHead(head: Uint8Array, asked: ExpectedContent): string | undefined {
  const text = Buffer.from(head.subarray(0, 64)).toString('latin1').trimStart();
  const sound = asked === 'sound';
  // Sound may begin with any bytes, but not with sixteen printable ones.
  if (sound && !/^[\t\n\r\x20-\x7e]{16}/.test(text)) return undefined;
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) return 'a web page';
  if (sound && /^[{[]/.test(text)) return 'json';
  if (sound && /^(data|event):/.test(text)) return 'an event stream instead of sound';
  return undefined;
}
