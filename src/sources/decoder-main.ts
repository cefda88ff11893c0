import { openChildPort } from '#src/base/child/child-port.ts';
import { BotError } from '#src/base/errors.ts';
import type { FromDecoder, ToDecoder } from '#src/sources/decode/decode-messages.ts';
import { DecodeStream } from '#src/sources/decode/decode-stream.ts';

Object.assign(console, { error() {}, warn() {}, log() {} }); // The decoders print every flaw of a file.

const streams = new Map<number, DecodeStream>();
let lastTask = Promise.resolve();

const sendToParent = openChildPort<ToDecoder, FromDecoder>((message) => {
  lastTask = lastTask.then(() => obeyMessage(message));
});

async function obeyMessage(message: ToDecoder) {
  if (message.kind === 'close') return closeStream(message.id);
  const { id, plan, bytes, isLast } = message;
  const stream = streams.get(id) ?? new DecodeStream(plan);
  streams.set(id, stream);
  try {
    sendToParent(await stream.feedBytes(bytes, isLast));
  } catch (error) {
    closeStream(id);
    sendToParent({
      kind: 'damaged',
      // A library may quote the titles in a file.
      reason: error instanceof BotError ? error.message : 'it is damaged',
    });
  }
}

function closeStream(id: number) {
  streams.get(id)?.free();
  streams.delete(id);
}
