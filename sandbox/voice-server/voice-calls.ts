import { DaveGroup, type DaveSend } from '#sandbox/dave/dave-group.ts';
import type { EncryptionMode, UdpPeer, VoicePacket } from '#sandbox/voice/rtp.ts';
import { closeCode, op } from '#sandbox/voice/voice-ops.ts';
import type { VoiceRights, VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import { Caller } from './voice-caller.ts';
import { type FaultSchedule, resumable } from './voice-faults.ts';
import type { VoiceIdentify, VoiceResume } from './voice-requests.ts';
import type { VoiceSocket } from './voice-socket.ts';

type CallRules = {
  readonly dave: 0 | 1;
  /** A client that is silent for three of these is dead. */
  readonly heartbeatMs: number;
  readonly faults: FaultSchedule;
};

/** Time that a client without a socket can resume. */
const resumeMs = 15_000;

/** All voice calls of this Discord, and who may take part in them. */
export class VoiceCalls {
  readonly #rules: CallRules;
  /** By server and person. */
  readonly #tickets = new Map<string, VoiceTicket>();
  /** By server and person, as far as anything was said. */
  readonly #rights = new Map<string, VoiceRights>();
  readonly #callers = new Map<string, Caller>();
  readonly #bySsrc = new Map<number, Caller>();
  /** By server and channel. */
  readonly #calls = new Map<string, VoiceCall>();
  #lastSsrc = 1000;

  constructor(rules: CallRules) {
    this.#rules = rules;
  }

  admit(ticket: VoiceTicket): void {
    this.#tickets.set(place(ticket.guildId, ticket.userId), ticket);
  }

  allow(guildId: string, userId: string, rights: VoiceRights): void {
    const at = place(guildId, userId);
    this.#rights.set(at, rights);
    const caller = this.#callers.get(at);
    if (caller) caller.may = rights;
  }

  expel(guildId: string, userId: string, code: number): void {
    this.#tickets.delete(place(guildId, userId));
    const caller = this.#callers.get(place(guildId, userId));
    if (caller) this.remove(caller, code);
  }

  /** The new caller, who is to get op 2 before `enter`; or a close code. */
  identify(identity: VoiceIdentify, line: VoiceSocket): Caller | number {
    const at = place(identity.server_id, identity.user_id);
    const ticket = this.#tickets.get(at);
    if (ticket?.token !== identity.token) return closeCode.wrongToken;
    if (ticket.sessionId !== identity.session_id) return closeCode.sessionGone;
    const sealed = (identity.max_dave_protocol_version ?? 0) >= this.#rules.dave;
    if (!sealed) return closeCode.daveRequired;
    const former = this.#callers.get(at);
    if (former) this.remove(former, closeCode.disconnected);
    const caller = new Caller(ticket, ++this.#lastSsrc, this.#rules.faults, line);
    caller.may = this.#rights.get(at) ?? caller.may;
    this.#callers.set(at, caller);
    this.#bySsrc.set(caller.ssrc, caller);
    return caller;
  }

  enter(caller: Caller): void {
    const at = channelOf(caller);
    const call = this.#calls.get(at) ?? new VoiceCall(caller.ticket.channelId, this.#rules);
    this.#calls.set(at, call);
    call.enter(caller);
  }

  resume(identity: VoiceResume, line: VoiceSocket): Caller | number {
    const caller = this.#all().find(({ ticket: { guildId, sessionId, token } }) => {
      const same = guildId === identity.server_id && sessionId === identity.session_id;
      return same && token === identity.token;
    });
    if (!caller) return closeCode.sessionGone;
    const fault = this.#rules.faults.closesAt(caller.userId, 'resume');
    if (fault === undefined && caller.resume(line, identity.seq_ack ?? -1)) return caller;
    const code = fault ?? closeCode.sessionGone;
    if (!resumable(code)) this.remove(caller, code);
    return code;
  }

  /** The call that `caller` is in. */
  callOf(caller: Caller): VoiceCall | undefined {
    return this.#calls.get(channelOf(caller));
  }

  bySsrc(ssrc: number): Caller | undefined {
    return this.#bySsrc.get(ssrc);
  }

  /** The one whose UDP port this is, as far as IP discovery told. */
  byRemote({ address, port }: UdpPeer): Caller | undefined {
    return this.#all().find(({ remote }) => remote?.port === port && remote.address === address);
  }

  /** This person's calls, at most one a server. */
  ofPerson(userId: string): Caller[] {
    return this.#all().filter((caller) => caller.userId === userId);
  }

  remove(caller: Caller, code: number): void {
    const at = place(caller.ticket.guildId, caller.userId);
    if (this.#callers.get(at) !== caller) return;
    this.#callers.delete(at);
    this.#bySsrc.delete(caller.ssrc);
    const call = this.callOf(caller);
    call?.leave(caller);
    if (call?.empty) this.#calls.delete(channelOf(caller));
    caller.close(code);
  }

  /** Closes the socket for a fault; after some codes a session is there for a resume. */
  fail(caller: Caller, code: number): void {
    if (resumable(code)) caller.close(code);
    else this.remove(caller, code);
  }

  tick(): void {
    const { heartbeatMs } = this.#rules;
    const atMs = realClock.nowMs();
    for (const caller of this.#all()) {
      const { cutAtMs, lastBeatAtMs } = caller;
      const dead = cutAtMs === undefined && atMs - lastBeatAtMs > 3 * heartbeatMs;
      const away = cutAtMs !== undefined && atMs - cutAtMs > resumeMs;
      if (dead || away) this.remove(caller, closeCode.timeout);
    }
    for (const call of this.#calls.values()) call.tick();
  }

  /** Ends every call. */
  close(code: number): void {
    for (const caller of this.#all()) this.remove(caller, code);
  }

  #all(): Caller[] {
    return [...this.#callers.values()];
  }
}

function place(guildId: string, userId: string): string {
  return `${guildId}/${userId}`;
}

function channelOf({ ticket }: Caller): string {
  return `${ticket.guildId}/${ticket.channelId}`;
}

/** Everybody who talks in one voice channel: who is there, who is whose SSRC, and their end-to-end group. */
class VoiceCall {
  readonly #callers = new Map<string, Caller>();
  readonly #group: DaveGroup | undefined;
  readonly #dave: 0 | 1;
  readonly #faults: FaultSchedule;

  constructor(channelId: string, { dave, faults }: CallRules) {
    this.#dave = dave;
    this.#faults = faults;
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
  describe(caller: Caller, mode: EncryptionMode): void {
    const secret = {
      mode,
      secret_key: [...caller.key],
      dave_protocol_version: this.#dave,
    };
    caller.choose(mode);
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
      const { hears, may, remote, secrets } = other;
      const padded = hears.pad(packet, this.#faults.padding(other.userId));
      if (!may.hear || !secrets || !remote) continue;
      for (const one of padded) send(secrets.sealer.seal(one), other);
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

  proposeStranger(caller: Caller): void {
    this.#deliver(this.#group?.proposeStranger(caller.userId) ?? []);
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
