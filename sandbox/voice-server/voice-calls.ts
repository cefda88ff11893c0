import { DaveGroup, type DaveSend } from '#sandbox/dave/dave-group.ts';
import type {
  EncryptionMode,
  UdpPeer,
  VoicePacket,
} from '#sandbox/voice/rtp-packet.ts';
import { voiceCloseReasons, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type { VoiceRights, VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
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

/** All voice calls of this Discord, and the tickets that let people in. */
export class VoiceCalls {
  readonly #rules;
  /** By server and person. */
  readonly #tickets = new Map<string, VoiceTicket>();
  /** By server and person, as far as anything was said. */
  readonly #rights = new Map<string, VoiceRights>();
  readonly #callers = new Map<string, VoiceCaller>();
  readonly #findBySsrc = new Map<number, VoiceCaller>();
  /** By server and channel. */
  readonly #calls = new Map<string, VoiceCall>();
  #lastSsrc = 1000;

  constructor(rules: CallRules) {
    this.#rules = rules;
  }

  admitTicket(ticket: VoiceTicket) {
    this.#tickets.set(toPlaceKey(ticket.guildId, ticket.userId), ticket);
  }

  setRights(guildId: string, userId: string, rights: VoiceRights) {
    const at = toPlaceKey(guildId, userId);
    this.#rights.set(at, rights);
    const caller = this.#callers.get(at);
    if (caller) caller.canSpeak = rights;
  }

  expelPerson(guildId: string, userId: string, code: number) {
    this.#tickets.delete(toPlaceKey(guildId, userId));
    const caller = this.#callers.get(toPlaceKey(guildId, userId));
    if (caller) this.removeCaller(caller, code);
  }

  /** Creates the caller, which gets op 2 before `enter`, or returns a close code. */
  identify(identity: VoiceIdentify, line: VoiceSocket) {
    const at = toPlaceKey(identity.server_id, identity.user_id);
    const ticket = this.#tickets.get(at);
    if (ticket?.token !== identity.token) return voiceCloseReasons.wrongToken;
    if (ticket.sessionId !== identity.session_id) return voiceCloseReasons.sessionGone;
    const sealed = (identity.max_dave_protocol_version ?? 0) >= this.#rules.dave;
    if (!sealed) return voiceCloseReasons.daveRequired;
    const former = this.#callers.get(at);
    if (former) this.removeCaller(former, voiceCloseReasons.disconnected);
    const caller = new VoiceCaller(ticket, ++this.#lastSsrc, this.#rules.faults, line);
    caller.canSpeak = this.#rights.get(at) ?? caller.canSpeak;
    this.#callers.set(at, caller);
    this.#findBySsrc.set(caller.ssrc, caller);
    return caller;
  }

  enterCaller(caller: VoiceCaller) {
    const at = getChannelId(caller);
    const call =
      this.#calls.get(at) ?? new VoiceCall(caller.ticket.channelId, this.#rules);
    this.#calls.set(at, call);
    call.enter(caller);
  }

  resume(identity: VoiceResume, line: VoiceSocket) {
    const caller = this.#listCallers().find(
      ({ ticket: { guildId, sessionId, token } }) => {
        const same =
          guildId === identity.server_id && sessionId === identity.session_id;
        return same && token === identity.token;
      },
    );
    if (!caller) return voiceCloseReasons.sessionGone;
    const fault = this.#rules.faults.takeClose(caller.userId, 'resume');
    if (fault === undefined && caller.resume(line, identity.seq_ack ?? -1))
      return caller;
    const code = fault ?? voiceCloseReasons.sessionGone;
    if (!isResumable(code)) this.removeCaller(caller, code);
    return code;
  }

  /** Returns the call that `caller` is in. */
  getCall(caller: VoiceCaller) {
    return this.#calls.get(getChannelId(caller));
  }

  findBySsrc(ssrc: number) {
    return this.#findBySsrc.get(ssrc);
  }

  /** Finds the caller behind this UDP port, as far as IP discovery told. */
  findByRemote({ address, port }: UdpPeer) {
    return this.#listCallers().find(
      ({ remote }) => remote?.port === port && remote.address === address,
    );
  }

  /** Lists this person's calls, at most one a server. */
  listPersonCallers(userId: string) {
    return this.#listCallers().filter((caller) => caller.userId === userId);
  }

  removeCaller(caller: VoiceCaller, code: number) {
    const at = toPlaceKey(caller.ticket.guildId, caller.userId);
    if (this.#callers.get(at) !== caller) return;
    this.#callers.delete(at);
    this.#findBySsrc.delete(caller.ssrc);
    const call = this.getCall(caller);
    call?.leave(caller);
    if (call?.empty) this.#calls.delete(getChannelId(caller));
    caller.close(code);
  }

  /** Closes the socket for a fault. After some codes a session is there for a resume. */
  failCaller(caller: VoiceCaller, code: number) {
    if (isResumable(code)) caller.close(code);
    else this.removeCaller(caller, code);
  }

  expireCallers() {
    const { heartbeatMs } = this.#rules;
    const atMs = realClock.nowMs();
    for (const caller of this.#listCallers()) {
      const { cutAtMs, lastBeatAtMs } = caller;
      const dead = cutAtMs === undefined && atMs - lastBeatAtMs > 3 * heartbeatMs;
      const away = cutAtMs !== undefined && atMs - cutAtMs > maxResumeMs;
      if (dead || away) this.removeCaller(caller, voiceCloseReasons.timeout);
    }
    for (const call of this.#calls.values()) call.tick();
  }

  /** Ends every call. */
  close(code: number) {
    for (const caller of this.#listCallers()) this.removeCaller(caller, code);
  }

  #listCallers() {
    return [...this.#callers.values()];
  }
}

function toPlaceKey(guildId: string, userId: string) {
  return `${guildId}/${userId}`;
}

function getChannelId({ ticket }: VoiceCaller) {
  return `${ticket.guildId}/${ticket.channelId}`;
}

/** A call in one voice channel: its callers, their SSRCs and their end-to-end group. */
class VoiceCall {
  readonly #callers = new Map<string, VoiceCaller>();
  readonly #group;
  readonly #dave;
  readonly #faults;

  constructor(channelId: string, { dave, faults }: CallRules) {
    this.#dave = dave;
    this.#faults = faults;
    this.#group = dave === 1 ? new DaveGroup(channelId) : undefined;
  }

  get empty() {
    return this.#callers.size === 0;
  }

  /**
   * Adds a caller after op 2, and introduces each to the other. Before op 2 a client
   * would not listen.
   */
  enter(caller: VoiceCaller) {
    const others = [...this.#callers.values()];
    this.#callers.set(caller.userId, caller);
    if (others.length > 0) introduceCaller(caller, others);
    for (const other of others) introduceCaller(other, [caller]);
  }

  /**
   * Answers a right op 1 by op 4, the SSRCs of earlier speakers, and the way into the
   * group.
   */
  describeSession(caller: VoiceCaller, mode: EncryptionMode) {
    const secret = {
      mode,
      secret_key: [...caller.key],
      dave_protocol_version: this.#dave,
    };
    caller.chooseMode(mode);
    caller.send({ op: voiceOpcodes.sessionDescription, d: secret });
    for (const other of this.listOthers(caller))
      if (other.announced) sendSsrc(caller, other);
    this.#deliverMessages(this.#group?.join(caller.userId) ?? []);
  }

  leave(caller: VoiceCaller) {
    if (this.#callers.get(caller.userId) !== caller) return;
    this.#callers.delete(caller.userId);
    for (const other of this.#callers.values()) {
      other.send({ op: voiceOpcodes.clientDisconnect, d: { user_id: caller.userId } });
    }
    this.#deliverMessages(this.#group?.leave(caller.userId) ?? []);
  }

  /**
   * Announces a speaker (op 5) once: Discord names an SSRC when somebody first speaks,
   * not at each word.
   */
  announceSpeaking(caller: VoiceCaller) {
    if (caller.announced) return;
    caller.announced = true;
    for (const other of this.listOthers(caller)) sendSsrc(other, caller);
  }

  /** Sends a packet of `from` to the other callers, each as a datagram of its own. A caller without the right to speak is not heard. */
  relayPacket(
    from: VoiceCaller,
    packet: VoicePacket,
    send: (datagram: Buffer, to: VoiceCaller) => void,
  ) {
    if (!from.canSpeak.speak) return;
    for (const other of this.listOthers(from)) {
      const { canHear, canSpeak, remote, secrets } = other;
      const padded = canHear.padPacket(packet, this.#faults.padding(other.userId));
      if (!canSpeak.hear || !secrets || !remote) continue;
      for (const one of padded) send(secrets.sealer.sealPacket(one), other);
    }
  }

  /** Handles ops 26 and 28. Returns false for a malformed payload. */
  handleBinary(caller: VoiceCaller, opcode: number, payload: Buffer) {
    if (!this.#group) return false;
    const take = opcode === voiceOpcodes.keyPackage ? 'keyPackage' : 'commit';
    const send = this.#group[take](caller.userId, payload);
    if (send) this.#deliverMessages(send);
    return send !== undefined;
  }

  proposeStranger(caller: VoiceCaller) {
    this.#deliverMessages(this.#group?.proposeStranger(caller.userId) ?? []);
  }

  changeVersion(version: 0 | 1) {
    this.#deliverMessages(this.#group?.changeVersion(version) ?? []);
  }

  transitionReady(caller: VoiceCaller, transitionId: number) {
    this.#deliverMessages(this.#group?.markReady(caller.userId, transitionId) ?? []);
  }

  invalidCommit(caller: VoiceCaller) {
    this.#deliverMessages(this.#group?.receiveInvalid(caller.userId) ?? []);
  }

  tick() {
    this.#deliverMessages(this.#group?.tick() ?? []);
  }

  listOthers(caller: VoiceCaller) {
    return [...this.#callers.values()].filter((other) => other !== caller);
  }

  #deliverMessages(send: readonly DaveSend[]) {
    for (const { to, message } of send) {
      for (const userId of to) this.#callers.get(userId)?.send(message);
    }
  }
}

/**
 * Introduces callers. Ops 18 and 20 follow 11 in public client logs. Their values are
 * those of a desktop client.
 */
function introduceCaller(to: VoiceCaller, who: readonly VoiceCaller[]) {
  to.send({
    op: voiceOpcodes.clientsConnect,
    d: { user_ids: who.map(({ userId }) => userId) },
  });
  for (const { userId } of who) {
    to.send({ op: voiceOpcodes.clientFlags, d: { user_id: userId, flags: 0 } });
    to.send({ op: voiceOpcodes.clientPlatform, d: { user_id: userId, platform: 0 } });
  }
}

function sendSsrc(to: VoiceCaller, { userId, ssrc }: VoiceCaller) {
  to.send({ op: voiceOpcodes.speaking, d: { user_id: userId, ssrc, speaking: 1 } });
}
