import { randomBytes } from 'node:crypto';
import { type Remote, VoiceSealer } from './rtp.ts';
import type { VoiceMessage } from './voice-ops.ts';
import { VoiceOutbox, type Wire } from './voice-outbox.ts';
import type { VoiceTicket } from './voice-ports.ts';

/** A socket as the calls see it. */
export interface Line {
  send(wire: Wire): void;
  close(code: number): void;
}

/** Messages kept for a resume: some minutes of coming and going. */
const keptMessages = 500;

/** One person in one call, for as long as their voice session lives; sockets come and go. */
export class Caller {
  readonly ticket: VoiceTicket;
  readonly ssrc: number;
  readonly key = randomBytes(32);
  /** What goes to this person's UDP port; extended as Discord does. */
  readonly sealer = new VoiceSealer(this.key, true);
  /** Where IP discovery came from. */
  remote: Remote | undefined;
  /** Op 4 was sent: in the call. */
  described = false;
  /** Op 5 came: the others know whose SSRC this is. */
  announced = false;
  lastBeatAtMs: number;
  /** Since when there has been no socket. */
  cutAtMs: number | undefined;
  readonly #outbox = new VoiceOutbox(keptMessages);
  #line: Line;

  constructor(ticket: VoiceTicket, ssrc: number, line: Line, atMs: number) {
    this.ticket = ticket;
    this.ssrc = ssrc;
    this.#line = line;
    this.lastBeatAtMs = atMs;
  }

  get userId(): string {
    return this.ticket.userId;
  }

  /** Numbered, and kept until acknowledged; while there is no socket it only is kept. */
  send(message: VoiceMessage): void {
    const wire = this.#outbox.number(message);
    if (this.cutAtMs === undefined) this.#line.send(wire);
  }

  beat(seqAck: number | undefined, atMs: number): void {
    this.lastBeatAtMs = atMs;
    if (seqAck !== undefined) this.#outbox.acknowledge(seqAck);
  }

  /** `line` is gone; false if it was not the present one. */
  cut(line: Line, atMs: number): boolean {
    if (line !== this.#line) return false;
    this.cutAtMs = atMs;
    return true;
  }

  /** Goes on over `line` with what was missed; false if some of that is lost. `greet` is said first. */
  resume(line: Line, seqAck: number, greet: Wire, atMs: number): boolean {
    const missed = this.#outbox.since(seqAck);
    if (!missed) return false;
    if (this.cutAtMs === undefined) this.#line.close(1000);
    this.#line = line;
    this.cutAtMs = undefined;
    this.lastBeatAtMs = atMs;
    for (const wire of [greet, ...missed]) line.send(wire);
    return true;
  }

  close(code: number): void {
    if (this.cutAtMs === undefined) this.#line.close(code);
  }
}
