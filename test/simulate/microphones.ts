import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { Luck } from './luck.ts';
import type { SaidWords } from './simulated-recogniser.ts';
import { makePackets } from './spoken-sound.ts';
import type { WorldPlan } from './world-plan.ts';

/** Time, in ms, for which an open microphone sends after its owner has spoken. */
const noiseMs = 2_000;
const frameMs = 20;

type NetworkPlan = Pick<
  WorldPlan,
  'endsAbruptly' | 'hasOpenMicrophones' | 'latenessMs' | 'lostShare'
>;

/** Voices of people, and their packets on the way through a network that loses and delays some. */
export class SimulatedMicrophones {
  /** Everything that was said aloud. */
  readonly said: SaidWords[] = [];
  #plan: NetworkPlan;
  readonly #luck;
  readonly #busyUntilMs = new Map<string, number>();
  #packets: readonly Packet[] = [];

  constructor(plan: NetworkPlan, luck: Luck) {
    this.#plan = plan;
    this.#luck = luck;
  }

  /** Whether nothing is on its way. */
  get isQuiet() {
    return this.#packets.length === 0;
  }

  /** From now on all packets arrive in time. */
  heal() {
    this.#plan = { ...this.#plan, latenessMs: 0, lostShare: 0 };
  }

  /** Each person says one thing at a time. */
  say(by: string, text: string, nowMs: number) {
    if ((this.#busyUntilMs.get(by) ?? 0) > nowMs) return;
    const { endsAbruptly, hasOpenMicrophones } = this.#plan;
    const packets = makePackets(by, { number: this.said.length, text }, nowMs, {
      noiseMs: hasOpenMicrophones ? noiseMs : 0,
      endsAbruptly: endsAbruptly && !hasOpenMicrophones,
    });
    const toMs = packets.at(-1)?.atMs ?? nowMs;
    this.said.push({ by, text, fromMs: nowMs, toMs });
    this.#busyUntilMs.set(by, toMs + frameMs);
    const sent = packets.flatMap((one) => this.#send(one));
    this.#packets = [...this.#packets, ...sent].sort(
      (one, other) => one.atMs - other.atMs,
    );
  }

  /** Takes the packets that have arrived by now. */
  take(nowMs: number) {
    const due = this.#packets.filter(({ atMs }) => atMs <= nowMs);
    if (due.length > 0)
      this.#packets = this.#packets.filter(({ atMs }) => atMs > nowMs);
    return due;
  }

  /** A packet as the network brings it; none: it is lost. */
  #send(packet: Packet) {
    const { latenessMs, lostShare } = this.#plan;
    const luck = this.#luck.draw(`packet ${packet.speakerId} ${packet.sequence}`);
    if (luck < lostShare) return [];
    return [{ ...packet, atMs: packet.atMs + Math.floor(luck * latenessMs) }];
  }
}
