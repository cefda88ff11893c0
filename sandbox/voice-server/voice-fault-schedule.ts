import { closeCode, op } from '#sandbox/voice/voice-ops.ts';
import type { PathFaults } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import { VoiceWay } from './voice-way.ts';

/** A point in the life of a voice connection: op 0 came (nothing is answered), or op 7 came (the resume is refused). */
export type VoiceStep = 'identify' | 'resume';
/** `up` leads from the person to the server, `down` back; both default to perfect. */
export type NetworkFaults = { readonly up?: PathFaults; readonly down?: PathFaults };

/** Faults set for one person. */
type PersonFaults = {
  ways: { readonly up?: VoiceWay; readonly down?: VoiceWay };
  /** Close codes by the step at which they are sent. */
  readonly closes: Map<VoiceStep, number>;
  /** Delay of op 5, in ms. */
  speakingMs: number;
};

/** The faults that were asked for and have not been healed; the server looks them up wherever they apply. */
export class FaultSchedule {
  /** For new sockets of everybody: `hang` takes them and says nothing at all, `refuse` ends their handshake with a 503. */
  connections: 'open' | 'hang' | 'refuse' = 'open';
  readonly #closing: AbortSignal;
  readonly #people = new Map<string, PersonFaults>();

  /** After `closing` nothing that is late arrives any more. */
  constructor(closing: AbortSignal) {
    this.#closing = closing;
  }

  network(userId: string, { up, down }: NetworkFaults): void {
    const opened = (way?: PathFaults) => way && new VoiceWay(way, this.#closing);
    this.of(userId).ways = { up: opened(up), down: opened(down) };
  }

  heal(userId?: string): void {
    if (userId !== undefined) this.#people.delete(userId);
    else {
      this.#people.clear();
      this.connections = 'open';
    }
  }

  of(userId: string): PersonFaults {
    const faults = this.#people.get(userId) ?? { ways: {}, closes: new Map(), speakingMs: 0 };
    this.#people.set(userId, faults);
    return faults;
  }

  /** Lets a datagram travel from (`up`) or to (`down`) this person. */
  carry(userId: string | undefined, direction: 'up' | 'down', deliver: () => void): void {
    const way = userId === undefined ? undefined : this.#people.get(userId)?.ways[direction];
    if (way) way.pass(deliver);
    else deliver();
  }

  /** The code this person's socket is to be closed with, now that `step` is reached. */
  closesAt(userId: string, step: VoiceStep): number | undefined {
    return this.#people.get(userId)?.closes.get(step);
  }

  /** Sends a message with `opcode` now or later. */
  post(userId: string, opcode: number, send: () => void): void {
    const ms = opcode === op.speaking ? (this.#people.get(userId)?.speakingMs ?? 0) : 0;
    if (ms <= 0) send();
    else realClock.sleep(ms, this.#closing).then(send, () => {}); // closed: nobody is there
  }
}

/** No close frame carries 1006; it stands for a socket that is cut. */
export const cutCode = 1006;

/** Whether a client may come back to its session after this close code. */
export function resumable(code: number): boolean {
  return code < 4000 || code === closeCode.serverCrashed;
}
