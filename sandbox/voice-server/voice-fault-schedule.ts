import { closeCode, op } from '#sandbox/voice/voice-ops.ts';
import type {
  GatewayFaults,
  NetworkFaults,
  PathFaults,
  VoiceStep,
} from '#sandbox/voice/voice-ports.ts';
import type { Clock } from '#src/base/clock.ts';
import { VoiceWay } from './voice-way.ts';

type Direction = 'up' | 'down';

/** Faults set for one person. */
type Page = {
  ways: Readonly<Partial<Record<Direction, VoiceWay>>>;
  /** Close codes by the step at which they are sent. */
  readonly closes: Map<VoiceStep, number>;
  /** Delay of op 5, in ms. */
  speakingMs: number;
};

/** The faults that were asked for and have not been healed; the server looks them up wherever they apply. */
export class FaultSchedule
  implements Omit<NetworkFaults, 'forge'>, Pick<GatewayFaults, 'closeAt' | 'late' | 'connections'>
{
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  readonly #pages = new Map<string, Page>();
  #connections: Parameters<GatewayFaults['connections']>[0] = 'open';

  /** After `closing` nothing that is late arrives any more. */
  constructor(clock: Clock, closing: AbortSignal) {
    this.#clock = clock;
    this.#closing = closing;
  }

  network(userId: string, ways: { readonly up?: PathFaults; readonly down?: PathFaults }): void {
    const { up, down } = ways;
    const opened = (way: PathFaults) => new VoiceWay(way, this.#clock, this.#closing);
    this.#page(userId).ways = {
      ...(up && { up: opened(up) }),
      ...(down && { down: opened(down) }),
    };
  }

  closeAt(userId: string, step: VoiceStep, code: number): void {
    checkCloseCode(code);
    this.#page(userId).closes.set(step, code);
  }

  late(userId: string, _event: 'speaking', byMs: number): void {
    this.#page(userId).speakingMs = byMs;
  }

  connections(state: 'open' | 'hang' | 'refuse'): void {
    this.#connections = state;
  }

  heal(userId?: string): void {
    if (userId !== undefined) this.#pages.delete(userId);
    else {
      this.#pages.clear();
      this.#connections = 'open';
    }
  }

  get doorState(): 'open' | 'hang' | 'refuse' {
    return this.#connections;
  }

  /** Lets a datagram travel from (`up`) or to (`down`) this person. */
  carry(userId: string | undefined, direction: Direction, deliver: () => void): void {
    const way = userId === undefined ? undefined : this.#pages.get(userId)?.ways[direction];
    if (way) way.pass(deliver);
    else deliver();
  }

  /** The code this person's socket is to be closed with, now that `step` is reached. */
  closesAt(userId: string, step: VoiceStep): number | undefined {
    return this.#pages.get(userId)?.closes.get(step);
  }

  /** Sends a message with `opcode` now or later. */
  post(userId: string, opcode: number, send: () => void): void {
    const ms = opcode === op.speaking ? (this.#pages.get(userId)?.speakingMs ?? 0) : 0;
    if (ms <= 0) send();
    else this.#clock.sleep(ms, this.#closing).then(send, () => {}); // closed: nobody is there
  }

  #page(userId: string): Page {
    const page = this.#pages.get(userId) ?? { ways: {}, closes: new Map(), speakingMs: 0 };
    this.#pages.set(userId, page);
    return page;
  }
}

/** No close frame carries 1006; it stands for a socket that is cut. */
export const cutCode = 1006;

/** Whether a client may come back to its session after this close code. */
export function resumable(code: number): boolean {
  return code < 4000 || code === closeCode.serverCrashed;
}

/** Throws on what a WebSocket cannot say. */
export function checkCloseCode(code: number): void {
  const own = code >= 3000 && code <= 4999;
  const standard = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005;
  if (!own && !standard) throw new Error(`${code} is no close code.`);
}
