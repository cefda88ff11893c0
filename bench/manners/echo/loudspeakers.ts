import { type BenchChannel, step } from '#bench/manners/channel.ts';
import type { SimulatedUtterance } from '#bench/manners/microphones.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';

/** Delay and gain of the bot's voice on its way back through a room. */
export type LoudspeakerPlace = { readonly lateMs: number; readonly gainDb: number };

type Own = { readonly utterance: SimulatedUtterance; readonly sound: Int16Array };

const codec = await loadOpus();
const [frameMs, frameSamples] = [20, 320];
const quiet = new Int16Array(frameSamples);
const silence = Buffer.from([0xf8, 0xff, 0xfe]);
/** A microphone opens for a sample above this, and closes so many frames after the last one. */
const [gate, openFrames] = [40, 15];
const silenceFrames = 5;
/** A recogniser makes this of so much of the bot's voice in a row. */
const phrase = 'and so it went on';
const phraseFrames = 50;

/** One person's microphone near loudspeakers: the bot's voice, late and quieter, and over it what they say. */
export class Loudspeakers {
  readonly #channel: BenchChannel;
  readonly #personId: string;
  readonly #encoder = codec.encoder(16_000);
  readonly #coming = new Map<number, Int16Array>();
  #own: Own | undefined;
  #echoed: { readonly id: number; frame: number } | undefined;
  #quietFrames = openFrames + silenceFrames;

  constructor(channel: BenchChannel, personId: string, { lateMs, gainDb }: LoudspeakerPlace) {
    const decoder = codec.decoder(16_000);
    const gain = 10 ** (gainDb / 20);
    this.#channel = channel;
    this.#personId = personId;
    channel.fixture.linkOpener.link.onLeft = (frame, atMs) => {
      const back = decoder.decode(frame).map((sample) => sample * gain);
      this.#coming.set(atMs + lateMs, back);
    };
  }

  /** From the next step on. */
  say(utterance: SimulatedUtterance, sound: Int16Array): void {
    this.#own = { utterance, sound };
  }

  /** Until that holds. */
  async pass(over: () => boolean): Promise<void> {
    while (!over()) {
      this.#send(this.#channel.clock.nowMs() + frameMs);
      await step(this.#channel);
    }
  }

  #send(atMs: number): void {
    const back = this.#coming.get(atMs) ?? quiet;
    this.#coming.delete(atMs);
    const own = this.#ownAt(atMs);
    const mixed = back.map((sample, n) => sample + (own?.samples[n] ?? 0));
    const isLoud = mixed.some((sample) => Math.abs(sample) > gate);
    this.#quietFrames = isLoud ? 0 : this.#quietFrames + 1;
    if (this.#quietFrames > openFrames + silenceFrames) return;
    const isShut = this.#quietFrames > openFrames;
    const opus = Buffer.from(isShut ? silence : this.#encoder.encode(mixed));
    const mark = own ?? this.#echoMark(atMs);
    if (!isShut) this.#channel.marks.put(opus, mark);
    this.#channel.traffic.waiting.push({
      speakerId: this.#personId,
      opus,
      atMs,
      sequence: (atMs / frameMs) & 0xffff,
      timestamp: (atMs * 48) >>> 0,
    });
  }

  #ownAt(atMs: number) {
    if (!this.#own) return undefined;
    const { utterance, sound } = this.#own;
    const frame = (atMs - utterance.fromMs) / frameMs;
    const samples = sound.subarray(frame * frameSamples, (frame + 1) * frameSamples);
    if (frame < 0 || samples.length === 0) return undefined;
    return { utterance: utterance.id, frame, samples };
  }

  #echoMark(atMs: number) {
    if (!this.#echoed || this.#echoed.frame === phraseFrames) {
      const words = [[phrase, 0, phraseFrames * frameMs]] as const;
      const { id } = this.#channel.microphones.note(this.#personId, phrase, atMs, words);
      this.#echoed = { id, frame: 0 };
    }
    return { utterance: this.#echoed.id, frame: this.#echoed.frame++ };
  }
}
