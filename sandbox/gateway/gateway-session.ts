import { WebSocket } from 'ws';
import { isOnShard, type Shard } from './gateway-shards.ts';
import type { Dispatch } from './gateway-wire.ts';

/** Keeps this many events for a resume; one that lost more must identify anew. */
const replayLimit = 500;
/** A socket that lets this much pile up is cut. */
const unsentLimitBytes = 8 * 1024 * 1024;

type SentEvent = { readonly sequence: number; readonly text: string };

/** Data of an accepted identify. */
export type SessionStart = {
  readonly id: string;
  readonly intents: number;
  readonly shard: Shard;
  readonly process: string | undefined;
};

/** One login of the bot. Outlives its socket, so that a dropped one can be resumed without loss. */
export class GatewaySession {
  readonly id: string;
  readonly intents: number;
  readonly shard: Shard;
  readonly process: string | undefined;
  #sequence = 0;
  #sent: SentEvent[] = [];
  #socket: WebSocket | undefined;

  constructor({ id, intents, shard, process }: SessionStart) {
    this.process = process;
    this.id = id;
    this.intents = intents;
    this.shard = shard;
  }

  /** Number of the last event. */
  get sequence(): number {
    return this.#sequence;
  }

  get socket(): WebSocket | undefined {
    return this.#socket;
  }

  attach(socket: WebSocket): void {
    if (this.#socket !== socket) this.#socket?.terminate();
    this.#socket = socket;
  }

  /** True if `socket` was the one in use. */
  detach(socket: WebSocket): boolean {
    if (this.#socket !== socket) return false;
    this.#socket = undefined;
    return true;
  }

  wants({ intent, sessionId, guildId }: Dispatch): boolean {
    if (!isOnShard(guildId, this.shard)) return false;
    if (sessionId !== undefined && sessionId !== this.id) return false;
    return intent === undefined || (this.intents & intent) !== 0;
  }

  dispatch(name: string, data: unknown): void {
    const sequence = ++this.#sequence;
    const text = JSON.stringify({ op: 0, s: sequence, t: name, d: data });
    this.#sent.push({ sequence, text });
    if (this.#sent.length > replayLimit) this.#sent.shift();
    if (this.#socket) sendText(this.#socket, text);
  }

  /** Sends everything after `sequence` once more; false when part of it is no longer known. */
  replay(sequence: number): 'replayed' | 'lost' | 'ahead' {
    if (sequence > this.#sequence) return 'ahead';
    const oldest = this.#sent[0]?.sequence ?? this.#sequence + 1;
    if (sequence < oldest - 1) return 'lost';
    for (const sent of this.#sent) {
      if (sent.sequence > sequence && this.#socket) sendText(this.#socket, sent.text);
    }
    return 'replayed';
  }
}

/** Sends if the socket still takes anything. */
export function sendText(socket: WebSocket, text: string): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  if (socket.bufferedAmount > unsentLimitBytes) socket.terminate();
  else socket.send(text, () => undefined);
}
