import { openChildPort } from '#src/base/child/child-port.ts';
import type { FromDecoder, ToDecoder } from '#src/sources/decode/decode-messages.ts';
import {
  createDecodeStream,
  type DecodeStream,
} from '#src/sources/decode/decode-stream.ts';

Object.assign(console, { error() {}, warn() {}, log() {} }); // The decoders print every flaw of a file.

const streams = new Map<number, DecodeStream>();
let before = Promise.resolve();

const sendToParent = openChildPort<ToDecoder, FromDecoder>((message) => {
  before = before.then(() => obeyMessage(message));
});

async function obeyMessage(message: ToDecoder) {
  if (message.kind === 'close') return closeStream(message.id);
  const { id, plan, bytes, isLast } = message;
  const stream = streams.get(id) ?? createDecodeStream(plan);
  streams.set(id, stream);
  try {
    sendToParent(await stream.feed(bytes, isLast));
  } catch (error) {
    closeStream(id);
    sendToParent({
      kind: 'damaged',
      why: error instanceof Error ? error.message : 'it is damaged',
    });
  }
}

function closeStream(id: number) {
  streams.get(id)?.free();
  streams.delete(id);
}
