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
  /** Ends it, where its socket is gone. */
  expiry: NodeJS.Timeout | undefined;
  socket: WebSocket | undefined;
  /** Number of the last event. */
  #sequence = 0;
  #sent: { readonly sequence: number; readonly text: string }[] = [];

  constructor(start: SessionStart) {
    this.start = start;
  }

  attachSocket(socket: WebSocket) {
    if (this.socket !== socket) this.socket?.terminate();
    this.socket = socket;
    clearTimeout(this.expiry);
  }

  isInterestedIn({ intent, sessionId, guildId }: Dispatch) {
    const { id, intents, shard } = this.start;
    if (!isOnShard(guildId, shard) || (sessionId ?? id) !== id) return false;
    return intent === undefined || (intents & intent) !== 0;
  }

  sendEvent(name: string, data: unknown) {
    const sequence = ++this.#sequence;
    const text = JSON.stringify({ op: 0, s: sequence, t: name, d: data });
    this.#sent.push({ sequence, text });
    if (this.#sent.length > maxReplayedEvents) this.#sent.shift();
    if (this.socket) sendText(this.socket, text);
  }

  /**
   * Sends every event after `sequence` once more. Returns `lost` when some are no
   * longer known.
   */
  replayEvents(sequence: number) {
    if (sequence > this.#sequence) return 'ahead';
    const missed = this.#sent.filter((sent) => sent.sequence > sequence);
    if (missed.length < this.#sequence - sequence) return 'lost';
    for (const { text } of missed) if (this.socket) sendText(this.socket, text);
    return 'replayed';
  }
}

/** Sends a text if the socket is still open. */
export function sendText(socket: WebSocket, text: string) {
  if (socket.readyState !== WebSocket.OPEN) return;
  if (socket.bufferedAmount > maxUnsentBytes) socket.terminate();
  else socket.send(text, () => undefined);
}
