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

/** A client that reads too little to stay below this is cut off. */
const maxUnsentBytes = 1 << 20;
const maxIdentifyMs = 10_000;
/** Time that a client has to answer a close. */
const closeTimeoutMs = 1000;

/** One WebSocket of the voice gateway. It greets, lets one person identify or resume, and passes on the requests of that person. */
export class VoiceSocket {
  readonly #socket;
  readonly #calls;
  readonly #rules;
  readonly #tooLate;
  #caller: VoiceCaller | undefined;
  /** Closed from this side: whatever comes back as a code is no goodbye. */
  #closing = false;
  #frozen = false;

  constructor(socket: WebSocket, calls: VoiceCalls, rules: SocketRules) {
    this.#socket = socket;
    this.#calls = calls;
    this.#rules = rules;
    this.#tooLate = setTimeout(
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

  send(wire: SocketData) {
    if (this.#frozen || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > maxUnsentBytes) this.#socket.terminate();
    else this.#socket.send(wire, () => {}); // a failure shows as `close`
  }

  freeze() {
    this.#frozen = true;
    this.#socket.pause();
  }

  close(code: number) {
    this.#closing = true;
    if (this.#frozen) return;
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
    const refused =
      typeof request === 'number' ? request : this.#handleRequest(request);
    if (refused === undefined) return;
    if (this.#caller) this.#calls.failCaller(this.#caller, refused);
    else this.close(refused);
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
    clearTimeout(this.#tooLate);
    this.#caller = caller;
  }

  #serveCaller(
    caller: VoiceCaller,
    request: Exclude<
      VoiceRequest,
      {
        op:
          | typeof voiceOpcodes.identify
          | typeof voiceOpcodes.resume
          | typeof voiceOpcodes.heartbeat;
      }
    >,
  ) {
    const call = this.#calls.getCall(caller);
    switch (request.op) {
      case voiceOpcodes.selectProtocol: {
        const { protocol, data } = request.d;
        if (protocol !== 'udp') return voiceCloseReasons.unknownProtocol;
        const mode = this.#rules.faults.modes.find((one) => one === data.mode);
        if (!mode) return voiceCloseReasons.unknownMode;
        if (!caller.secrets) call?.describeSession(caller, mode);
        return undefined;
      }
      case voiceOpcodes.speaking:
        if (request.d.speaking !== 0) call?.announceSpeaking(caller);
        return undefined;
      case voiceOpcodes.transitionReady:
        call?.transitionReady(caller, request.d.transition_id);
        return undefined;
      case voiceOpcodes.invalidCommit:
        call?.invalidCommit(caller);
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
    clearTimeout(this.#tooLate);
    const caller = this.#caller;
    const cut = caller?.cutSocket(this);
    if (caller && cut && code === 1000 && !this.#closing)
      this.#calls.removeCaller(caller, code);
  }
}
