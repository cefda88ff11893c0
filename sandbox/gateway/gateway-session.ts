import { WebSocket } from 'ws';
import { isOnShard, type Shard } from './gateway-shards.ts';
import type { Dispatch } from './gateway-wire.ts';

/** Events that a session keeps for a resume. A client that missed more must identify again. */
const maxReplayedEvents = 500;
/** A socket that lets this much pile up is cut. */
const maxUnsentBytes = 8 * 1024 * 1024;

/** Data of an accepted identify. */
export type SessionStart = {
  readonly id: string;
  readonly intents: number;
  readonly shard: Shard;
  /** The process of the bot that logs in, if its address names one. */
  readonly process: string | undefined;
};

/** One login of the bot. Outlives its socket, so that a dropped one can be resumed without loss. */
export class GatewaySession {
  readonly start: SessionStart;
  /** Timer that ends the session, where its socket is gone. */
  expiry: NodeJS.Timeout | undefined;
  socket: WebSocket | undefined;
  /** Number of the last event. */
  #sequence = 0;
  #sentEvents: { readonly sequence: number; readonly text: string }[] = [];

  constructor(start: SessionStart) {
    this.start = start;
  }

  /** Takes a socket for this session, and cuts the former one. */
  attachSocket(socket: WebSocket): void {
    if (this.socket !== socket) this.socket?.terminate();
    this.socket = socket;
    clearTimeout(this.expiry);
  }

  /** Tests whether an event is for this session, by its shard, its id and its intents. */
  wantsEvent({ intent, sessionId, guildId }: Dispatch): boolean {
    const { id, intents, shard } = this.start;
    if (!isOnShard(guildId, shard) || (sessionId ?? id) !== id) return false;
    return intent === undefined || (intents & intent) !== 0;
  }

  /** Numbers an event and sends it. Without a socket the event waits for a resume. */
  sendEvent(name: string, data: unknown): void {
    const sequence = ++this.#sequence;
    const text = JSON.stringify({ op: 0, s: sequence, t: name, d: data });
    this.#sentEvents.push({ sequence, text });
    if (this.#sentEvents.length > maxReplayedEvents) this.#sentEvents.shift();
    if (this.socket) sendText(this.socket, text);
  }

  /**
   * Sends every event after `sequence` once more. Returns `lost` when some are no
   * longer known, and `ahead` for a number that was never given.
   */
  replayEvents(sequence: number): 'ahead' | 'lost' | 'replayed' {
    if (sequence > this.#sequence) return 'ahead';
    const missedEvents = this.#sentEvents.filter((event) => event.sequence > sequence);
    if (missedEvents.length < this.#sequence - sequence) return 'lost';
    for (const { text } of missedEvents) if (this.socket) sendText(this.socket, text);
    return 'replayed';
  }
}

/** Sends a text if the socket is still open. */
export function sendText(socket: WebSocket, text: string): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  if (socket.bufferedAmount > maxUnsentBytes) socket.terminate();
  else socket.send(text, () => undefined);
}
