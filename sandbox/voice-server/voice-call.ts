import { DaveGroup, type DaveSend } from '#sandbox/dave/dave-group.ts';
import { encryptionMode, type VoicePacket } from '#sandbox/voice/rtp.ts';
import { op } from '#sandbox/voice/voice-ops.ts';
import type { Caller } from './voice-caller.ts';

/** Everybody who talks in one voice channel: who is there, who is whose SSRC, and their end-to-end group. */
export class VoiceCall {
  readonly #callers = new Map<string, Caller>();
  readonly #group: DaveGroup | undefined;
  readonly #dave: 0 | 1;

  constructor(channelId: string, dave: 0 | 1) {
    this.#dave = dave;
    this.#group = dave === 1 ? new DaveGroup(channelId) : undefined;
  }

  get empty(): boolean {
    return this.#callers.size === 0;
  }

  /** After op 2: each learns of the other. Before it a client would not listen. */
  enter(caller: Caller): void {
    const others = [...this.#callers.values()];
    this.#callers.set(caller.userId, caller);
    if (others.length > 0) introduce(caller, others);
    for (const other of others) introduce(other, [caller]);
  }

  /** Op 1 was right: op 4, the SSRCs of those who spoke before, and the way into the group. */
  describe(caller: Caller): void {
    const secret = {
      mode: encryptionMode,
      secret_key: [...caller.key],
      dave_protocol_version: this.#dave,
    };
    caller.choose();
    caller.send({ op: op.sessionDescription, d: secret });
    for (const other of this.others(caller)) if (other.announced) sendSsrc(caller, other);
    this.#deliver(this.#group?.join(caller.userId) ?? []);
  }

  leave(caller: Caller): void {
    if (this.#callers.get(caller.userId) !== caller) return;
    this.#callers.delete(caller.userId);
    for (const other of this.#callers.values()) {
      other.send({ op: op.clientDisconnect, d: { user_id: caller.userId } });
    }
    this.#deliver(this.#group?.leave(caller.userId) ?? []);
  }

  /** Op 5. Passed on once: Discord names an SSRC when somebody first speaks, not at each word. */
  speaking(caller: Caller): void {
    if (caller.announced) return;
    caller.announced = true;
    for (const other of this.others(caller)) sendSsrc(other, caller);
  }

  /** Sends a packet of `from` to the other callers, each with its own datagram; of somebody who may not speak, to nobody. */
  relay(from: Caller, packet: VoicePacket, send: (datagram: Buffer, to: Caller) => void): void {
    if (!from.may.speak) return;
    for (const other of this.others(from)) {
      if (other.may.hear && other.secrets && other.remote)
        send(other.secrets.sealer.seal(packet), other);
    }
  }

  /** Ops 26 and 28; false if the payload was not what it must be. */
  handleBinary(caller: Caller, opcode: number, payload: Buffer): boolean {
    if (!this.#group) return false;
    const take = opcode === op.keyPackage ? 'keyPackage' : 'commit';
    const send = this.#group[take](caller.userId, payload);
    if (send) this.#deliver(send);
    return send !== undefined;
  }

  transitionReady(caller: Caller, transitionId: number): void {
    this.#deliver(this.#group?.ready(caller.userId, transitionId) ?? []);
  }

  invalidCommit(caller: Caller): void {
    this.#deliver(this.#group?.invalid(caller.userId) ?? []);
  }

  tick(): void {
    this.#deliver(this.#group?.tick() ?? []);
  }

  others(caller: Caller): Caller[] {
    return [...this.#callers.values()].filter((other) => other !== caller);
  }

  #deliver(send: readonly DaveSend[]): void {
    for (const { to, message } of send) {
      for (const userId of to) this.#callers.get(userId)?.send(message);
    }
  }
}

/** Ops 18 and 20 follow 11 in public client logs; their values are those of a desktop client. */
function introduce(to: Caller, who: readonly Caller[]): void {
  to.send({ op: op.clientsConnect, d: { user_ids: who.map(({ userId }) => userId) } });
  for (const { userId } of who) {
    to.send({ op: op.clientFlags, d: { user_id: userId, flags: 0 } });
    to.send({ op: op.clientPlatform, d: { user_id: userId, platform: 0 } });
  }
}

function sendSsrc(to: Caller, { userId, ssrc }: Caller): void {
  to.send({ op: op.speaking, d: { user_id: userId, ssrc, speaking: 1 } });
}
