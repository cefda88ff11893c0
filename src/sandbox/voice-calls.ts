import type { VoicePacket } from './rtp.ts';
import { VoiceCall } from './voice-call.ts';
import { Caller, type Line } from './voice-caller.ts';
import { closeCode, op } from './voice-ops.ts';
import type { VoiceTicket } from './voice-ports.ts';
import type { Identify, Resume } from './voice-requests.ts';

export type CallRules = {
  readonly dave: 0 | 1;
  /** A client that is silent for three of these is dead. */
  readonly heartbeatMs: number;
  /** How long somebody without a socket may come back. */
  readonly resumeMs: number;
};

/** All voice calls of this Discord, and who may take part in them. Gets instants, has no timers. */
export class VoiceCalls {
  readonly #rules: CallRules;
  /** By server and person. */
  readonly #tickets = new Map<string, VoiceTicket>();
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

  expel(guildId: string, userId: string, code: number, atMs: number): void {
    this.#tickets.delete(place(guildId, userId));
    const caller = this.#callers.get(place(guildId, userId));
    if (caller) this.remove(caller, code, atMs);
  }

  /** The new caller, who is to get op 2 before `enter`; or a close code. */
  identify(claim: Identify, line: Line, atMs: number): Caller | number {
    const at = place(claim.server_id, claim.user_id);
    const ticket = this.#tickets.get(at);
    if (ticket?.token !== claim.token) return closeCode.wrongToken;
    if (ticket.sessionId !== claim.session_id) return closeCode.sessionGone;
    const sealed = (claim.max_dave_protocol_version ?? 0) >= this.#rules.dave;
    if (!sealed) return closeCode.daveRequired;
    const former = this.#callers.get(at);
    if (former) this.remove(former, closeCode.disconnected, atMs);
    const caller = new Caller(ticket, ++this.#lastSsrc, line, atMs);
    this.#callers.set(at, caller);
    this.#bySsrc.set(caller.ssrc, caller);
    return caller;
  }

  enter(caller: Caller): void {
    const at = channelOf(caller);
    const call = this.#calls.get(at) ?? new VoiceCall(caller.ticket.channelId, this.#rules.dave);
    this.#calls.set(at, call);
    call.enter(caller);
  }

  /** Op 9 comes before what was missed: clients take binary messages only after it. */
  resume(claim: Resume, line: Line, atMs: number): Caller | number {
    for (const caller of this.#callers.values()) {
      const { guildId, sessionId, token } = caller.ticket;
      const same = guildId === claim.server_id && sessionId === claim.session_id;
      if (!same || token !== claim.token) continue;
      const greet = JSON.stringify({ op: op.resumed, d: null });
      if (caller.resume(line, claim.seq_ack ?? -1, greet, atMs)) return caller;
      this.remove(caller, closeCode.sessionGone, atMs);
    }
    return closeCode.sessionGone;
  }

  /** The call that `caller` is in. */
  callOf(caller: Caller): VoiceCall | undefined {
    return this.#calls.get(channelOf(caller));
  }

  bySsrc(ssrc: number): Caller | undefined {
    return this.#bySsrc.get(ssrc);
  }

  relay(from: Caller, packet: VoicePacket, send: (datagram: Buffer, to: Caller) => void): void {
    this.callOf(from)?.relay(from, packet, send);
  }

  remove(caller: Caller, code: number, atMs: number): void {
    const at = place(caller.ticket.guildId, caller.userId);
    if (this.#callers.get(at) !== caller) return;
    this.#callers.delete(at);
    this.#bySsrc.delete(caller.ssrc);
    const call = this.callOf(caller);
    call?.leave(caller, atMs);
    if (call?.empty) this.#calls.delete(channelOf(caller));
    caller.close(code);
  }

  tick(atMs: number): void {
    const { heartbeatMs, resumeMs } = this.#rules;
    for (const caller of [...this.#callers.values()]) {
      const { cutAtMs, lastBeatAtMs } = caller;
      const dead = cutAtMs === undefined && atMs - lastBeatAtMs > 3 * heartbeatMs;
      const away = cutAtMs !== undefined && atMs - cutAtMs > resumeMs;
      if (dead || away) this.remove(caller, closeCode.timeout, atMs);
    }
    for (const call of this.#calls.values()) call.tick(atMs);
  }

  /** Ends every call. */
  close(code: number, atMs: number): void {
    for (const caller of [...this.#callers.values()]) this.remove(caller, code, atMs);
  }
}

function place(guildId: string, userId: string): string {
  return `${guildId}/${userId}`;
}

function channelOf({ ticket }: Caller): string {
  return `${ticket.guildId}/${ticket.channelId}`;
}
