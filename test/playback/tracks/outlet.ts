import { Mixer } from '#src/playback/mix/mixer.ts';
import type { Track } from '#src/playback/mix/track.ts';
import { type Band, codec } from './band.ts';

/** Who made a packet, as its first byte and its owner tell. */
export type SentPacket = { readonly opus: Buffer; readonly isStereo: boolean };

/** A hum as the voice of the bot, on and off, or speech. */
class Hum implements Track {
  readonly name = 'voice';
  isOn = false;
  /** At 24 kHz; in place of the hum. */
  speech: Int16Array | undefined;
  #at = 0;

  pull() {
    if (!this.isOn) return undefined;
    const at = this.#at;
    this.#at += 480;
    const { speech } = this;
    const samples = Int16Array.from({ length: 480 }, (_, n) => {
      if (speech) return speech[at + n] ?? 0;
      return 5000 * Math.sin((2 * Math.PI * 200 * (at + n)) / 24_000);
    });
    return { samples, left: () => undefined };
  }

  onSound(): void {
    // it is asked every 20 ms
  }
}

/** A link with one listener: five silence frames and then nothing where nothing is sent, as Discord has it. */
export class Outlet {
  readonly hum = new Hum();
  readonly mixer: Mixer;
  readonly sent: (SentPacket | undefined)[] = [];
  readonly left: Int16Array[] = [];
  readonly #band: Band;
  readonly #decoder = codec.stereoDecoder();
  readonly #heard: Int16Array[] = [];
  #owed = 0;

  constructor(band: Band) {
    this.#band = band;
    const music = { tracks: band.tracks, encoder: () => codec.stereoEncoder() };
    const encoder = codec.encoder(24_000);
    this.mixer = new Mixer([this.hum], encoder, (samples) => this.left.push(samples), music);
  }

  async run(ms: number): Promise<void> {
    for (let n = 0; n < ms / 20; n++) {
      await this.#band.clock.advance(20);
      this.#step();
    }
  }

  /** One channel of all that people heard. */
  heard(side: 0 | 1 = 0): Int16Array {
    const all = new Int16Array(this.#heard.length * 960);
    this.#heard.forEach((frame, at) => {
      for (let n = 0; n < 960; n++) all[at * 960 + n] = frame[2 * n + side] ?? 0;
    });
    return all;
  }

  #step(): void {
    const frame = this.mixer.next();
    this.sent.push(frame && { opus: frame, isStereo: ((frame[0] ?? 0) & 4) !== 0 });
    if (frame) {
      this.#owed = 5;
      this.mixer.left(frame, this.#band.clock.nowMs());
    }
    const opus = frame ?? Buffer.of(0xf8, 0xff, 0xfe);
    const isSilent = !frame && this.#owed-- <= 0;
    this.#heard.push(isSilent ? new Int16Array(1920) : this.#decoder.decode(opus).slice());
  }
}

/** Level of the left channel in each 5 ms, as the peak of a tone of that power. */
export function loudness(sound: Int16Array): number[] {
  const window = 240;
  return Array.from({ length: Math.floor(sound.length / window) }, (_, at) => {
    const piece = sound.subarray(at * window, (at + 1) * window);
    return Math.sqrt((2 * piece.reduce((sum, sample) => sum + sample * sample, 0)) / window);
  });
}
