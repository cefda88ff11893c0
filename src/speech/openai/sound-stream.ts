import { areFrames } from '#src/audio/opus/opus-packet.ts';
import { type Pcm, speakRateHz, toMono } from '#src/audio/pcm.ts';
import { WavStream } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';

/** Forms of sound that can be asked of a speech server and read here. */
export const speechFormats = ['pcm', 'wav', 'mp3', 'opus', 'flac'] as const;
export type SpeechFormat = (typeof speechFormats)[number];

/** Bytes needed to detect the format of a body. */
const headBytes = 12;

type SoundReader = 'undecided' | 'raw' | WavStream | PackedSound;

const foreignHeads: readonly (readonly [string, string])[] = [
  ['OggS', 'Ogg'],
  ['fLaC', 'FLAC'],
  ['ID3', 'MP3'],
];

/** Sound that has to be decoded. */
export type PackedSound = { readonly name: string; readonly bytes: Buffer };

/**
 * Turns the body of a speech answer into sound while it arrives, mono, for pieces of any length.
 *
 * A WAV header is recognised by its bytes, since servers send WAV for raw samples and label anything `audio/mpeg`; bytes
 * in no other known format are 16-bit little-endian. Errors: BotError `provider.wrong_type`, `audio.bad_wav`.
 */
export class SoundStream {
  readonly #rateHz: number;
  #rest: Buffer = Buffer.alloc(0);
  readonly #isPackedFine: boolean;
  #reader: SoundReader = 'undecided';

  /**
   * `contentType` as sent; it may name the rate, as in `audio/pcm; rate=16000`, else that is `unlabelledHz`. With `isPackedFine`
   * MP3, Ogg and FLAC are no errors: they show in `packed`, and nothing more is to be pushed.
   */
  constructor(contentType: string, isPackedFine = false, unlabelledHz = speakRateHz) {
    this.#isPackedFine = isPackedFine;
    const rate = /[;\s]rate=(\d{4,6})/i.exec(contentType)?.[1];
    this.#rateHz = rate ? Number(rate) : unlabelledHz;
  }

  /** Once it is known that it has to be decoded: all that was pushed. */
  get packed(): PackedSound | undefined {
    return typeof this.#reader === 'object' && 'name' in this.#reader ? this.#reader : undefined;
  }

  push(bytes: Uint8Array): Pcm[] {
    const all = Buffer.concat([this.#rest, bytes]);
    this.#rest = Buffer.alloc(0);
    if (this.#reader === 'undecided') this.#reader = this.#decide(all);
    if (this.#reader === 'undecided') {
      this.#rest = all;
      return [];
    }
    if (this.#reader === 'raw') return this.#raw(all);
    return this.#reader instanceof WavStream ? this.#reader.push(all).map(toMono) : [];
  }

  /** Gives the rest when the body ends: nothing, or a sound shorter than a header. */
  end(): Pcm[] {
    return this.#reader === 'undecided' ? this.#raw(this.#rest) : [];
  }

  /** Half a sample waits for its other half; alone at the end it is dropped. */
  #raw(bytes: Buffer): Pcm[] {
    const even = bytes.length - (bytes.length % 2);
    this.#rest = bytes.subarray(even);
    if (even === 0) return [];
    const samples = new Int16Array(even / 2);
    for (let n = 0; n < samples.length; n++) samples[n] = bytes.readInt16LE(2 * n);
    return [{ samples, rateHz: this.#rateHz, channels: 1 }];
  }

  #decide(bytes: Buffer): SoundReader {
    if (bytes.length < headBytes) return 'undecided';
    const head = bytes.toString('latin1', 0, headBytes);
    if (/^RIFF....WAVE$/s.test(head)) return new WavStream();
    const named = foreignHeads.find(([start]) => head.startsWith(start))?.[1];
    const name = named ?? areFrames(bytes);
    if (name === 'no') return 'raw';
    if (name === 'unknown') return 'undecided';
    if (this.#isPackedFine && name !== 'AAC') return { name, bytes };
    const message = `The speech server sent ${name}: set SPEECH_FORMAT to wav, or use a server that can send pcm or wav.`;
    throw new BotError('provider.wrong_type', false, message);
  }
}
