import type { Packet } from '#src/audio/jitter-buffer.ts';
import { isLinkUp } from './conversation-view.ts';
import type { Hold } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';
import { readFrame } from './spoken-sound.ts';

/** Longest delay, in ms, by which packets may change their order and still be heard. */
const maxReorderMs = 60;
/** Time, in ms, after its last packet in which a sentence is decoded. */
const decodedMs = 1_000;
/** Packets of a sentence that may be missing where everything came in time. */
const maxMissing = 2;

/** Frames of one sentence that came to the bot, and those that it decoded. */
type Sentence = {
  readonly delivered: Set<number>;
  readonly decoded: Set<number>;
  /** The bot's call in which it began. */
  readonly call: object | undefined;
  /** False where packets waited or were lost for another reason than their order. */
  isWhole: boolean;
  lastMs: number;
};

/** Judges whose sound is decoded, and how much of it. */
export class PacketJudge {
  readonly #hold;
  readonly #refusals;
  /** Sentences by the number of what is said. */
  readonly #sentences = new Map<number, Sentence>();

  constructor(hold: Hold, refusals: ReadonlySet<string>) {
    this.#hold = hold;
    this.#refusals = refusals;
  }

  /** A packet has come to the bot's call. */
  noteDelivered({ opus }: Packet, atMs: number, call: object | undefined): void {
    const frame = readFrame(opus);
    if (!frame) return;
    const sentence = this.#sentences.get(frame.number) ?? {
      delivered: new Set(),
      decoded: new Set(),
      call,
      isWhole: true,
      lastMs: atMs,
    };
    this.#sentences.set(frame.number, sentence);
    sentence.delivered.add(frame.index);
    sentence.lastMs = atMs;
    sentence.isWhole &&= sentence.call === call;
  }

  /** The bot decodes a packet of a person. */
  noteDecoded(opus: Uint8Array, by: string | undefined): void {
    const frame = readFrame(opus);
    if (!frame || by === undefined) return;
    this.#hold(80, !this.#refusals.has(by), by);
    this.#sentences.get(frame.number)?.decoded.add(frame.index);
  }

  /** Time has passed. */
  checkTime(world: Simulation): void {
    const nowMs = world.clock.nowMs();
    const { state } = world;
    const { current } = world.discord.voice;
    const { isLoaded = false, isPaused = true } = state?.presence.consent ?? {};
    const isHearing = state !== undefined && isLinkUp(state) && isLoaded && !isPaused;
    const isOnTime = world.plan.latenessMs <= maxReorderMs && !world.isStalled;
    for (const [number, sentence] of this.#sentences) {
      const by = world.said[number]?.by ?? '';
      const isHeard = isHearing && sentence.call === current && !this.#refusals.has(by);
      sentence.isWhole &&= isOnTime && isHeard;
      if (nowMs - sentence.lastMs < decodedMs) continue;
      this.#sentences.delete(number);
      if (sentence.isWhole) this.#checkSentence(sentence, by);
    }
  }

  /** From the first to the last packet that was decoded, none is left out. */
  #checkSentence({ decoded, delivered }: Sentence, by: string) {
    const [first, last] = [Math.min(...decoded), Math.max(...decoded)];
    const missing = [...delivered].filter(
      (index) => index > first && index < last && !decoded.has(index),
    );
    this.#hold(81, missing.length <= maxMissing, `${missing.length} packets of ${by}`);
  }
}
