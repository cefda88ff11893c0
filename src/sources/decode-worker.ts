import { parentPort } from 'node:worker_threads';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import type { DecoderReady, FromDecoder, ToDecoder } from './decode-messages.ts';
import { DecodeStream } from './decode-stream.ts';
import { type Inspection, inspect } from './inspection.ts';

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');
Object.assign(console, { error() {}, warn() {}, log() {} }); // the decoders print every flaw of a file

const streams = new Map<number, DecodeStream>();
let before: Promise<void> = Promise.resolve();

port.on('message', (message: ToDecoder) => {
  before = before.then(() => obey(message));
});
port.postMessage({ kind: 'ready' } satisfies DecoderReady);

async function obey(message: ToDecoder): Promise<void> {
  switch (message.kind) {
    case 'open':
      streams.set(message.id, new DecodeStream(message.plan));
      return;
    case 'feed': {
      const answer = await fed(message);
      port?.postMessage(answer, answer.kind === 'fed' ? answer.chunks.flatMap(owned) : []);
      return;
    }
    case 'close':
      close(message.id);
      return;
    case 'inspect':
      port?.postMessage(inspected(message.inspection));
      return;
  }
}

function inspected(inspection: Inspection): FromDecoder {
  try {
    return { kind: 'inspected', inspected: inspect(inspection) };
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
    const given = await stream.feed(bytes, isLast);
    return { ...given, chunks: given.chunks.map(alone) };
  } catch (error) {
    close(id);
    return damaged(error);
  }
}

function damaged(error: unknown): FromDecoder {
  return { kind: 'damaged', why: error instanceof Error ? error.message : 'it is damaged' };
}

/** The same in memory of its own, which can be given away. */
function alone(chunk: SoundChunk): SoundChunk {
  if (chunk.kind === 'opus') return { ...chunk, packet: new Uint8Array(chunk.packet) };
  const { samples } = chunk.pcm;
  const isWhole = samples.byteLength === samples.buffer.byteLength;
  return isWhole ? chunk : { kind: 'pcm', pcm: { ...chunk.pcm, samples: samples.slice() } };
}

function owned(chunk: SoundChunk): readonly ArrayBuffer[] {
  return chunk.kind === 'pcm' ? [chunk.pcm.samples.buffer as ArrayBuffer] : [];
}

function close(id: number): void {
  streams.get(id)?.free();
  streams.delete(id);
}
