import { rms } from '#src/audio/loudness/loudness.ts';
import { BotError } from '#src/base/errors.ts';
import type { OpusCodec } from './opus.ts';
import { ctl, decoded, modeValue, twentyMs } from './opus-bytes.ts';
import { openOpusScript } from './opus-script.ts';

const codecs = {
  '@discordjs/opus': openNative,
  mediaplex: openMediaplex,
  opusscript: openOpusScript,
} as const;

/** The part of @discordjs/opus that we use; the package is there only if the operator added it. */
type NativeOpus = {
  readonly OpusEncoder: new (
    rateHz: number,
    channels: number,
  ) => {
    encode(pcm: Buffer): Buffer;
    decode(opus: Buffer): Buffer;
    setBitrate(bitrate: number): void;
    applyEncoderCTL(request: number, value: number): void;
  };
};

// In a variable, so that neither types nor tools ask for a package most people do not have.
const packageName: string = '@discordjs/opus';

/** A coder of @discordjs/opus or of mediaplex, which follows it; nothing has to be freed. */
type Coder = {
  encode(pcm: Buffer): Buffer;
  decode(opus: Buffer): Buffer;
  setBitrate(bitrate: number): void;
};

/**
 * The first Opus library, fastest first, that loads and passes a short test; `prefer` names one to try before.
 *
 * Errors: BotError `audio.no_codec`.
 */
export async function loadOpus(prefer?: string): Promise<OpusCodec> {
  const entries = Object.entries(codecs);
  const ordered = [
    ...entries.filter(([name]) => name === prefer),
    ...entries.filter(([name]) => name !== prefer),
  ];
  const failures: unknown[] = [];
  for (const [, open] of ordered) {
    try {
      const codec = await open();
      selfTest(codec);
      return codec;
    } catch (cause) {
      failures.push(cause);
    }
  }
  const names = ordered.map(([name]) => name).join(', ');
  const cause = new AggregateError(failures, 'Every Opus library failed.');
  throw new BotError('audio.no_codec', false, `No Opus library works here: ${names}.`, cause);
}

/** Checks that a tone keeps its length and loudness. */
function selfTest(codec: OpusCodec): void {
  const encoder = codec.encoder(24_000);
  const decoder = codec.decoder(16_000);
  try {
    const tone = Int16Array.from({ length: 480 }, (_, n) => 8000 * Math.sin((Math.PI * n) / 24));
    let heard = new Int16Array(0);
    for (let n = 0; n < 5; n++) heard = decoder.decode(encoder.encode(tone)).slice();
    const ratio = rms(heard) / rms(tone);
    const fits = heard.length === 320 && ratio > 0.8 && ratio < 1.25;
    if (!fits) throw new Error(`${codec.name} did not reproduce the test tone.`);
  } finally {
    encoder.free();
    decoder.free();
  }
}

/** Opus by mediaplex: prebuilt, needs no compiler. Rejects where it has no binary for this machine. */
export async function openMediaplex(): Promise<OpusCodec> {
  const { OpusEncoder } = await import('mediaplex');
  return codecOf(
    'mediaplex',
    (rateHz, channels) => new OpusEncoder(rateHz, channels),
    (coder, ctl, value) => coder.applyEncoderCtl(ctl, value),
  );
}

/** Opus by @discordjs/opus: the fastest, but compiled on the spot. Rejects where it is absent or has no binary. */
export async function openNative(): Promise<OpusCodec> {
  const { default: native }: { readonly default: NativeOpus } = await import(packageName);
  const { OpusEncoder } = native;
  return codecOf(
    packageName,
    (rateHz, channels) => new OpusEncoder(rateHz, channels),
    (coder, ctl, value) => coder.applyEncoderCTL(ctl, value),
  );
}

/** A codec around such coders; `request` is how the library spells an encoder request. */
function codecOf<C extends Coder>(
  name: string,
  open: (rateHz: number, channels: 1 | 2) => C,
  request: (coder: C, ctl: number, value: number) => void,
): OpusCodec {
  return {
    name,
    decoder(rateHz) {
      const coder = open(rateHz, 1);
      return {
        decode: (opus) => decoded(coder, opus, rateHz),
        free() {},
      };
    },
    encoder(rateHz) {
      const coder = open(rateHz, 1);
      request(coder, ctl.application, ctl.voip);
      coder.setBitrate(ctl.speechBitrate);
      return {
        encode: (samples) => coder.encode(twentyMs(samples, rateHz)),
        force: (mode) => request(coder, ctl.forceMode, modeValue(mode)),
        free() {},
      };
    },
    stereoDecoder() {
      const coder = open(48_000, 2);
      return {
        decode: (opus) => decoded(coder, opus, 48_000, 2),
        free() {},
      };
    },
    stereoEncoder() {
      const coder = open(48_000, 2);
      request(coder, ctl.application, ctl.audio);
      coder.setBitrate(ctl.musicBitrate);
      return {
        encode: (samples) => coder.encode(twentyMs(samples, 48_000, 2)),
        force: (mode) => request(coder, ctl.forceMode, modeValue(mode)),
        free() {},
      };
    },
  };
}
