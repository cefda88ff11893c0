import type { FromDecoder, ToDecoder } from '#src/sources/decode/decode-messages.ts';
import { DecodeStream } from '#src/sources/decode/decode-stream.ts';
import { type Inspection, inspect } from '#src/sources/decode/inspection.ts';
import { openDecoderPort } from './decoder-port.ts';

Object.assign(console, { error() {}, warn() {}, log() {} }); // the decoders print every flaw of a file

const streams = new Map<number, DecodeStream>();
let before: Promise<void> = Promise.resolve();

const send = openDecoderPort((message) => {
  before = before.then(() => obey(message));
});

async function obey(message: ToDecoder): Promise<void> {
  switch (message.kind) {
    case 'open':
      streams.set(message.id, new DecodeStream(message.plan));
      return;
    case 'feed':
      send(await fed(message));
      return;
    case 'close':
      close(message.id);
      return;
    case 'inspect':
      send(await inspected(message.inspection));
      return;
  }
}

async function inspected(inspection: Inspection): Promise<FromDecoder> {
  try {
    if (inspection.kind !== 'tags') return { kind: 'inspected', inspected: inspect(inspection) };
    const { tagsOf } = await import('#src/sources/decode/tags.ts'); // only where tags are wanted
    const tags = await tagsOf(inspection.path);
    return { kind: 'inspected', inspected: { kind: 'tags', tags } };
  } catch (error) {
    return damaged(error);
  }
}

async function fed({
  id,
  bytes,
  isLast,
}: Extract<ToDecoder, { kind: 'feed' }>): Promise<FromDecoder> {
  const stream = streams.get(id);
  if (!stream) return { kind: 'damaged', why: 'it is closed' };
  try {
    return await stream.feed(bytes, isLast);
  } catch (error) {
    close(id);
    return damaged(error);
  }
}

function damaged(error: unknown): FromDecoder {
  return { kind: 'damaged', why: error instanceof Error ? error.message : 'it is damaged' };
}

function close(id: number): void {
  streams.get(id)?.free();
  streams.delete(id);
}
