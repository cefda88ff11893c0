import type { WebSocket } from 'ws';
import { closeCode, op } from '#sandbox/voice/voice-ops.ts';
import type { Caller, SocketData } from './voice-caller.ts';
import type { VoiceCalls } from './voice-calls.ts';
import { cutCode, type FaultSchedule } from './voice-faults.ts';
import {
  readVoiceRequest,
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
const unsentBytes = 1 << 20;
const identifyMs = 10_000;
/** Time that a client has to answer a close. */
const partingMs = 1000;

/** One WebSocket of the voice gateway: greets, lets one person identify or resume, and passes on what they ask. */
export class VoiceSocket {
  readonly #socket: WebSocket;
  readonly #calls: VoiceCalls;
  readonly #rules: SocketRules;
  readonly #tooLate: NodeJS.Timeout;
  #caller: Caller | undefined;
  /** Closed from this side: whatever comes back as a code is no goodbye. */
  #closing = false;
  #frozen = false;

  constructor(socket: WebSocket, calls: VoiceCalls, rules: SocketRules) {
    this.#socket = socket;
    this.#calls = calls;
    this.#rules = rules;
    this.#tooLate = setTimeout(() => this.close(closeCode.notIdentified), identifyMs).unref();
    socket.on('message', (data, isBinary) => {
      if (Buffer.isBuffer(data)) this.#hear(data, isBinary);
    });
    socket.on('error', () => this.#part()); // ws has sent its own close code by then
    socket.on('close', (code) => this.#gone(code));
    this.#say(op.hello, { v: 8, heartbeat_interval: rules.heartbeatMs });
  }

  send(wire: SocketData): void {
    if (this.#frozen || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > unsentBytes) this.#socket.terminate();
    else this.#socket.send(wire, () => {}); // a failure shows as `close`
  }

  freeze(): void {
    this.#frozen = true;
    this.#socket.pause();
  }

  close(code: number): void {
    this.#closing = true;
    if (this.#frozen) return;
    if (code === cutCode) this.#socket.terminate();
    else this.#socket.close(code);
    this.#part();
  }

  #part(): void {
    setTimeout(() => this.#socket.terminate(), partingMs).unref();
  }

  /** Without a number: what a resume need not repeat. */
  #say(opcode: number, d: unknown): void {
    this.send(JSON.stringify({ op: opcode, d }));
  }

  #hear(frame: Buffer, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const request = readVoiceRequest(frame, isBinary);
    const refused = typeof request === 'number' ? request : this.#handle(request);
    if (refused === undefined) return;
    if (this.#caller) this.#calls.fail(this.#caller, refused);
    else this.close(refused);
  }

  /** A close code if the request cannot be granted. */
  #handle(request: VoiceRequest): number | undefined {
    if (request.op === op.heartbeat) return this.#beat(request.d.t, request.d.seq_ack);
    if (request.op === op.identify) return this.#identify(request.d);
    if (request.op === op.resume) return this.#resume(request.d);
    return this.#caller ? this.#serve(this.#caller, request) : closeCode.notIdentified;
  }

  #beat(t: number, seqAck: number | undefined): undefined {
    this.#caller?.beat(seqAck);
    this.#say(op.heartbeatAck, { t });
  }

  #identify(identity: VoiceIdentify): number | undefined {
    if (this.#caller) return closeCode.identifiedTwice;
    const fault = this.#rules.faults.closesAt(identity.user_id, 'identify');
    if (fault !== undefined) return fault;
    const caller = this.#calls.identify(identity, this);
    if (typeof caller === 'number') return caller;
    this.#seat(caller);
    const { udpPort: port, faults } = this.#rules;
    const { modes } = faults;
    caller.send({ op: op.ready, d: { ssrc: caller.ssrc, ip: '127.0.0.1', port, modes } });
    this.#calls.enter(caller);
    return undefined;
  }

  #resume(identity: VoiceResume): number | undefined {
    if (this.#caller) return closeCode.identifiedTwice;
    const caller = this.#calls.resume(identity, this);
    if (typeof caller === 'number') return caller;
    this.#seat(caller);
    return undefined;
  }

  #seat(caller: Caller): void {
    clearTimeout(this.#tooLate);
    this.#caller = caller;
  }

  #serve(
    caller: Caller,
    request: Exclude<
      VoiceRequest,
      { op: typeof op.identify | typeof op.resume | typeof op.heartbeat }
    >,
  ): number | undefined {
    const call = this.#calls.callOf(caller);
    switch (request.op) {
      case op.selectProtocol: {
        const { protocol, data } = request.d;
        if (protocol !== 'udp') return closeCode.unknownProtocol;
        const mode = this.#rules.faults.modes.find((one) => one === data.mode);
        if (!mode) return closeCode.unknownMode;
        if (!caller.secrets) call?.describe(caller, mode);
        return undefined;
      }
      case op.speaking:
        if (request.d.speaking !== 0) call?.speaking(caller);
        return undefined;
      case op.transitionReady:
        call?.transitionReady(caller, request.d.transition_id);
        return undefined;
      case op.invalidCommit:
        call?.invalidCommit(caller);
        return undefined;
      case op.keyPackage:
      case op.commitWelcome:
        this.#rules.faults.post(caller.userId, request.op, () => {
          const isRight = call?.handleBinary(caller, request.op, request.payload);
          if (!isRight) this.#calls.fail(caller, closeCode.badRequest);
        });
        return undefined;
    }
  }

  /** Code 1000 means goodbye; after any other loss the person may come back. */
  #gone(code: number): void {
    clearTimeout(this.#tooLate);
    const caller = this.#caller;
    const cut = caller?.cut(this);
    if (caller && cut && code === 1000 && !this.#closing) this.#calls.remove(caller, code);
  }
}
