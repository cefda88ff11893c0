import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { Hold, SimulatedStep } from './invariants.ts';
import type { SaidWords } from './simulated-recogniser.ts';
import { readFrame } from './spoken-sound.ts';

/** Packets of one person that may be taken in a second: that second, two more ahead of it, and a few. */
const maxPacketsASecond = 170;
/** Longest gap, in ms, between two packets of somebody who speaks on. */
const maxGapMs = 100;
const secondMs = 1_000;

/** Judges the packets that come to the conversation: whose they are, how many, and what counts as silence between them. */
export class IncomingJudge {
  readonly #hold;
  readonly #takenMs = new Map<string, readonly number[]>();
  readonly #relayedMs = new Map<string, number>();
  /** People in mid-word whose packets wait in the socket, while nothing has been read of it. */
  #unread: ReadonlySet<string> = new Set();

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** The conversation gets a packet. */
  checkPacket(
    { opus, speakerId }: Packet,
    said: readonly SaidWords[],
    nowMs: number,
  ): void {
    const frame = readFrame(opus);
    const by = frame ? said[frame.number]?.by : speakerId;
    this.#hold(102, by === speakerId, `${by} as ${speakerId}`);
    const former = this.#takenMs.get(speakerId) ?? [];
    const taken = [...former.filter((atMs) => nowMs - atMs < secondMs), nowMs];
    this.#takenMs.set(speakerId, taken);
    this.#hold(103, taken.length <= maxPacketsASecond, speakerId);
  }

  /** A packet comes over the network. */
  noteRelayed({ atMs, speakerId }: Packet): void {
    this.#relayedMs.set(speakerId, atMs);
    this.#unread = new Set();
  }

  /** The thread stood still, and nothing of what waits in the socket is read yet. */
  noteWaiting(waiting: readonly Packet[]): void {
    const firstMs = new Map<string, number>();
    for (const { atMs, speakerId } of waiting)
      if (!firstMs.has(speakerId)) firstMs.set(speakerId, atMs);
    const goingOn = [...firstMs].filter(
      ([by, atMs]) => atMs - (this.#relayedMs.get(by) ?? -secondMs) <= maxGapMs,
    );
    this.#unread = new Set(goingOn.map(([by]) => by));
  }

  /** The conversation learns something. */
  checkEvent({ before, event }: SimulatedStep): void {
    if (
      event.kind !== 'paused' &&
      event.kind !== 'likely-over' &&
      event.kind !== 'ended'
    )
      return;
    const isMeant = ({ id }: { readonly id: number }) => id === event.utterance;
    const by = before.turns.find(({ openSpeech }) => openSpeech.some(isMeant))?.by;
    this.#hold(104, by === undefined || !this.#unread.has(by), by);
  }
}
