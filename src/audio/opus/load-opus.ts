import { measureRms, speakRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { OpusCodec, OpusRateHz } from './opus-codec.ts';
import { countOpusSamples, isSilenceFrame } from './opus-packet.ts';

const codecLoaders = {
  '@discordjs/opus': openNativeOpus,
  mediaplex: openMediaplex,
} as const;

/**
 * Requests and values of libopus (opus_defines.h):
 * https://opus-codec.org/docs/opus_api-1.5/group__opus__ctlvalues.html
 */
const opusControls = {
  application: 4000,
  bitrate: 4002,
  voip: 2048,
  /** VOIP would code the bot's speech in hybrid mode, which takes 2.6 times the CPU (mediaplex 1.0.0, 24 kHz). */
  audio: 2049,
  speechBitrate: 64_000,
  musicBitrate: 128_000,
} as const;

/** Limit of the strictest library. A packet on the wire has at most 1.5 kB. */
const maxPacketBytes = 3828;

/** A packet this short holds one frame without sound (DTX). */
const maxSoundlessBytes = 2;

/** Encoder and decoder of a library. Each library names the method that sets an option of libopus differently. */
type LibraryCoder<Method extends string> = {
  encode(pcm: Buffer): Buffer;
  decode(opus: Buffer): Uint8Array;
} & Readonly<Record<Method, (request: number, value: number) => void>>;

type OpenCoder<Method extends string> = new (
  rateHz: number,
  channels: number,
) => LibraryCoder<Method>;

type NativeOpus = { readonly OpusEncoder: OpenCoder<'applyEncoderCTL'> };

// A variable keeps the compiler from asking for the package, which npm removes where it cannot be built.
const packageName: string = '@discordjs/opus';

/**
 * Loads the first Opus library that works here, the fastest first. Throws BotError `audio.no_codec`.
 *
 * @example
 * import { loadOpus } from '#src/audio/opus/load-opus.ts';
 *
 * const codec = await loadOpus();
 * const frame = codec.createEncoder(24_000).encode(new Int16Array(480)); // 20 ms
 * codec.createDecoder(16_000).decode(frame).length; // 320
 */
export async function loadOpus(): Promise<OpusCodec> {
  const failures: unknown[] = [];
  for (const open of Object.values(codecLoaders)) {
    try {
      const codec = await open();
      testCodec(codec);
      return codec;
    } catch (cause) {
      failures.push(cause);
    }
  }
  const names = Object.keys(codecLoaders).join(', ');
  const cause = new AggregateError(failures, 'Every Opus library failed.');
  throw new BotError(
    'audio.no_codec',
    false,
    `No Opus library works here: ${names}.`,
    cause,
  );
}

function testCodec(codec: OpusCodec) {
  const encoder = codec.createEncoder(24_000);
  const decoder = codec.createDecoder(16_000);
  const tone = Int16Array.from(
    { length: 480 },
    (_, n) => 8000 * Math.sin((Math.PI * n) / 24),
  );
  let decoded = new Int16Array(0);
  for (let n = 0; n < 5; n++) decoded = decoder.decode(encoder.encode(tone)).slice();
  const ratio = measureRms(decoded) / measureRms(tone);
  const fits = decoded.length === 320 && ratio > 0.8 && ratio < 1.25;
  if (!fits) throw new Error(`${codec.name} did not reproduce the test tone.`);
}

/** Opens mediaplex, which is prebuilt. Rejects where it has no binary for this machine. */
export async function openMediaplex(): Promise<OpusCodec> {
  const { OpusEncoder } = await import('mediaplex');
  return createCodec('mediaplex', OpusEncoder, 'applyEncoderCtl');
}

/**
 * Opens @discordjs/opus, the fastest, which `npm ci` compiles. Rejects where there was no compiler.
 */
export async function openNativeOpus(): Promise<OpusCodec> {
  const { default: native }: { readonly default: NativeOpus } = await import(
    packageName
  );
  return createCodec(packageName, native.OpusEncoder, 'applyEncoderCTL');
}

function createCodec<Method extends string>(
  name: string,
  Coder: OpenCoder<Method>,
  method: Method,
): OpusCodec {
  return {
    name,
    createDecoder(rateHz, channels = 1) {
      const coder = new Coder(rateHz, channels);
      return { decode: (opus) => decodeOpus(coder, opus, rateHz, channels) };
    },
    createEncoder(rateHz, channels = 1) {
      const coder = new Coder(rateHz, channels);
      coder[method](
        opusControls.application,
        isBotSound(rateHz, channels) ? opusControls.audio : opusControls.voip,
      );
      coder[method](
        opusControls.bitrate,
        channels === 1 ? opusControls.speechBitrate : opusControls.musicBitrate,
      );
      return {
        encode: (samples) => coder.encode(toFrameBytes(samples, rateHz, channels)),
      };
    },
  };
}

function isBotSound(rateHz: OpusRateHz, channels: 1 | 2) {
  // Tests and the sandbox encode people's sound too, as their clients do.
  return channels === 2 || rateHz === speakRateHz;
}

/** Decodes a packet. Throws a plain Error for bytes that could harm a library. */
function decodeOpus(
  library: { decode(opus: Buffer): Uint8Array },
  opus: Uint8Array,
  rateHz: number,
  channels: 1 | 2,
) {
  if (opus.length > maxPacketBytes) throw new Error('An Opus packet is too long.');
  const length = countOpusSamples(opus);
  if (length === 0) throw new Error('A packet is not Opus.');
  const samples = new Int16Array((length * rateHz * channels) / 48_000);
  // mediaplex 1.0.0 turns packets without sound into full-scale noise, except in CELT mode.
  if (opus.length <= maxSoundlessBytes) return samples;
  const pcm = library.decode(toBuffer(opus));
  // The same happens for a silence frame after hybrid frames.
  if (isSilenceFrame(opus)) return samples;
  if (pcm.length < samples.byteLength)
    throw new Error('An Opus packet was decoded to too few samples.');
  // mediaplex returns mono at twice its length, with zeros at the end.
  samples.set(new Int16Array(pcm.buffer, pcm.byteOffset, samples.length));
  return samples;
}

function toBuffer(opus: Uint8Array) {
  return opus instanceof Buffer
    ? opus
    : Buffer.from(opus.buffer, opus.byteOffset, opus.length);
}

function toFrameBytes(samples: Int16Array, rateHz: number, channels: 1 | 2) {
  const length = (rateHz / 50) * channels;
  if (samples.length !== length) throw new Error(`A frame holds ${length} samples.`);
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}
