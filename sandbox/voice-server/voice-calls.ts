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

export type VoiceCalls = ReturnType<typeof createVoiceCalls>;

/** All voice calls of this Discord, and the tickets that let people in. */
export function createVoiceCalls(rules: CallRules) {
  /** By server and person. */
  const tickets = new Map<string, VoiceTicket>();
  /** By server and person, as far as anything was said. */
  const changedRights = new Map<string, VoiceRights>();
  const callers = new Map<string, VoiceCaller>();
  const callersBySsrc = new Map<number, VoiceCaller>();
  /** By server and channel. */
  const calls = new Map<string, VoiceCall>();
  let lastSsrc = 1000;

  /** Returns the call that `caller` is in. */
  function getCall(caller: VoiceCaller) {
    return calls.get(getChannelId(caller));
  }

  function removeCaller(caller: VoiceCaller, code: number) {
    const at = toPlaceKey(caller.ticket.guildId, caller.userId);
    if (callers.get(at) !== caller) return;
    callers.delete(at);
    callersBySsrc.delete(caller.ssrc);
    const call = getCall(caller);
    call?.leave(caller);
    if (call?.empty) calls.delete(getChannelId(caller));
    caller.close(code);
  }

  function listCallers() {
    return [...callers.values()];
  }

  return {
    admitTicket(ticket: VoiceTicket) {
      tickets.set(toPlaceKey(ticket.guildId, ticket.userId), ticket);
    },

    setRights(guildId: string, userId: string, rights: VoiceRights) {
      const at = toPlaceKey(guildId, userId);
      changedRights.set(at, rights);
      const caller = callers.get(at);
      if (caller) caller.canSpeak = rights;
    },

    expelPerson(guildId: string, userId: string, code: number) {
      tickets.delete(toPlaceKey(guildId, userId));
      const caller = callers.get(toPlaceKey(guildId, userId));
      if (caller) removeCaller(caller, code);
    },

    /** Creates the caller, which gets op 2 before `enter`, or returns a close code. */
    identify(identity: VoiceIdentify, line: VoiceSocket) {
      const at = toPlaceKey(identity.server_id, identity.user_id);
      const ticket = tickets.get(at);
      if (ticket?.token !== identity.token) return voiceCloseReasons.wrongToken;
      if (ticket.sessionId !== identity.session_id)
        return voiceCloseReasons.sessionGone;
      const sealed = (identity.max_dave_protocol_version ?? 0) >= rules.dave;
      if (!sealed) return voiceCloseReasons.daveRequired;
      const former = callers.get(at);
      if (former) removeCaller(former, voiceCloseReasons.disconnected);
      const caller = new VoiceCaller(ticket, ++lastSsrc, rules.faults, line);
      caller.canSpeak = changedRights.get(at) ?? caller.canSpeak;
      callers.set(at, caller);
      callersBySsrc.set(caller.ssrc, caller);
      return caller;
    },

    enterCaller(caller: VoiceCaller) {
      const at = getChannelId(caller);
      const call = calls.get(at) ?? createVoiceCall(caller.ticket.channelId, rules);
      calls.set(at, call);
      call.enter(caller);
    },

    resume(identity: VoiceResume, line: VoiceSocket) {
      const caller = listCallers().find(({ ticket: { guildId, sessionId, token } }) => {
        const same =
          guildId === identity.server_id && sessionId === identity.session_id;
        return same && token === identity.token;
      });
      if (!caller) return voiceCloseReasons.sessionGone;
      const fault = rules.faults.takeClose(caller.userId, 'resume');
      if (fault === undefined && caller.resume(line, identity.seq_ack ?? -1))
        return caller;
      const code = fault ?? voiceCloseReasons.sessionGone;
      if (!isResumable(code)) removeCaller(caller, code);
      return code;
    },
    getCall,

    findBySsrc(ssrc: number) {
      return callersBySsrc.get(ssrc);
    },

    /** Finds the caller behind this UDP port, as far as IP discovery told. */
    findByRemote({ address, port }: UdpPeer) {
      return listCallers().find(
        ({ remote }) => remote?.port === port && remote.address === address,
      );
    },

    /** Lists this person's calls, at most one a server. */
    listPersonCallers(userId: string) {
      return listCallers().filter((caller) => caller.userId === userId);
    },
    removeCaller,

    /** Closes the socket for a fault. After some codes a session is there for a resume. */
    failCaller(caller: VoiceCaller, code: number) {
      if (isResumable(code)) caller.close(code);
      else removeCaller(caller, code);
    },

    expireCallers() {
      const { heartbeatMs } = rules;
      const atMs = realClock.nowMs();
      for (const caller of listCallers()) {
        const { cutAtMs, lastBeatAtMs } = caller;
        const dead = cutAtMs === undefined && atMs - lastBeatAtMs > 3 * heartbeatMs;
        const away = cutAtMs !== undefined && atMs - cutAtMs > maxResumeMs;
        if (dead || away) removeCaller(caller, voiceCloseReasons.timeout);
      }
      for (const call of calls.values()) call.tick();
    },

    /** Ends every call. */
    close(code: number) {
      for (const caller of listCallers()) removeCaller(caller, code);
    },
  };
}

function toPlaceKey(guildId: string, userId: string) {
  return `${guildId}/${userId}`;
}

function getChannelId({ ticket }: VoiceCaller) {
  return `${ticket.guildId}/${ticket.channelId}`;
}

type VoiceCall = ReturnType<typeof createVoiceCall>;

/** A call in one voice channel: its callers, their SSRCs and their end-to-end group. */
function createVoiceCall(channelId: string, { dave, faults }: CallRules) {
  const callers = new Map<string, VoiceCaller>();
  const group = dave === 1 ? new DaveGroup(channelId) : undefined;

  function listOthers(caller: VoiceCaller) {
    return [...callers.values()].filter((other) => other !== caller);
  }

  function deliverMessages(send: readonly DaveSend[]) {
    for (const { to, message } of send) {
      for (const userId of to) callers.get(userId)?.send(message);
    }
  }

  return {
    get empty() {
      return callers.size === 0;
    },

    /**
     * Adds a caller after op 2, and introduces each to the other. Before op 2 a client
     * would not listen.
     */
    enter(caller: VoiceCaller) {
      const others = [...callers.values()];
      callers.set(caller.userId, caller);
      if (others.length > 0) introduceCaller(caller, others);
      for (const other of others) introduceCaller(other, [caller]);
    },

    /**
     * Answers a right op 1 by op 4, the SSRCs of earlier speakers, and the way into the
     * group.
     */
    describeSession(caller: VoiceCaller, mode: EncryptionMode) {
      const secret = {
        mode,
        secret_key: [...caller.key],
        dave_protocol_version: dave,
      };
      caller.chooseMode(mode);
      caller.send({ op: voiceOpcodes.sessionDescription, d: secret });
      for (const other of listOthers(caller))
        if (other.announced) sendSsrc(caller, other);
      deliverMessages(group?.join(caller.userId) ?? []);
    },

    leave(caller: VoiceCaller) {
      if (callers.get(caller.userId) !== caller) return;
      callers.delete(caller.userId);
      for (const other of callers.values()) {
        other.send({
          op: voiceOpcodes.clientDisconnect,
          d: { user_id: caller.userId },
        });
      }
      deliverMessages(group?.leave(caller.userId) ?? []);
    },

    /**
     * Announces a speaker (op 5) once: Discord names an SSRC when somebody first speaks,
     * not at each word.
     */
    announceSpeaking(caller: VoiceCaller) {
      if (caller.announced) return;
      caller.announced = true;
      for (const other of listOthers(caller)) sendSsrc(other, caller);
    },

    /** Sends a packet of `from` to the other callers, each as a datagram of its own. A caller without the right to speak is not heard. */
    relayPacket(
      from: VoiceCaller,
      packet: VoicePacket,
      send: (datagram: Buffer, to: VoiceCaller) => void,
    ) {
      if (!from.canSpeak.speak) return;
      for (const other of listOthers(from)) {
        const { canHear, canSpeak, remote, secrets } = other;
        const padded = canHear.padPacket(packet, faults.padding(other.userId));
        if (!canSpeak.hear || !secrets || !remote) continue;
        for (const one of padded) send(secrets.sealer.sealPacket(one), other);
      }
    },

    /** Handles ops 26 and 28. Returns false for a malformed payload. */
    handleBinary(caller: VoiceCaller, opcode: number, payload: Buffer) {
      if (!group) return false;
      const take = opcode === voiceOpcodes.keyPackage ? 'keyPackage' : 'commit';
      const send = group[take](caller.userId, payload);
      if (send) deliverMessages(send);
      return send !== undefined;
    },

    proposeStranger(caller: VoiceCaller) {
      deliverMessages(group?.proposeStranger(caller.userId) ?? []);
    },

    changeVersion(version: 0 | 1) {
      deliverMessages(group?.changeVersion(version) ?? []);
    },

    transitionReady(caller: VoiceCaller, transitionId: number) {
      deliverMessages(group?.markReady(caller.userId, transitionId) ?? []);
    },

    invalidCommit(caller: VoiceCaller) {
      deliverMessages(group?.receiveInvalid(caller.userId) ?? []);
    },

    tick() {
      deliverMessages(group?.tick() ?? []);
    },
    listOthers,
  };
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
