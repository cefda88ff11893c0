import type { Packet } from '#src/audio/packet.ts';
import type { Ear } from './ear.ts';
import type { Utterance } from './utterance.ts';

/** Decoders are memory: people silent for so long lose theirs until they speak again. */
const idleMs = 60_000;
/** People heard at once; a further one takes the ear of whoever was silent longest. */
const limit = 25;

/** Everybody's ears in one channel. An ear is opened by the first packet that may be heard, never earlier. */
export class Ears {
  readonly #open: (speakerId: string) => Ear;
  readonly #ears = new Map<string, Ear>();

  constructor(open: (speakerId: string) => Ear) {
    this.#open = open;
  }

  put(packet: Packet): Utterance[] {
    const ear = this.#ears.get(packet.speakerId) ?? this.#add(packet.speakerId);
    return ear.put(packet);
  }

  tick(atMs: number): Utterance[] {
    const ended: Utterance[] = [];
    for (const [speakerId, ear] of this.#ears) {
      ended.push(...ear.tick(atMs));
      if (atMs - ear.lastPacketAtMs > idleMs) this.#close(speakerId);
    }
    return ended;
  }

  /** Closes the ears of all others at once; what they had heard is gone. */
  keep(mayHear: (speakerId: string) => boolean): void {
    for (const speakerId of [...this.#ears.keys()]) {
      if (!mayHear(speakerId)) this.#close(speakerId);
    }
  }

  /** How long this person has been sending what could not be decoded. */
  unheardMs(speakerId: string): number {
    return this.#ears.get(speakerId)?.unheardMs ?? 0;
  }

  /** Ids of those who talk now. */
  talking(): readonly string[] {
    return [...this.#ears].filter(([, ear]) => ear.talking).map(([speakerId]) => speakerId);
  }

  close(): void {
    for (const speakerId of [...this.#ears.keys()]) this.#close(speakerId);
  }

  #add(speakerId: string): Ear {
    if (this.#ears.size >= limit) this.#closeQuietest();
    const ear = this.#open(speakerId);
    this.#ears.set(speakerId, ear);
    return ear;
  }

  #closeQuietest(): void {
    const [quietest] = [...this.#ears].sort(([, a], [, b]) => a.lastPacketAtMs - b.lastPacketAtMs);
    if (quietest) this.#close(quietest[0]);
  }

  #close(speakerId: string): void {
    this.#ears.get(speakerId)?.close();
    this.#ears.delete(speakerId);
  }
}
