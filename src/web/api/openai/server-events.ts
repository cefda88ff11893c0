/** Header of an answer that a proxy like nginx is to pass on at once. */
export const unbuffered = { 'x-accel-buffering': 'no' };

/** Headers of a stream of server-sent events. */
export const eventHeaders = {
  ...unbuffered,
  'content-type': 'text/event-stream; charset=utf-8',
};

const encoder = new TextEncoder();

/** One server-sent event with this data as JSON, in bytes. */
export function event(data: object): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(data)}\n\n`);
}

/** The last event of OpenAI's streams. */
export const doneEvent: Uint8Array = encoder.encode('data: [DONE]\n\n');

/** Comment of a stream that its reader skips: it moves the stream while there are no events. */
export function comment(words: string): Uint8Array {
  return encoder.encode(`: ${words}\n\n`);
}
