import { maxPacketSamples } from './opus-packet.ts';

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

/**
 * libopus in WebAssembly, which runs wherever Node does. A packet that breaks it reaches no memory but its own.
 *
 * @example
 * import { WasmOpus } from '#src/audio/opus/wasm-opus.ts';
 *
 * const libopus = await WasmOpus.open();
 * const decode = libopus.createDecoder(16_000, 1);
 * decode(Uint8Array.of(0xf8, 0xff, 0xfe)).length; // 320
 */
export class WasmOpus {
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
export const opusApplications = { voip: 2048, audio: 2049 } as const;

/** libopus returns its errors as negative counts. */
function toCount(result: number) {
  if (result < 0) throw new Error(`libopus refused with error ${result}.`);
  return result;
}
