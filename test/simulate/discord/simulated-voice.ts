import {
  decryptPacket,
  encodeDiscovery,
  makeVoiceCipher,
  type PacketCipher,
  PacketSealer,
  parseDiscovery,
} from '#sandbox/voice/rtp-packet.ts';
import { voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { SyncTiming } from '#src/base/clock.ts';
import {
  openNetwork,
  type SimulatedSocket,
  type SimulatedUdp,
  type VoiceNetwork,
} from './library-border.ts';
import { SimulatedGroup } from './simulated-group.ts';

/** The step at which a call that fails stops. */
export const failingSteps = ['socket', 'login', 'udp', 'key', 'refused'] as const;
export type FailingStep = (typeof failingSteps)[number];

/** A way through the network that carries datagrams, or none. */
export type SimulatedUdpPath = { isUpOpen: boolean; isDownOpen: boolean };

/** Ways on which a call may be without carrying, and for how long. */
export type SimulatedVoiceDeps = {
  readonly timing: SyncTiming;
  readonly domain: string;
  /** Number from 0 to 1. */
  readonly draw: (key: string) => number;
  /** Whether a token and a session belong to the bot's seat. */
  readonly isSeated: (token: string, sessionId: string) => boolean;
  /** Lists the people in the bot's channel. */
  readonly listPeople: () => readonly string[];
  /** Longest time, in ms, of a message on its way. */
  readonly latencyMs: number;
  /** Called with each packet of the bot as it leaves. */
  readonly onLeft: (opus: Buffer, atMs: number, isCarried: boolean) => void;
  /** Whether a discovery in mid-call is answered. */
  readonly answersProbes: boolean;
  /** Whether calls are end-to-end encrypted. */
  readonly hasGroup: boolean;
  /** Whether members are proposed before they are announced, now and then. */
  readonly swapsUpdates: boolean;
};

type Identity = { readonly session_id: string; readonly token: string };
type Message = { readonly op: number; readonly d: never };
/** A message of the server with a number, which a resumed socket gets that lacks it. */
type Numbered = { readonly sequence: number; readonly data: object };

const mode = 'aead_aes256_gcm_rtpsize';
const heartbeatMs = 13_750;
/** Messages that a voice server keeps for a socket that resumes. */
const maxKeptMessages = 200;
/** Share of people whom the group is asked to add before they are announced. */
const earlyShare = 0.5;
const keepAliveBytes = 8;
const firstSource = 1_000;
/** Time, in ms, by which a source may be named after its first packet. */
const maxNamingMs = 300;
/** Time, in ms, after a packet in which its speaker may go on. */
const maxWordMs = 1_000;

/** Voice that nobody can open: of another epoch, with the marker of the protocol at its end. */
const closedVoice = Buffer.from([0x5a, 0x5a, 0x5a, 0x5a, 0xfa, 0xfa]);

/** Largest difference, in ms, between times of answers in two calls that the bot may take for the same. */
const maxAlikeMs = 12_000;

/** One login of the bot at a voice server. */
class Call {
  readonly identity: Identity;
  readonly ssrc: number;
  readonly key: Buffer;
  readonly cipher: PacketCipher;
  readonly sealer: PacketSealer;
  /** Sources that were named, by person. */
  readonly named = new Map<string, number>();
  readonly path: SimulatedUdpPath = { isUpOpen: true, isDownOpen: true };
  socket: SimulatedSocket;
  udp: SimulatedUdp | undefined;
  isDescribed = false;
  /** Instants, in ms, of the first and the latest answer to a discovery in mid-call. */
  proved: { readonly fromMs: number; toMs: number } | undefined;
  wasBroken = false;
  /** True: the discovery gets no answer. */
  isUnanswered = false;
  isOver = false;
  isFrozen = false;
  group: SimulatedGroup | undefined;
  /** Number of the latest message that came to the bot. */
  #comeSequence = 0;
  /** Number of the latest message that is on its way, or came. */
  #passedSequence = 0;
  #kept: readonly Numbered[] = [];
  #sequence = 0;
  #arrivesMs = 0;

  constructor(identity: Identity, socket: SimulatedSocket, number: number) {
    this.identity = identity;
    this.socket = socket;
    this.ssrc = firstSource + number;
    this.key = Buffer.alloc(32, number + 1);
    this.cipher = makeVoiceCipher(mode, this.key);
    this.sealer = new PacketSealer(this.cipher, true);
  }

  /** Sends a message that arrives after `ms`, or after those before it. Bytes are a binary message. */
  send(timing: SyncTiming, op: number, d: unknown, ms = 0) {
    const sequence = ++this.#sequence;
    const data = Buffer.isBuffer(d)
      ? encodeBinary(sequence, op, d)
      : { op, d, seq: sequence };
    const message = { sequence, data };
    this.#kept = [...this.#kept, message].slice(-maxKeptMessages);
    if (!this.isFrozen) this.#pass(timing, message, ms);
  }

  /** A frozen socket goes on. TCP loses nothing that was sent meanwhile. */
  thaw(timing: SyncTiming) {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    for (const message of this.#kept)
      if (message.sequence > this.#passedSequence) this.#pass(timing, message, 0);
  }

  /** Sends again what came after a message. False: the bot has had more than it says. */
  resume(timing: SyncTiming, sequence: number): boolean {
    const isKnown = sequence >= this.#comeSequence;
    for (const message of this.#kept)
      if (message.sequence > sequence) this.#pass(timing, message, 0);
    return isKnown;
  }

  #pass(timing: SyncTiming, { data, sequence }: Numbered, ms: number) {
    const nowMs = timing.nowMs();
    this.#arrivesMs = Math.max(this.#arrivesMs, nowMs + ms);
    this.#passedSequence = Math.max(this.#passedSequence, sequence);
    const { socket } = this;
    const deliverPacket = () => {
      if (!socket.isOpen) return;
      this.#comeSequence = Math.max(this.#comeSequence, sequence);
      socket.deliver(data);
    };
    if (this.#arrivesMs === nowMs) deliverPacket();
    else timing.later(this.#arrivesMs - nowMs, deliverPacket);
  }
}

function encodeBinary(sequence: number, op: number, payload: Buffer) {
  const head = Buffer.alloc(3);
  head.writeUInt16BE(sequence & 0xffff);
  head.writeUInt8(op, 2);
  return Buffer.concat([head, payload]);
}

/** Time, in ms, from the first to the latest answer to a discovery in mid-call. */
function getProvedMs({ proved }: Call) {
  return proved ? proved.toMs - proved.fromMs : 0;
}

/** The voice servers of a simulated Discord, and the network to them. */
export class SimulatedVoice implements VoiceNetwork, Disposable {
  /** Clock of the process that calls. */
  timing: SyncTiming;
  /** Whether a discovery in mid-call is answered. */
  answersProbes: boolean;
  /** Step at which the next call fails. */
  failingStep: FailingStep | undefined;
  /** True while nothing passes in a direction, whatever the socket. */
  readonly firewall: SimulatedUdpPath = { isUpOpen: true, isDownOpen: true };
  readonly #deps;
  readonly #calls: Call[] = [];
  readonly #byUdp = new WeakMap<SimulatedUdp, Call>();
  readonly #bySocket = new WeakMap<SimulatedSocket, Call>();
  readonly #sources = new Map<string, number>();
  /** Sources that another voice server gives people who have not spoken there. */
  readonly #renewedSources = new Map<string, number>();
  #isServerNew = false;
  readonly #opened;
  #sourceCount = 0;
  #toldLateUntilMs = 0;
  /** Latest instant, in ms, at which a packet of somebody came. */
  relayedMs = 0;
  /** Whether the bot cannot follow some commits of the group. */
  breaksCommits = true;
  /** Frames of the bot that nobody could open, and resumed sockets that asked for messages which had come. */
  unopenedFrames = 0;
  needlessReplays = 0;
  #draws = 0;

  constructor(deps: SimulatedVoiceDeps) {
    this.#deps = deps;
    this.timing = deps.timing;
    this.answersProbes = deps.answersProbes;
    this.#opened = openNetwork(deps.domain, this);
  }

  [Symbol.dispose](): void {
    this.#opened[Symbol.dispose]();
  }

  /** The call that goes on. */
  get current(): Call | undefined {
    return this.#calls.findLast((call) => !call.isOver && call.isDescribed);
  }

  /**
   * The call whose server has told the bot, in mid-call, which address it sees. Not one that was told so for as long as
   * another one whose path broke: the bot may take that for a habit of the server.
   */
  get provenCall(): object | undefined {
    const { current } = this;
    if (!current?.proved) return undefined;
    const provedMs = getProvedMs(current);
    const isAlike = this.#calls.some(
      (otherCall) =>
        otherCall !== current &&
        otherCall.wasBroken &&
        Math.abs(getProvedMs(otherCall) - provedMs) <= maxAlikeMs,
    );
    return isAlike ? undefined : current;
  }

  /** Whether the bot has logged in with a token. */
  hasCall(token: string): boolean {
    return this.#calls.some(
      (call) => call.isDescribed && call.identity.token === token,
    );
  }

  /** Whether a wall keeps packets of any socket. */
  get isWalledOff(): boolean {
    return !this.firewall.isUpOpen || !this.firewall.isDownOpen;
  }

  /** Whether packets of both directions come through. */
  get isCarried(): boolean {
    const call = this.current;
    return call === undefined || (this.#isUp(call) && this.#isDown(call));
  }

  /** Whether packets of the bot come to a call, and people can open them. */
  get isUp(): boolean {
    const call = this.current;
    return call?.udp !== undefined && this.#isUp(call) && this.isGroupSettled;
  }

  /** Whether no keys of the end-to-end group change, or there is none. */
  get isGroupSettled(): boolean {
    return this.current?.group?.isSettled ?? true;
  }

  /** Groups that the bot gave up though it could follow. */
  get needlessResets(): number {
    return this.#calls.reduce(
      (sum, call) => sum + (call.group?.needlessResets ?? 0),
      0,
    );
  }

  acceptSocket(_host: string, socket: SimulatedSocket): void {
    const step = this.failingStep;
    socket.onClosed = (code) => {
      const call = this.#bySocket.get(socket);
      // After any other code it may resume.
      if (call?.socket === socket && code === 1_000) call.isOver = true;
    };
    if (step === 'socket') return;
    socket.onSent = (sent) => {
      this.timing.later(this.#drawMs(), () => {
        if (!socket.isOpen) return;
        if (typeof sent === 'string')
          this.#receive(JSON.parse(sent) as Message, socket, step);
        else
          this.#bySocket
            .get(socket)
            ?.group?.receive(sent.readUInt8(0), sent.subarray(1));
      });
    };
    this.timing.later(this.#drawMs(), () => {
      socket.open();
      const hello = { v: 8, heartbeat_interval: heartbeatMs };
      socket.deliver({ op: voiceOpcodes.hello, d: hello });
    });
  }

  readonly carryDatagram = (datagram: Buffer, from: SimulatedUdp): void => {
    const ssrc = parseDiscovery(datagram);
    if (ssrc !== undefined) this.#discover(ssrc, from);
    else if (datagram.length !== keepAliveBytes) this.#takePacket(datagram, from);
  };

  /**
   * A packet of a person reaches the server, which passes it on. False: there is no call that hears it. `isClosed`: nobody
   * can open what this person sends.
   */
  relay({ opus, sequence, speakerId, timestamp }: Packet, isClosed: boolean): boolean {
    const call = this.current;
    if (!call?.udp) return false;
    this.relayedMs = this.timing.nowMs();
    const ssrc = this.#nameSource(call, speakerId);
    const sound = Buffer.from(opus);
    const payload = isClosed ? closedVoice : (call.group?.seal(sound) ?? sound);
    const packet = { sequence, timestamp, ssrc, payload };
    if (this.#isDown(call)) call.udp.arrive(call.sealer.sealPacket(packet));
    return true;
  }

  /** A person has left the channel. */
  disconnect(personId: string): void {
    this.#sources.delete(personId);
    this.#renewedSources.delete(personId);
    const call = this.current;
    call?.named.delete(personId);
    call?.send(this.timing, voiceOpcodes.clientDisconnect, { user_id: personId });
    call?.group?.remove(personId);
  }

  /** A person has come into the channel. */
  connect(personId: string): void {
    const { current: call } = this;
    if (!call) return;
    const { draw, listPeople, swapsUpdates } = this.#deps;
    const announceServer = () => {
      if (listPeople().includes(personId))
        call.send(this.timing, voiceOpcodes.clientsConnect, { user_ids: [personId] });
    };
    const luck = draw(`early ${this.#draws++}`);
    if (swapsUpdates && call.group && luck < earlyShare)
      this.timing.later(maxNamingMs * luck, announceServer);
    else announceServer();
    call.group?.add(personId);
  }

  /** The encryption of the call ends, or begins again: somebody has a client without one. */
  changeVersion(version: 0 | 1): void {
    this.current?.group?.changeVersion(version);
  }

  /** Nothing comes through any more in a direction: over the socket of now, or over any, as behind a wall. */
  breakPath(path: Readonly<SimulatedUdpPath>, isWall: boolean): void {
    const { current } = this;
    if (current) current.wasBroken = true;
    if (isWall) Object.assign(this.firewall, path);
    else if (current) Object.assign(current.path, path);
  }

  /** Everything comes through again. */
  healPath(): void {
    const open = { isUpOpen: true, isDownOpen: true };
    Object.assign(this.firewall, open);
    for (const call of this.#calls) {
      Object.assign(call.path, open);
      call.thaw(this.timing);
    }
  }

  /** A person comes with another source. A while later `other` comes with that person's former one, of which Discord tells late. */
  swapSource(personId: string, otherText: string | undefined): void {
    const former = this.#sources.get(personId);
    const { current: call, timing } = this;
    // Nobody changes it in mid-word.
    const isQuiet = timing.nowMs() - this.relayedMs > maxWordMs;
    if (former === undefined || !call || !isQuiet) return;
    this.#sources.set(personId, this.#nextSource());
    this.#nameSource(call, personId);
    if (otherText === undefined) return;
    timing.later(maxNamingMs, () => {
      this.#sources.set(otherText, former);
      this.#toldLateUntilMs = timing.nowMs() + 2_000;
    });
  }

  /** The next call is on another voice server, where people have each other's sources and nobody has spoken. */
  moveServer(): void {
    this.#isServerNew = true;
  }

  /** Nothing comes over the socket of the call any more, which stays open. */
  freeze(): void {
    if (this.current) this.current.isFrozen = true;
  }

  /** Whether the socket of the call brings nothing. */
  get isFrozen(): boolean {
    return this.current?.isFrozen === true;
  }

  /** Closes the socket of the call that goes on. Codes below 4000 and 4015 leave it to be resumed. */
  closeSocket(code: number): void {
    const call = this.current;
    if (!call) return;
    call.isOver = code >= 4_000 && code !== 4_015;
    call.socket.breakOff(code);
  }

  /** Ends the calls whose seat is gone. */
  endCalls(code: number | undefined): void {
    this.planEnd(code)();
  }

  /** Returns what ends the calls of now. */
  planEnd(code: number | undefined): () => void {
    const calls = this.#calls.filter(({ isOver }) => !isOver);
    return () => {
      for (const call of calls.filter(({ isOver }) => !isOver)) {
        call.isOver = true;
        if (code !== undefined) call.socket.breakOff(code);
      }
    };
  }

  #receive({ d, op }: Message, socket: SimulatedSocket, step: FailingStep | undefined) {
    const call = this.#bySocket.get(socket);
    switch (op) {
      case voiceOpcodes.identify:
        this.#identify(d, socket, step);
        return;
      case voiceOpcodes.resume:
        this.#resume(d, socket);
        return;
      case voiceOpcodes.heartbeat:
        this.#answerBeat(d, socket, call);
        return;
      case voiceOpcodes.selectProtocol:
        if (call) this.#describe(call, step);
        return;
      case voiceOpcodes.transitionReady:
      case voiceOpcodes.invalidCommit:
        call?.group?.receive(op, d);
        return;
      default:
    }
  }

  #identify(
    identity: Identity,
    socket: SimulatedSocket,
    step: FailingStep | undefined,
  ) {
    if (step === 'login') return;
    const isSeated = this.#deps.isSeated(identity.token, identity.session_id);
    if (!isSeated || step === 'refused') {
      socket.breakOff(4_006);
      return;
    }
    const call = new Call(identity, socket, this.#calls.length);
    this.#calls.push(call);
    this.#bySocket.set(socket, call);
    call.isUnanswered = step === 'udp';
    const { ssrc } = call;
    const ready = { ssrc, ip: '203.0.113.1', port: 50_000, modes: [mode] };
    call.send(this.timing, voiceOpcodes.ready, ready);
  }

  #resume(
    { seq_ack, session_id, token }: Identity & { readonly seq_ack: number },
    socket: SimulatedSocket,
  ) {
    const call = this.#calls.findLast(
      ({ identity, isOver }) =>
        !isOver && identity.session_id === session_id && identity.token === token,
    );
    if (!call) {
      socket.breakOff(4_006);
      return;
    }
    call.socket = socket;
    call.isFrozen = false;
    this.#bySocket.set(socket, call);
    socket.deliver({ op: voiceOpcodes.resumed, d: null });
    if (!call.resume(this.timing, seq_ack)) this.needlessReplays++;
  }

  #answerBeat({ t }: { readonly t: number }, socket: SimulatedSocket, call?: Call) {
    if (call?.isOver) socket.breakOff(4_006);
    else if (!call?.isFrozen)
      socket.deliver({ op: voiceOpcodes.heartbeatAck, d: { t } });
  }

  #describe(call: Call, step: FailingStep | undefined) {
    if (step === 'key') return;
    const { timing } = this;
    call.isDescribed = true;
    call.send(timing, voiceOpcodes.sessionDescription, {
      mode,
      secret_key: [...call.key],
      dave_protocol_version: this.#deps.hasGroup ? 1 : 0,
    });
    call.send(timing, voiceOpcodes.clientsConnect, {
      user_ids: this.#deps.listPeople(),
    });
    if (this.#isServerNew) this.#renewSources();
    // Discord tells a new call of all who have spoken before.
    for (const [personId, ssrc] of this.#sources) {
      if (!this.#deps.listPeople().includes(personId)) continue;
      call.named.set(personId, ssrc);
      call.send(timing, voiceOpcodes.speaking, {
        user_id: personId,
        ssrc,
        speaking: 1,
      });
    }
    if (this.#deps.hasGroup) this.#beginGroup(call);
  }

  #beginGroup(call: Call) {
    const { draw, listPeople } = this.#deps;
    const { timing } = this;
    const isHere = () => this.current === call;
    call.group = new SimulatedGroup({
      timing,
      listPeople: () => (isHere() ? listPeople() : []),
      draw: (key) => draw(`${key} ${call.ssrc}`),
      breaksCommits: () => this.breaksCommits,
      send: (op, d) => {
        if (isHere()) call.send(timing, op, d, this.#drawMs());
      },
    });
    call.group.begin();
  }

  #renewSources() {
    this.#isServerNew = false;
    const [people, sources] = [[...this.#sources.keys()], [...this.#sources.values()]];
    this.#sources.clear();
    this.#renewedSources.clear();
    for (const [n, source] of sources.entries())
      this.#renewedSources.set(people[(n + 1) % people.length] ?? '', source);
  }

  #nameSource(call: Call, personId: string) {
    const renewed = this.#renewedSources.get(personId);
    const ssrc = this.#sources.get(personId) ?? renewed ?? this.#nextSource();
    this.#sources.set(personId, ssrc);
    if (call.named.get(personId) === ssrc) return ssrc;
    call.named.set(personId, ssrc);
    const speaking = { user_id: personId, ssrc, speaking: 1 };
    const isLate = this.timing.nowMs() < this.#toldLateUntilMs;
    const lateMs = isLate ? maxNamingMs : 0;
    call.send(this.timing, voiceOpcodes.speaking, speaking, this.#drawMs() + lateMs);
    return ssrc;
  }

  #nextSource() {
    return 2 * firstSource * (1 + this.#sourceCount++);
  }

  #discover(ssrc: number, from: SimulatedUdp) {
    const call = this.#calls.findLast((one) => one.ssrc === ssrc);
    if (!call || !this.#isUp(call) || call.isUnanswered) return;
    if (call.isDescribed && !this.answersProbes) return;
    call.udp = from;
    this.#byUdp.set(from, call);
    const address = { address: '198.51.100.7', port: 40_000 + call.ssrc };
    const answer = encodeDiscovery(ssrc, address);
    this.timing.later(this.#drawMs(), () => {
      if (!this.#isDown(call)) return;
      if (call.isDescribed) this.#noteProof(call);
      from.arrive(answer);
    });
  }

  #noteProof(call: Call) {
    const nowMs = this.timing.nowMs();
    call.proved ??= { fromMs: nowMs, toMs: nowMs };
    call.proved.toMs = nowMs;
  }

  #isUp({ path }: Call) {
    return path.isUpOpen && this.firewall.isUpOpen;
  }

  #isDown({ path }: Call) {
    return path.isDownOpen && this.firewall.isDownOpen;
  }

  #takePacket(datagram: Buffer, from: SimulatedUdp) {
    const call = this.#byUdp.get(from);
    const packet = call && decryptPacket(datagram, call.cipher);
    if (!packet) return;
    const isCarried = !call.isOver && this.#isUp(call);
    const opus = call.group ? call.group.open(packet.payload) : packet.payload;
    if (opus) this.#deps.onLeft(opus, this.timing.nowMs(), isCarried);
    // Whoever leaves takes a while to be missed.
    else if (isCarried && this.#deps.listPeople().length > 0) this.unopenedFrames++;
  }

  #drawMs() {
    const { draw, latencyMs } = this.#deps;
    return latencyMs === 0 ? 0 : Math.floor(draw(`voice ${this.#draws++}`) * latencyMs);
  }
}
