import type { Packet } from '#src/audio/packet.ts';
import type { PacketCounts, SpeakerPackets } from '#src/ports/session-events.ts';
import type { Transcript } from '#src/speech/ports.ts';
import type { SpeakerInput, SpeakerInputEvent } from './speaker-input.ts';

/** Silence in ms after which a person's decoder is freed, until they speak again. */
const idleMs = 60_000;
/** People heard at once in one channel. */
const limit = 25;
/** Time in ms after the last packet in which pauses are still measured, and what came late is put in order. */
const packetPauseMs = 1_000;
/** Shortest silence, in ms, after which a person gives their decoder to one person more. */
const leastSilenceMs = 1_000;

type OpenInput = {
  readonly input: SpeakerInput;
  talking: boolean;
  reported: PacketCounts;
};

/** Events of one person. */
type SpeakerEvent = { readonly speakerId: string; readonly noticed: SpeakerInputEvent };

/**
 * Speaker inputs of all people in one channel, 25 at most. One is opened by the first packet that may be heard, never earlier.
 *
 * One person more gets the speaker input of the person who is silent longest, for at least 1 s. If there is none, the packets of that
 * person are dropped and counted until there is.
 */
export class SpeakerInputs {
  readonly #open: (speakerId: string) => SpeakerInput;
  readonly #report: (packets: SpeakerPackets) => void;
  readonly #mayOpen: () => boolean;
  readonly #slots = new Map<string, OpenInput>();
  /** Packets of people without a speaker input. */
  readonly #crowded = new Map<string, number>();

  /**
   * `report` gets the counts of a person's packets since the last report: after each utterance, and at the end. One person
   * more than there are decoders for, by `mayOpen`, is one too many, as above the limit.
   */
  constructor(
    open: (speakerId: string) => SpeakerInput,
    report: (packets: SpeakerPackets) => void,
    mayOpen: () => boolean,
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
    return false;
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
    this.#check(speakerId, slot);
    return noticed;
  }

  tick(atMs: number): SpeakerEvent[] {
    const all: SpeakerEvent[] = [];
    for (const [speakerId, slot] of this.#slots) {
      for (const noticed of slot.input.tick(atMs)) all.push({ speakerId, noticed });
      this.#check(speakerId, slot);
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
    const slot = { input, talking: false, reported: noPackets };
    this.#slots.set(speakerId, slot);
    return slot;
  }

  #makeSpace(atMs: number): boolean {
    const [first] = [...this.#slots]
      .map(([id, { input }]) => ({ id, isTalking: input.talking, lastMs: input.lastPacketAtMs }))
      .filter(({ isTalking, lastMs }) => !isTalking && atMs - lastMs >= leastSilenceMs)
      .sort((one, other) => one.lastMs - other.lastMs);
    if (first) this.#close(first.id);
    return first !== undefined;
  }

  #check(speakerId: string, slot: OpenInput): void {
    if (slot.input.talking === slot.talking) return;
    slot.talking = !slot.talking;
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

const packetKinds = [
  'heard',
  'lost',
  'late',
  'duplicate',
  'reordered',
  'sealed',
  'undecodable',
  'concealed',
  'crowded',
] as const;

const noPackets = Object.fromEntries(packetKinds.map((kind) => [kind, 0])) as PacketCounts;

function countsSince(before: PacketCounts, now: PacketCounts): PacketCounts {
  const since = { ...now };
  for (const kind of packetKinds) since[kind] -= before[kind];
  return since;
}

function isNone(counts: PacketCounts): boolean {
  return Object.values(counts).every((count) => count === 0);
}
