import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { VoiceServer } from '#sandbox/voice/voice-ports.ts';
import { guildId, soon, ticketOf } from './voice-callers.ts';

export type RawMessage = {
  readonly op: number;
  readonly d: Record<string, unknown>;
  readonly seq?: number;
};

/** A bare socket to the voice gateway. */
export class Raw {
  readonly socket: WebSocket;
  readonly reported: RawMessage[] = [];
  readonly closed: Promise<number>;

  constructor({ endpoint, certificate }: VoiceServer) {
    this.socket = new WebSocket(`wss://${endpoint}/?v=8`, { ca: certificate });
    this.socket.on('message', (data, isBinary) => {
      if (!isBinary) this.reported.push(JSON.parse(data.toString()));
    });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
  }

  async say(...frames: readonly (Buffer | string | object)[]): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
    for (const frame of frames) {
      const ready = typeof frame === 'string' || Buffer.isBuffer(frame);
      this.socket.send(ready ? frame : JSON.stringify(frame), () => {});
    }
  }

  async hear(opcode: number): Promise<RawMessage> {
    const signal = soon();
    for (;;) {
      const found = this.reported.find(({ op }) => op === opcode);
      if (found) return found;
      signal.throwIfAborted();
      await new Promise(setImmediate);
    }
  }
}

export function identify(userId: string, change: object = {}): object {
  const { sessionId: session_id, token } = ticketOf(userId);
  const d = {
    server_id: guildId,
    user_id: userId,
    session_id,
    token,
    max_dave_protocol_version: 1,
  };
  return { op: 0, d: { ...d, ...change } };
}

export function select(mode: string): object {
  return { op: 1, d: { protocol: 'udp', data: { address: '127.0.0.1', port: 9, mode } } };
}
