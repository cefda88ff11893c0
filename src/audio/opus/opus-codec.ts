import type { Frame } from '#src/audio/frame.ts';
import { measureRms, speakRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';

export type OpusRateHz = 16_000 | 24_000 | 48_000;

/** Decoder of one stream. libopus mixes down and resamples to the wanted rate. */
export interface OpusDecoder {
  /** Decodes a frame of any legal length. Throws a plain Error for a payload that is not Opus. */
  decode(opus: Uint8Array): Int16Array;
}

/** Encoder of one stream, which predicts each frame from the frames before. */
export interface OpusEncoder {
  /** Encodes exactly 20 ms. Throws a plain Error for another length. */
  encode(samples: Int16Array): Frame;
}

/** Opus library that works on this machine. */
export interface OpusCodec {
  /** Name printed at start, such as `libopus-wasm`. */
  readonly name: string;
  /** Creates a decoder to interleaved channels. */
  createDecoder(rateHz: OpusRateHz, channels?: 1 | 2): OpusDecoder;
  /** Creates an encoder: one channel for speech at 64 kbit/s, two channels for music at 128 kbit/s. */
  createEncoder(rateHz: OpusRateHz, channels?: 1 | 2): OpusEncoder;
}

/** An encoder forgets earlier sound within this many frames, and then produces silence frames. */
const maxSilenceFrames = 5;
const silenceBytes = 3;

/**
 * Encodes the pause that listeners get as silence frames.
 */
export function encodePause(
  encoder: OpusEncoder,
  rateHz: number,
  channels: 1 | 2 = 1,
): void {
  // Opus predicts a frame's level from the frame before. Otherwise the first frames after a pause are up to 30 dB
  // too quiet, and 60 ms of the first word are lost.
  const silence = new Int16Array((rateHz / 50) * channels);
  for (let frame = 0; frame < maxSilenceFrames; frame++) {
    if (encoder.encode(silence).length <= silenceBytes) return;
  }
}

const codecLoaders = {
  '@discordjs/opus': openNativeOpus,
  'libopus-wasm': openWasmOpus,
} as const;

/**
 * Requests and values of libopus (opus_defines.h):
 * https://opus-codec.org/docs/opus_api-1.5/group__opus__ctlvalues.html
 */
const opusControls = {
  application: 4000,
  bitrate: 4002,
  speechBitrate: 64_000,
  musicBitrate: 128_000,
} as const;

/** Limit of the strictest library. A packet on the wire has at most 1.5 kB. */
const maxPacketBytes = 3828;

/** A library's two halves. `controls` are requests of libopus with their values. */
type OpusLibrary = {
  createDecoder(rateHz: number, channels: number): (opus: Uint8Array) => Int16Array;
  createEncoder(
    rateHz: number,
    channels: number,
    controls: ReadonlyMap<number, number>,
  ): (samples: Int16Array) => Frame;
};

type NativeCoder = {
  encode(pcm: Buffer): Buffer;
  decode(opus: Buffer): Uint8Array;
  applyEncoderCTL(request: number, value: number): void;
};

type NativeOpus = {
  readonly OpusEncoder: new (rateHz: number, channels: number) => NativeCoder;
};

// A variable keeps the compiler from asking for the package, which npm removes where it cannot be built.
const packageName: string = '@discordjs/opus';

/**
 * Loads the first Opus library that works here, the fastest first. Throws BotError `audio.no_codec`.
 *
 * @example
 * import { loadOpus } from '#src/audio/opus/opus-codec.ts';
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

/** Opens libopus in WebAssembly, which takes up to 3 times the CPU of @discordjs/opus for the bot's speech. */
export async function openWasmOpus(): Promise<OpusCodec> {
  return createCodec('libopus-wasm', await WasmOpus.open());
}

/**
 * Opens @discordjs/opus, the fastest, which `npm ci` compiles. Rejects where there was no compiler.
 */
export async function openNativeOpus(): Promise<OpusCodec> {
  const { default: native }: { readonly default: NativeOpus } = await import(
    packageName
  );
  return createCodec(packageName, {
    createDecoder(rateHz, channels) {
      const coder = new native.OpusEncoder(rateHz, channels);
      return (opus) => {
        const pcm = coder.decode(toBuffer(opus));
        return new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength / 2);
      };
    },
    createEncoder(rateHz, channels, controls) {
      const coder = new native.OpusEncoder(rateHz, channels);
      for (const [request, value] of controls) coder.applyEncoderCTL(request, value);
      return (samples) => coder.encode(toBuffer(samples));
    },
  });
}

function createCodec(name: string, library: OpusLibrary): OpusCodec {
  return {
    name,
    createDecoder(rateHz, channels = 1) {
      const decode = library.createDecoder(rateHz, channels);
      return { decode: (opus) => decodeOpus(decode, opus, rateHz, channels) };
    },
    createEncoder(rateHz, channels = 1) {
      const length = (rateHz / 50) * channels;
      const { speechBitrate, musicBitrate } = opusControls;
      const encode = library.createEncoder(
        rateHz,
        channels,
        new Map([
          [opusControls.application, chooseApplication(rateHz, channels)],
          [opusControls.bitrate, channels === 1 ? speechBitrate : musicBitrate],
        ]),
      );
      return {
        encode(samples) {
          if (samples.length !== length)
            throw new Error(`A frame holds ${length} samples.`);
          return encode(samples);
        },
      };
    },
  };
}

function chooseApplication(rateHz: OpusRateHz, channels: 1 | 2) {
  // VOIP would code the bot's speech in hybrid mode, which takes more CPU. Tests and the sandbox encode people's
  // sound too, as their clients do.
  const isBotSound = channels === 2 || rateHz === speakRateHz;
  return isBotSound ? opusApplications.audio : opusApplications.voip;
}

/** Decodes a packet. Throws a plain Error for bytes that could harm a library. */
function decodeOpus(
  decode: (opus: Uint8Array) => Int16Array,
  opus: Uint8Array,
  rateHz: number,
  channels: number,
) {
  if (opus.length > maxPacketBytes) throw new Error('An Opus packet is too long.');
  const length = countOpusSamples(opus);
  if (length === 0) throw new Error('A packet is not Opus.');
  const samples = decode(opus);
  if (samples.length !== (length * rateHz * channels) / 48_000)
    throw new Error('An Opus packet was decoded to another length than it says.');
  return samples;
}

function toBuffer(bytes: Uint8Array | Int16Array) {
  return bytes instanceof Buffer
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** 120 ms at 48 kHz: https://www.rfc-editor.org/rfc/rfc6716.html#section-3.2.5 */
const maxPacketSamples = 5760;

/**
 * Frame lengths at 48 kHz by the upper five bits of the first byte:
 * https://www.rfc-editor.org/rfc/rfc6716.html#section-3.1
 */
const silkFrameSamples = [480, 960, 1920, 2880];
const hybridFrameSamples = [480, 960];
const celtFrameSamples = [120, 240, 480, 960];

/** Counts the samples of a packet at 48 kHz by its first byte. Returns 0 for bytes that cannot be Opus. */
export function countOpusSamples(opus: Uint8Array): number {
  const tableOfContents = opus[0];
  if (tableOfContents === undefined) return 0;
  const samples =
    getFrameSamples(tableOfContents >> 3) * getFrameCount(tableOfContents & 3, opus[1]);
  return samples <= maxPacketSamples ? samples : 0;
}

/** 20 ms, as clients send at the end of a voice. */
export const silenceFrame: Buffer = Buffer.from([0xf8, 0xff, 0xfe]);

/**
 * Recognises silence frames, which follow the last voiced one:
 * https://docs.discord.com/developers/topics/voice-connections#voice-data-interpolation
 */
export function isSilenceFrame(opus: Uint8Array): boolean {
  return silenceFrame.equals(opus);
}

function getFrameSamples(mode: number) {
  if (mode < 12) return silkFrameSamples[mode % 4] ?? 0;
  if (mode < 16) return hybridFrameSamples[mode % 2] ?? 0;
  return celtFrameSamples[mode % 4] ?? 0;
}

function getFrameCount(code: number, second: number | undefined) {
  if (code === 0) return 1;
  if (code === 3) return (second ?? 0) & 63;
  return 2;
}

/** Functions of the WebAssembly build of libopus: https://opus-codec.org/docs/opus_api-1.5/ */
type LibopusModule = {
  readonly HEAPU8: Uint8Array;
  readonly HEAP16: Int16Array;
  readonly HEAP32: Int32Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  _oc_create_decoder(rateHz: number, channels: number, error: number): number;
  _oc_destroy_decoder(decoder: number): void;
  _oc_decode(
    decoder: number,
    opus: number,
    bytes: number,
    pcm: number,
    maxSamples: number,
    fec: 0,
  ): number;
  _oc_create_encoder(
    rateHz: number,
    channels: number,
    application: number,
    error: number,
  ): number;
  _oc_destroy_encoder(encoder: number): void;
  _oc_encoder_ctl(encoder: number, request: number, value: number): number;
  _oc_encode(
    encoder: number,
    pcm: number,
    samples: number,
    opus: number,
    maxBytes: number,
  ): number;
};

const maxOpusBytes = 4000;
const maxChannels = 2;

/** libopus in WebAssembly, which runs wherever Node does. A packet that breaks it reaches no memory but its own. */
class WasmOpus {
  readonly #module: LibopusModule;
  // Every call ends before the next one begins, so all coders share one place for a packet and one for its samples.
  readonly #opusAddress: number;
  readonly #pcmAddress: number;
  readonly #destroyedCoders: FinalizationRegistry<() => void> =
    new FinalizationRegistry((destroy) => destroy());

  private constructor(module: LibopusModule) {
    this.#module = module;
    this.#opusAddress = module._malloc(maxOpusBytes);
    this.#pcmAddress = module._malloc(maxPacketSamples * maxChannels * 2);
  }

  /** Compiles the library, in about 10 ms. */
  static async open(): Promise<WasmOpus> {
    // The package's own functions are asynchronous: a decoder is needed within the event of a packet.
    const path = new URL(
      './generated/libopus.generated.mjs',
      import.meta.resolve('libopus-wasm'),
    );
    const { default: createModule }: { default(): Promise<LibopusModule> } =
      await import(path.href);
    return new WasmOpus(await createModule());
  }

  /** Creates a decoder to interleaved channels. It throws a plain Error for what libopus refuses. */
  createDecoder(rateHz: number, channels: number): (opus: Uint8Array) => Int16Array {
    const module = this.#module;
    const decoder = this.#create((error) =>
      module._oc_create_decoder(rateHz, channels, error),
    );
    const maxSamples = (maxPacketSamples * rateHz) / 48_000;
    const decode = (opus: Uint8Array) => {
      if (opus.length > maxOpusBytes) throw new Error('An Opus packet is too long.');
      module.HEAPU8.set(opus, this.#opusAddress);
      const samples = toCount(
        module._oc_decode(
          decoder,
          this.#opusAddress,
          opus.length,
          this.#pcmAddress,
          maxSamples,
          0,
        ),
      );
      const start = this.#pcmAddress / 2;
      return module.HEAP16.slice(start, start + samples * channels);
    };
    this.#destroyedCoders.register(decode, () => module._oc_destroy_decoder(decoder));
    return decode;
  }

  /** Creates an encoder of 20 ms frames, set by requests of libopus with their values. */
  createEncoder(
    rateHz: number,
    channels: number,
    controls: ReadonlyMap<number, number>,
  ): (samples: Int16Array) => Buffer {
    const module = this.#module;
    const { audio } = opusApplications;
    const encoder = this.#create((error) =>
      module._oc_create_encoder(rateHz, channels, audio, error),
    );
    for (const [request, value] of controls)
      toCount(module._oc_encoder_ctl(encoder, request, value));
    const encode = (samples: Int16Array) => {
      module.HEAP16.set(samples, this.#pcmAddress / 2);
      const bytes = toCount(
        module._oc_encode(
          encoder,
          this.#pcmAddress,
          rateHz / 50,
          this.#opusAddress,
          maxOpusBytes,
        ),
      );
      return Buffer.from(
        module.HEAPU8.subarray(this.#opusAddress, this.#opusAddress + bytes),
      );
    };
    this.#destroyedCoders.register(encode, () => module._oc_destroy_encoder(encoder));
    return encode;
  }

  #create(create: (error: number) => number) {
    const coder = create(this.#opusAddress);
    toCount(this.#module.HEAP32[this.#opusAddress / 4] ?? 0);
    return coder;
  }
}

/** Values of the request that sets the application. */
const opusApplications = { voip: 2048, audio: 2049 } as const;

/** libopus returns its errors as negative counts. */
function toCount(result: number) {
  if (result < 0) throw new Error(`libopus refused with error ${result}.`);
  return result;
}
