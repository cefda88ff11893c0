import type { WebSocket } from 'ws';
import { voiceCloseReasons, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type { SocketData, VoiceCaller } from './voice-caller.ts';
import type { VoiceCalls } from './voice-calls.ts';
import { cutCloseCode, type FaultSchedule } from './voice-faults.ts';
import {
  parseVoiceRequest,
  type VoiceIdentify,
  type VoiceRequest,
  type VoiceResume,
} from './voice-requests.ts';

export type SocketRules = {
  readonly heartbeatMs: number;
  readonly udpPort: number;
  readonly faults: FaultSchedule;
};

/** Requests of a person who has identified, other than heartbeats. */
type CallerRequest = Exclude<
  VoiceRequest,
  {
    op:
      | typeof voiceOpcodes.identify
      | typeof voiceOpcodes.resume
      | typeof voiceOpcodes.heartbeat;
  }
>;

/** A client that reads too little to stay below this is cut off. */
const maxUnsentBytes = 1 << 20;
const maxIdentifyMs = 10_000;
/** Time that a client has to answer a close. */
const closeTimeoutMs = 1000;

/** One WebSocket of the voice gateway. It greets, lets one person identify or resume, and passes on the requests of that person. */
export class VoiceSocket {
  readonly #socket: WebSocket;
  readonly #calls: VoiceCalls;
  readonly #rules: SocketRules;
  readonly #identifyTimer: NodeJS.Timeout;
  #caller: VoiceCaller | undefined;
  /** Closed from this side: a code that comes back is no goodbye. */
  #isClosing = false;
  #isFrozen = false;

  constructor(socket: WebSocket, calls: VoiceCalls, rules: SocketRules) {
    this.#socket = socket;
    this.#calls = calls;
    this.#rules = rules;
    this.#identifyTimer = setTimeout(
      () => this.close(voiceCloseReasons.notIdentified),
      maxIdentifyMs,
    ).unref();
    socket.on('message', (data, isBinary) => {
      if (Buffer.isBuffer(data)) this.#receiveFrame(data, isBinary);
    });
    socket.on('error', () => this.#finishClose()); // ws has sent its own close code by then
    socket.on('close', (code) => this.#onGone(code));
    this.#sendJson(voiceOpcodes.hello, { v: 8, heartbeat_interval: rules.heartbeatMs });
  }

  /** Sends a message as it is. A client that does not read is cut off, a closed one gets nothing. */
  send(wire: SocketData): void {
    if (this.#isFrozen || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > maxUnsentBytes) this.#socket.terminate();
    else this.#socket.send(wire, () => {}); // a failure shows as `close`
  }

  /** Reads and sends nothing any more, and leaves the socket open. */
  freeze(): void {
    this.#isFrozen = true;
    this.#socket.pause();
  }

  /** Closes the socket, and cuts it 1 s later. Code 1006 cuts it at once. */
  close(code: number): void {
    this.#isClosing = true;
    if (this.#isFrozen) return;
    if (code === cutCloseCode) this.#socket.terminate();
    else this.#socket.close(code);
    this.#finishClose();
  }

  #finishClose() {
    setTimeout(() => this.#socket.terminate(), closeTimeoutMs).unref();
  }

  /** Sends a message without a number, which a resume does not repeat. */
  #sendJson(opcode: number, d: unknown) {
    this.send(JSON.stringify({ op: opcode, d }));
  }

  #receiveFrame(frame: Buffer, isBinary: boolean) {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const request = parseVoiceRequest(frame, isBinary);
    const closeCode =
      typeof request === 'number' ? request : this.#handleRequest(request);
    if (closeCode === undefined) return;
    if (this.#caller) this.#calls.failCaller(this.#caller, closeCode);
    else this.close(closeCode);
  }

  /** Performs a request. Returns a close code if it cannot be granted. */
  #handleRequest(request: VoiceRequest) {
    if (request.op === voiceOpcodes.heartbeat)
      return this.#handleHeartbeat(request.d.t, request.d.seq_ack);
    if (request.op === voiceOpcodes.identify) return this.#identifyCaller(request.d);
    if (request.op === voiceOpcodes.resume) return this.#resumeCaller(request.d);
    return this.#caller
      ? this.#serveCaller(this.#caller, request)
      : voiceCloseReasons.notIdentified;
  }

  #handleHeartbeat(t: number, seqAck: number | undefined) {
    this.#caller?.acknowledgeBeat(seqAck);
    this.#sendJson(voiceOpcodes.heartbeatAck, { t });
  }

  #identifyCaller(identity: VoiceIdentify) {
    if (this.#caller) return voiceCloseReasons.identifiedTwice;
    const fault = this.#rules.faults.takeClose(identity.user_id, 'identify');
    if (fault !== undefined) return fault;
    const caller = this.#calls.identify(identity, this);
    if (typeof caller === 'number') return caller;
    this.#seatCaller(caller);
    const { udpPort: port, faults } = this.#rules;
    caller.send({
      op: voiceOpcodes.ready,
      d: { ssrc: caller.ssrc, ip: '127.0.0.1', port, modes: faults.modes },
    });
    this.#calls.enterCaller(caller);
    return undefined;
  }

  #resumeCaller(identity: VoiceResume) {
    if (this.#caller) return voiceCloseReasons.identifiedTwice;
    const caller = this.#calls.resume(identity, this);
    if (typeof caller === 'number') return caller;
    this.#seatCaller(caller);
    return undefined;
  }

  #seatCaller(caller: VoiceCaller) {
    clearTimeout(this.#identifyTimer);
    this.#caller = caller;
  }

  #serveCaller(caller: VoiceCaller, request: CallerRequest) {
    const call = this.#calls.findCall(caller);
    switch (request.op) {
      case voiceOpcodes.selectProtocol: {
        const { protocol, data } = request.d;
        if (protocol !== 'udp') return voiceCloseReasons.unknownProtocol;
        const mode = this.#rules.faults.modes.find((offered) => offered === data.mode);
        if (!mode) return voiceCloseReasons.unknownMode;
        if (!caller.secrets) call?.describeSession(caller, mode);
        return undefined;
      }
      case voiceOpcodes.speaking:
        if (request.d.speaking !== 0) call?.announceSpeaking(caller);
        return undefined;
      case voiceOpcodes.transitionReady:
        call?.markTransitionReady(caller, request.d.transition_id);
        return undefined;
      case voiceOpcodes.invalidCommit:
        call?.receiveInvalidCommit(caller);
        return undefined;
      case voiceOpcodes.keyPackage:
      case voiceOpcodes.commitWelcome:
        this.#rules.faults.postMessage(caller.userId, request.op, () => {
          const isRight = call?.handleBinary(caller, request.op, request.payload);
          if (!isRight) this.#calls.failCaller(caller, voiceCloseReasons.badRequest);
        });
        return undefined;
    }
  }

  /**
   * Ends the voice session after code 1000. After any other code the person may resume.
   */
  #onGone(code: number) {
    clearTimeout(this.#identifyTimer);
    const caller = this.#caller;
    const wasPresent = caller?.cutSocket(this);
    if (caller && wasPresent && code === 1000 && !this.#isClosing)
      this.#calls.removeCaller(caller, code);
  }
}
