import type { Packet } from '#src/audio/packet.ts';
import type { PacketCounts, SpeakerPackets } from '#src/conversation/ports/session-events.ts';
import type { Transcript } from '#src/speech/ports.ts';
import type { SpeakerInput, SpeakerInputEvent } from './speaker-input.ts';

/** Silence in ms after which a person's decoder is freed, until they speak again. */
const idleMs = 60_000;
/** People heard at once in one channel. */
const limit = 25;
/** Time in ms after the last packet in which pauses are still measured, and what came late is put in order. */
const packetPauseMs = 1_000;
/** Time without a packet, in ms, after which a person counts as not sending. */
const sendingMs = 200;
/** Time in ms for which a person who sends without a word keeps a decoder: enough to notice a word. */
const quietGraceMs = 1_000;
/** When all talk no person is interrupted before that, or everyone would be, by each packet of the others. */
const talkGraceMs = 10_000;

/** A speaker input, as far as it is managed here. */
export type SpeakerInputHandle = Pick<
  SpeakerInput,
  | 'put'
  | 'tick'
  | 'read'
  | 'close'
  | 'counts'
  | 'talking'
  | 'pausing'
  | 'lastPacketAtMs'
  | 'unheardMs'
  | 'jitterMs'
>;

type OpenInput = {
  readonly input: SpeakerInputHandle;
  talking: boolean;
  /** When that changed, or when the speaker input was opened. */
  sinceMs: number;
  reported: PacketCounts;
};

/** Events of one person. */
type SpeakerEvent = { readonly speakerId: string; readonly noticed: SpeakerInputEvent };

/**
 * Speaker inputs of all people in one channel, 25 at most. One is opened by the first packet that may be heard, never earlier.
 *
 * One person more gets the speaker input of a person who sends nothing, silent longest; else of who sends but does not talk,
 * quiet longest and for at least 1 s; else of who talks, began first and at least 10 s ago: that utterance ends there.
 * If there is none, the packets of that person are dropped and counted until there is.
 */
export class SpeakerInputs {
  readonly #open: (speakerId: string) => SpeakerInputHandle;
  readonly #report: (packets: SpeakerPackets) => void;
  readonly #mayOpen: () => boolean;
  readonly #slots = new Map<string, OpenInput>();
  /** Packets of people without a speaker input. */
  readonly #crowded = new Map<string, number>();
  /** Ended for want of speaker inputs, and not handed over yet. */
  #cut: SpeakerEvent[] = [];

  /**
   * `report` gets the counts of a person's packets since the last report: after each utterance, and at the end. One person
   * more than there are decoders for, by `mayOpen`, is one too many, as above the limit.
   */
  constructor(
    open: (speakerId: string) => SpeakerInputHandle,
    report: (packets: SpeakerPackets) => void = () => undefined,
    mayOpen: () => boolean = () => true,
  ) {
    this.#mayOpen = mayOpen;
    this.#open = open;
    this.#report = report;
  }

  /** True while a person sends or talks, so that time alone changes their state. */
  isBusy(atMs: number): boolean {
    for (const { input } of this.#slots.values()) {
      if (input.talking || atMs - input.lastPacketAtMs < packetPauseMs) return true;
    }
    return this.#cut.length > 0;
  }

  /** True while a person is in a pause that only time can prove to be the end. */
  get isPausing(): boolean {
    for (const { input } of this.#slots.values()) if (input.pausing) return true;
    return false;
  }

  put(packet: Packet): SpeakerInputEvent[] {
    const { speakerId, atMs } = packet;
    const slot = this.#slots.get(speakerId) ?? this.#add(speakerId, atMs);
    if (!slot) {
      this.#crowded.set(speakerId, (this.#crowded.get(speakerId) ?? 0) + 1);
      return [];
    }
    const noticed = slot.input.put(packet);
    this.#check(speakerId, slot, atMs);
    return noticed;
  }

  /** Also hands over what was cut short since the last time. */
  tick(atMs: number): SpeakerEvent[] {
    const all = this.#cut;
    this.#cut = [];
    for (const [speakerId, slot] of this.#slots) {
      for (const noticed of slot.input.tick(atMs)) all.push({ speakerId, noticed });
      this.#check(speakerId, slot, atMs);
      if (atMs - slot.input.lastPacketAtMs > idleMs) this.#close(speakerId);
    }
    return all;
  }

  /** Passes on the recognised words of this person, up to a pause. */
  read(speakerId: string, understood: Transcript, atMs: number): SpeakerInputEvent[] {
    return this.#slots.get(speakerId)?.input.read(understood, atMs) ?? [];
  }

  /** Closes the speaker inputs of all others at once; what they had heard is gone. */
  keep(mayHear: (speakerId: string) => boolean): void {
    for (const speakerId of [...this.#slots.keys(), ...this.#crowded.keys()]) {
      if (!mayHear(speakerId)) this.#close(speakerId);
    }
    this.#cut = this.#cut.filter(({ speakerId }) => mayHear(speakerId));
  }

  /** Time, in ms, for which this person has sent undecodable sound. */
  unheardMs(speakerId: string): number {
    return this.#slots.get(speakerId)?.input.unheardMs ?? 0;
  }

  /** Ids of those who talk now. */
  talking(): readonly string[] {
    return [...this.#slots]
      .filter(([, { input }]) => input.talking)
      .map(([speakerId]) => speakerId);
  }

  close(): void {
    this.keep(() => false);
  }

  #add(speakerId: string, atMs: number): OpenInput | undefined {
    const isFull = this.#slots.size >= limit || !this.#mayOpen();
    if (isFull && !this.#makeSpace(atMs)) return undefined;
    const input = this.#open(speakerId);
    const slot = { input, talking: false, sinceMs: atMs, reported: noPackets };
    this.#slots.set(speakerId, slot);
    return slot;
  }

  #makeSpace(atMs: number): boolean {
    const standings = [...this.#slots].map(([id, slot]) => ({ id, ...standing(slot, atMs) }));
    const [first] = standings
      .filter(({ sinceMs, graceMs }) => atMs - sinceMs >= graceMs)
      .sort((a, b) => a.graceMs - b.graceMs || a.sinceMs - b.sinceMs);
    if (!first) return false;
    this.#cutShort(first.id, atMs);
    this.#close(first.id);
    return true;
  }

  /** At the end of time every utterance is over; this one ended now. */
  #cutShort(speakerId: string, atMs: number): void {
    const input = this.#slots.get(speakerId)?.input;
    if (!input?.talking) return;
    for (const noticed of input.tick(Number.POSITIVE_INFINITY)) {
      if (noticed.kind === 'ended')
        this.#cut.push({ speakerId, noticed: { ...noticed, endedAtMs: atMs } });
      if (noticed.kind === 'sound') this.#cut.push({ speakerId, noticed });
    }
  }

  #check(speakerId: string, slot: OpenInput, atMs: number): void {
    if (slot.input.talking === slot.talking) return;
    slot.talking = !slot.talking;
    slot.sinceMs = atMs;
    if (!slot.talking) this.#account(speakerId);
  }

  #account(speakerId: string): void {
    const slot = this.#slots.get(speakerId);
    const before = slot?.reported ?? noPackets;
    const crowded = before.crowded + (this.#crowded.get(speakerId) ?? 0);
    const now = { ...noPackets, ...slot?.input.counts(), crowded };
    this.#crowded.delete(speakerId);
    if (slot) slot.reported = now;
    const since = countsSince(before, now);
    if (isNone(since)) return;
    const jitterMs = slot?.input.jitterMs;
    this.#report({ speakerId, packets: since, jitterMs });
  }

  #close(speakerId: string): void {
    this.#account(speakerId);
    this.#slots.get(speakerId)?.input.close();
    this.#slots.delete(speakerId);
  }
}

/** Beginning of the current state of a person, and the time for which it protects their speaker input. */
function standing({ input, sinceMs }: OpenInput, atMs: number) {
  if (input.talking) return { sinceMs, graceMs: talkGraceMs };
  const isSending = atMs - input.lastPacketAtMs < sendingMs;
  return isSending
    ? { sinceMs, graceMs: quietGraceMs }
    : { sinceMs: input.lastPacketAtMs, graceMs: 0 };
}

export const noPackets: PacketCounts = {
  heard: 0,
  lost: 0,
  late: 0,
  duplicate: 0,
  reordered: 0,
  sealed: 0,
  undecodable: 0,
  concealed: 0,
  crowded: 0,
};

function countsSince(before: PacketCounts, now: PacketCounts): PacketCounts {
  return {
    heard: now.heard - before.heard,
    lost: now.lost - before.lost,
    late: now.late - before.late,
    duplicate: now.duplicate - before.duplicate,
    reordered: now.reordered - before.reordered,
    sealed: now.sealed - before.sealed,
    undecodable: now.undecodable - before.undecodable,
    concealed: now.concealed - before.concealed,
    crowded: now.crowded - before.crowded,
  };
}

function isNone(counts: PacketCounts): boolean {
  return Object.values(counts).every((count) => count === 0);
}
