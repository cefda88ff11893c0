import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { SaidWords } from './simulated-recogniser.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';
import { isLoudFrame, readFrame } from './spoken-sound.ts';

/** Packets of one person that may be taken in a second: that second, two more ahead of it, and a few. */
const maxPacketsASecond = 170;
/** Packets, of which one is loud in the middle of a word. */
const wordPackets = 2;
/** Longest gap, in ms, between two packets of somebody who speaks on. */
const maxGapMs = 100;
const secondMs = 1_000;
/** Judges the packets that come to the conversation: whose they are, how many, and what counts as silence between them. */
export class IncomingJudge {
  readonly #hold;
  readonly #takenMs = new Map<string, readonly number[]>();
  readonly #relayedMs = new Map<string, number>();
  /** Whether somebody spoke in each of the latest packets, by person. */
  readonly #wereLoud = new Map<string, readonly boolean[]>();
  /** People in mid-word whose packets wait in the socket, while nothing has been read of it. */
  #unread: ReadonlySet<string> = new Set();
  /** Instant, in ms, from which on they wait. */
  #unreadFromMs = 0;
  /** Utterances in a pause that was heard. */
  readonly #paused = new Set<number>();

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** The conversation gets a packet. */
  checkPacket(
    { opus, speakerId }: Packet,
    sayings: readonly SaidWords[],
    nowMs: number,
  ): void {
    const frame = readFrame(opus);
    const by = frame ? sayings[frame.number]?.by : speakerId;
    this.#hold(102, by === speakerId, `${by} as ${speakerId}`);
    const former = this.#takenMs.get(speakerId) ?? [];
    const taken = [...former.filter((atMs) => nowMs - atMs < secondMs), nowMs];
    this.#takenMs.set(speakerId, taken);
    this.#hold(103, taken.length <= maxPacketsASecond, speakerId);
  }

  /** A packet comes over the network. */
  noteRelayed({ atMs, opus, speakerId }: Packet): void {
    this.#relayedMs.set(speakerId, atMs);
    const former = this.#wereLoud.get(speakerId) ?? [];
    this.#wereLoud.set(speakerId, [...former, isLoudFrame(opus)].slice(-wordPackets));
    this.#unread = new Set();
  }

  /** The thread stood still from an instant on, in ms, and nothing of what waits in the socket is read yet. */
  noteWaiting(waiting: readonly Packet[], fromMs: number): void {
    this.#unreadFromMs = fromMs;
    const firstMs = new Map<string, number>();
    for (const { atMs, opus, speakerId } of waiting)
      if (!firstMs.has(speakerId) && isLoudFrame(opus)) firstMs.set(speakerId, atMs);
    const goingOn = [...firstMs].filter(
      ([by, atMs]) =>
        this.#wereLoud.get(by)?.includes(true) === true &&
        atMs - (this.#relayedMs.get(by) ?? -secondMs) <= maxGapMs,
    );
    this.#unread = new Set(goingOn.map(([by]) => by));
  }

  /** The conversation learns something. Words may end a pause by the silence before the thread stood still. */
  checkEvent({ before, event }: SimulatedStep): void {
    if (
      event.kind !== 'paused' &&
      event.kind !== 'resumed' &&
      event.kind !== 'likely-over' &&
      event.kind !== 'ended'
    )
      return;
    const { kind, utterance } = event;
    const by = before.turns.find(({ openSpeech }) =>
      openSpeech.some(({ id }) => id === utterance),
    )?.by;
    if (by === undefined) return;
    const isUnread = this.#unread.has(by);
    const endedMs = kind === 'ended' ? event.endedMs : this.#unreadFromMs;
    const isHeard = this.#paused.has(utterance) && endedMs <= this.#unreadFromMs;
    this.#hold(104, !isUnread || kind === 'resumed' || isHeard, by);
    if (isUnread) return;
    if (kind === 'paused') this.#paused.add(utterance);
    if (kind === 'resumed') this.#paused.delete(utterance);
  }
}
