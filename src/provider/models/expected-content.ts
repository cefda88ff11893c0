export type ExpectedContent = 'sound' | 'events' | 'json' | 'words';

const acceptedTypes: Readonly<Record<ExpectedContent, RegExp>> = {
  sound: /^(audio\/.+|(application|binary)\/octet-stream)$/,
  events: /^(text\/event-stream|text\/plain)$/,
  words: /^(text\/event-stream|text\/plain|application\/(.+\+)?json)$/,
  json: /^(application\/(.+\+)?json|text\/plain)$/,
};

export function getExpectedContent(url: string, body: unknown): ExpectedContent {
  const path = url.replace(/[?#].*/, '');
  if (path.endsWith('/audio/speech')) {
    const isEvents = typeof body === 'string' && /"stream_format"\s*:\s*"sse"/.test(body);
    return isEvents ? 'events' : 'sound';
  }
  const streamed =
    body instanceof FormData
      ? body.get('stream') === 'true'
      : typeof body === 'string' && /"stream"\s*:\s*true/.test(body);
  if (!streamed) return 'json';
  // Many servers send the whole transcript for any request.
  return path.endsWith('/audio/transcriptions') ? 'words' : 'events';
}

/** Returns `audio/pcm` for `Audio/PCM; rate=24000`. */
export function getMediaType(headers: Headers): string {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** Undefined if the type fits or is missing. `json` means that the body contains the error. */
export function findTypeObjection(type: string, asked: ExpectedContent): string | undefined {
  if (type === '' || acceptedTypes[asked].test(type)) return undefined;
  if (acceptedTypes.json.test(type)) return 'json';
  return /html/.test(type) ? `a web page (${type})` : `${type} instead of ${asked}`;
}

export function isEventStream(type: string, asked: ExpectedContent): boolean {
  return (
    type === 'text/event-stream' ||
    (asked === 'events' && findTypeObjection(type, asked) === undefined)
  );
}

/** Labels are often wrong, so the first bytes decide. */
export function looksLikeEvents(head: string): boolean {
  return /^(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry)?:|\{[^\n]*"(?:delta|chat\.completion\.chunk)")/.test(
    head,
  );
}

/** Labels are often missing or wrong, so the first bytes decide. */
export function findHeadObjection(head: Uint8Array, asked: ExpectedContent): string | undefined {
  const text = Buffer.from(head.subarray(0, 64)).toString('latin1').trimStart();
  const sound = asked === 'sound';
  // Sound may begin with any bytes, but not with sixteen printable ones.
  if (sound && !/^[\t\n\r\x20-\x7e]{16}/.test(text)) return undefined;
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) return 'a web page';
  if (sound && /^[{[]/.test(text)) return 'json';
  if (sound && /^(data|event):/.test(text)) return 'an event stream instead of sound';
  return undefined;
}
