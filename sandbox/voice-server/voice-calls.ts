import type { UdpPeer } from '#sandbox/voice/rtp-packet.ts';
import { voiceCloseReasons } from '#sandbox/voice/voice-opcodes.ts';
import type { VoiceRights, VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { VoiceCall } from './voice-call.ts';
import { VoiceCaller } from './voice-caller.ts';
import { type FaultSchedule, isResumable } from './voice-faults.ts';
import type { VoiceIdentify, VoiceResume } from './voice-requests.ts';
import type { VoiceSocket } from './voice-socket.ts';

type CallRules = {
  readonly dave: 0 | 1;
  /** A client that is silent for three of these is dead. */
  readonly heartbeatMs: number;
  readonly faults: FaultSchedule;
};

/** Time that a client without a socket can resume. */
const maxResumeMs = 15_000;

type SeatKey = `${GuildId}/${PersonId}`;
type CallKey = `${GuildId}/${ChannelId}`;

/** All voice calls of this Discord, and the tickets that let people in. */
export class VoiceCalls {
  readonly #rules: CallRules;
  readonly #tickets = new Map<SeatKey, VoiceTicket>();
  /** As far as anything was said. */
  readonly #changedRights = new Map<SeatKey, VoiceRights>();
  readonly #callers = new Map<SeatKey, VoiceCaller>();
  readonly #callersBySsrc = new Map<number, VoiceCaller>();
  readonly #calls = new Map<CallKey, VoiceCall>();
  #lastSsrc = 1000;

  constructor(rules: CallRules) {
    this.#rules = rules;
  }

  /** Lets this ticket identify. A former ticket of the same person in the same server is void. */
  admitTicket(ticket: VoiceTicket): void {
    this.#tickets.set(toSeatKey(ticket.guildId, ticket.userId), ticket);
  }

  /** Changes what a person may do in every call in this server, from the next packet on. */
  setRights(guildId: GuildId, userId: PersonId, rights: VoiceRights): void {
    const seatKey = toSeatKey(guildId, userId);
    this.#changedRights.set(seatKey, rights);
    const caller = this.#callers.get(seatKey);
    if (caller) caller.rights = rights;
  }

  /** Ends a person's call in this server with `code`, and makes the ticket void. */
  expelPerson(guildId: GuildId, userId: PersonId, code: number): void {
    const seatKey = toSeatKey(guildId, userId);
    this.#tickets.delete(seatKey);
    const caller = this.#callers.get(seatKey);
    if (caller) this.removeCaller(caller, code);
  }

  /** Creates the caller, which gets op 2 before `enterCaller`, or returns a close code. */
  identify(identity: VoiceIdentify, socket: VoiceSocket): VoiceCaller | number {
    const seatKey = toSeatKey(identity.server_id, identity.user_id);
    const ticket = this.#tickets.get(seatKey);
    if (ticket?.token !== identity.token) return voiceCloseReasons.wrongToken;
    if (ticket.sessionId !== identity.session_id) return voiceCloseReasons.sessionGone;
    const isEncrypting = (identity.max_dave_protocol_version ?? 0) >= this.#rules.dave;
    if (!isEncrypting) return voiceCloseReasons.daveRequired;
    const formerCaller = this.#callers.get(seatKey);
    if (formerCaller) this.removeCaller(formerCaller, voiceCloseReasons.disconnected);
    const { faults } = this.#rules;
    const caller = new VoiceCaller(ticket, ++this.#lastSsrc, faults, socket);
    caller.rights = this.#changedRights.get(seatKey) ?? caller.rights;
    this.#callers.set(seatKey, caller);
    this.#callersBySsrc.set(caller.ssrc, caller);
    return caller;
  }

  /** Enters a caller that got op 2 into the call of its channel, which begins with its first caller. */
  enterCaller(caller: VoiceCaller): void {
    const callKey = toCallKey(caller);
    const { channelId } = caller.ticket;
    const call = this.#calls.get(callKey) ?? new VoiceCall(channelId, this.#rules);
    this.#calls.set(callKey, call);
    call.enter(caller);
  }

  /** Continues a caller on another socket, or returns a close code. */
  resume(identity: VoiceResume, socket: VoiceSocket): VoiceCaller | number {
    const caller = this.#listCallers().find(
      ({ ticket: { guildId, sessionId, token } }) =>
        guildId === identity.server_id &&
        sessionId === identity.session_id &&
        token === identity.token,
    );
    if (!caller) return voiceCloseReasons.sessionGone;
    const fault = this.#rules.faults.takeClose(caller.userId, 'resume');
    if (fault === undefined && caller.resume(socket, identity.seq_ack ?? -1))
      return caller;
    const code = fault ?? voiceCloseReasons.sessionGone;
    if (!isResumable(code)) this.removeCaller(caller, code);
    return code;
  }

  /** Finds the call that `caller` is in. Undefined before `enterCaller`. */
  findCall(caller: VoiceCaller): VoiceCall | undefined {
    return this.#calls.get(toCallKey(caller));
  }

  /** Finds the caller that sends with this SSRC. */
  findBySsrc(ssrc: number): VoiceCaller | undefined {
    return this.#callersBySsrc.get(ssrc);
  }

  /** Finds the caller behind this UDP port, as far as IP discovery told. */
  findByRemote({ address, port }: UdpPeer): VoiceCaller | undefined {
    return this.#listCallers().find(
      ({ remote }) => remote?.port === port && remote.address === address,
    );
  }

  /** Lists this person's calls, at most one a server. */
  listPersonCallers(userId: PersonId): readonly VoiceCaller[] {
    return this.#listCallers().filter((caller) => caller.userId === userId);
  }

  /** Ends the session of a caller, whose socket is closed with `code`. A former session is ignored. */
  removeCaller(caller: VoiceCaller, code: number): void {
    const seatKey = toSeatKey(caller.ticket.guildId, caller.userId);
    if (this.#callers.get(seatKey) !== caller) return;
    this.#callers.delete(seatKey);
    this.#callersBySsrc.delete(caller.ssrc);
    const call = this.findCall(caller);
    call?.leave(caller);
    if (call?.isEmpty) this.#calls.delete(toCallKey(caller));
    caller.close(code);
  }

  /** Closes the socket for a fault. After some codes a session is there for a resume. */
  failCaller(caller: VoiceCaller, code: number): void {
    if (isResumable(code)) caller.close(code);
    else this.removeCaller(caller, code);
  }

  /** Removes callers that are silent or gone for too long, and lets time pass in every call. */
  expireCallers(): void {
    const { heartbeatMs } = this.#rules;
    const atMs = realClock.nowMs();
    for (const caller of this.#listCallers()) {
      const { cutAtMs, lastBeatAtMs } = caller;
      const isDead = cutAtMs === undefined && atMs - lastBeatAtMs > 3 * heartbeatMs;
      const isAway = cutAtMs !== undefined && atMs - cutAtMs > maxResumeMs;
      if (isDead || isAway) this.removeCaller(caller, voiceCloseReasons.timeout);
    }
    for (const call of this.#calls.values()) call.tick();
  }

  /** Ends every call. */
  close(code: number): void {
    for (const caller of this.#listCallers()) this.removeCaller(caller, code);
  }

  #listCallers() {
    return [...this.#callers.values()];
  }
}

function toSeatKey(guildId: GuildId, userId: PersonId): SeatKey {
  return `${guildId}/${userId}`;
}

function toCallKey({ ticket }: VoiceCaller): CallKey {
  return `${ticket.guildId}/${ticket.channelId}`;
}
