import { parentPort } from 'node:worker_threads';
import { loadOpus } from '#src/audio/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus.ts';
import { joinSamples } from '#src/audio/pcm.ts';
import type { FromDecoder, ToDecoder } from './decode-messages.ts';
import type { DecodedRateHz, Decoder } from './decoder.ts';
import { openMp3 } from './mp3-decoder.ts';
import { openOgg } from './ogg-decoder.ts';
import { type Format, sniff } from './sniff.ts';
import { openWav } from './wav-decoder.ts';

/** One file: what came of it before it was known what it is, then its decoder. */
type Stream = { readonly rateHz: DecodedRateHz; head: Uint8Array; decoder?: Decoder };

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');
Object.assign(console, { error() {} }); // the MP3 decoder prints every flaw of a file

const streams = new Map<number, Stream>();
let codec: Promise<OpusCodec> | undefined;
let before: Promise<void> = Promise.resolve();

port.on('message', (message: ToDecoder) => {
  before = before.then(() => obey(message));
});

async function obey(message: ToDecoder): Promise<void> {
  const { id } = message;
  switch (message.kind) {
    case 'open':
      streams.set(id, { rateHz: message.rateHz, head: new Uint8Array(0) });
      return;
    case 'feed':
      answer(await fed(message));
      return;
    case 'close':
      close(id);
      return;
  }
}

function answer(message: FromDecoder): void {
  if (message.kind === 'fed') port?.postMessage(message, [message.samples.buffer as ArrayBuffer]);
  else port?.postMessage(message);
}

async function fed({
  id,
  bytes,
  isLast,
}: Extract<ToDecoder, { kind: 'feed' }>): Promise<FromDecoder> {
  const stream = streams.get(id);
  if (!stream) return { kind: 'damaged', why: 'it is closed' };
  try {
    return { kind: 'fed', samples: joinSamples(await decoded(stream, bytes, isLast)) };
  } catch (error) {
    close(id);
    return { kind: 'damaged', why: error instanceof Error ? error.message : 'it is damaged' };
  }
}

async function decoded(
  stream: Stream,
  bytes: Uint8Array,
  isLast: boolean,
): Promise<readonly Int16Array[]> {
  let fresh = bytes;
  if (!stream.decoder) {
    fresh = Buffer.concat([stream.head, bytes]);
    const sniffed = sniff(fresh, isLast);
    if (sniffed.kind === 'foreign') throw new Error(`it is ${sniffed.what}`);
    if (sniffed.kind === 'more') {
      stream.head = fresh;
      return [];
    }
    stream.decoder = await openDecoder(sniffed.format, stream.rateHz);
  }
  const pieces = stream.decoder.push(fresh);
  return isLast ? [...pieces, ...stream.decoder.end()] : pieces;
}

async function openDecoder(format: Format, rateHz: DecodedRateHz): Promise<Decoder> {
  switch (format) {
    case 'wav':
      return openWav(rateHz);
    case 'mp3':
      return await openMp3(rateHz);
    case 'ogg-opus':
      codec ??= loadOpus();
      return openOgg(await codec, rateHz);
  }
}

function close(id: number): void {
  streams.get(id)?.decoder?.free();
  streams.delete(id);
}
