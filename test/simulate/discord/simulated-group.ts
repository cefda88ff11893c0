import { voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import { silenceFrame } from '#src/audio/opus/opus-codec.ts';
import type { SyncTiming } from '#src/base/clock.ts';

// End-to-end groups (https://daveprotocol.com) without secrets: a key is the number of its epoch, and a sealed packet names
// it. The library's own session over it is the real one, with its transitions, its recovery and its passthrough.

/** Bytes after the sound of a sealed packet: the epoch, and the marker of the protocol. */
const epochBytes = 4;
const marker = Buffer.from([0xfa, 0xfa]);
/** Longest time, in ms, for which a transition waits for the bot. */
const maxReadyMs = 2_000;
/** Longest time, in ms, in which somebody commits what the server has proposed. */
const maxCommitMs = 400;
/** Share of commits that another member makes, and of those that the bot cannot follow. */
const [otherShare, brokenShare] = [0.5, 0.05];
/** Time, in ms, after which nothing of a change of keys is on its way any more. */
const settledMs = 3_000;

type Change = { readonly adds?: string; readonly removes?: string };
/** A commit leads from one epoch to the next. */
type Commit = { readonly from: number; readonly to: number };

function encodeJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function sealPacket(opus: Uint8Array, epoch: number): Buffer {
  const key = Buffer.alloc(epochBytes);
  key.writeUInt32BE(epoch);
  return Buffer.concat([opus, key, marker]);
}

/** Epoch of a sealed packet; undefined: it is not sealed. */
function readEpoch(packet: Buffer): number | undefined {
  const keyAt = packet.length - marker.length - epochBytes;
  if (keyAt < 0 || !packet.subarray(-marker.length).equals(marker)) return undefined;
  return packet.readUInt32BE(keyAt);
}

function stripSeal(packet: Buffer): Buffer {
  return packet.subarray(0, packet.length - marker.length - epochBytes);
}

/** The bot's member of a group, in place of a session of davey. */
export class SimulatedMember {
  /** Whether it has a key. */
  ready = false;
  readonly voicePrivacyCode = '';
  readonly #timing;
  #epoch = 0;
  #formerEpoch = 0;
  #plainUntilMs = Number.NEGATIVE_INFINITY;

  constructor(timing: SyncTiming) {
    this.#timing = timing;
  }

  reinit(): void {
    this.reset();
  }

  reset(): void {
    this.ready = false;
    this.#epoch = 0;
    this.#formerEpoch = 0;
  }

  setPassthroughMode(isOn: boolean, expirySeconds: number): void {
    const untilMs = this.#timing.nowMs() + expirySeconds * 1_000;
    this.#plainUntilMs = isOn ? Number.POSITIVE_INFINITY : untilMs;
  }

  canPassthrough(): boolean {
    return this.#timing.nowMs() < this.#plainUntilMs;
  }

  getSerializedKeyPackage(): Buffer {
    return encodeJson({});
  }

  setExternalSender(): void {}

  /** Commits proposals. Throws where somebody is to be added whom the server has not announced. */
  processProposals(_kind: number, payload: Buffer, present: readonly string[]) {
    const { adds, from } = JSON.parse(`${payload}`) as Change & { from: number };
    if (adds !== undefined && !present.includes(adds))
      throw new Error(`${adds} is not in the call.`);
    return { commit: encodeJson({ from, to: from + 1 }), welcome: undefined };
  }

  processCommit(payload: Buffer): void {
    const { from, to } = JSON.parse(`${payload}`) as Commit;
    if (from !== this.#epoch) throw new Error(`${from} is not the epoch.`);
    this.#enter(to);
  }

  processWelcome(payload: Buffer): void {
    this.#enter((JSON.parse(`${payload}`) as Commit).to);
  }

  encryptOpus(opus: Buffer): Buffer {
    return sealPacket(opus, this.#epoch);
  }

  decrypt(_userId: string, _media: number, packet: Buffer): Buffer {
    const epoch = readEpoch(packet);
    if (epoch === undefined && this.canPassthrough()) return packet;
    if (epoch === undefined) throw new Error('The packet is not sealed.');
    if (epoch !== this.#epoch && epoch !== this.#formerEpoch)
      throw new Error(`The packet is of epoch ${epoch}.`);
    return stripSeal(packet);
  }

  #enter(epoch: number) {
    this.#formerEpoch = this.#epoch;
    this.#epoch = epoch;
    this.ready = true;
  }
}

export type GroupDeps = {
  readonly timing: SyncTiming;
  /** Sends the bot a message: `d` of a JSON message, or the bytes of a binary one. */
  readonly send: (op: number, d: object) => void;
  /** Number from 0 to 1. */
  readonly draw: (key: string) => number;
  /** Lists the people in the call, without the bot. */
  readonly listPeople: () => readonly string[];
  /** Whether the bot cannot follow some commits. */
  readonly breaksCommits: () => boolean;
};

/** The voice server's side of the group of one call, and the people in it. */
export class SimulatedGroup {
  readonly #deps;
  /** Newest epoch; 0: there is no group. */
  #epoch = 0;
  /** Epochs by which people can open voice, the one by which they seal first. */
  #peoplesEpochs: readonly number[] = [];
  /** Whether the bot is in the group, and whether it has sent a key package and waits for that. */
  #isIn = false;
  #hasOffered = false;
  #isPlain = false;
  #transition = 0;
  /** What is done once the bot is ready for a transition, by the transition. */
  readonly #transitions = new Map<number, () => void>();
  /** Changes that nobody has committed yet, of which the first is proposed. */
  #changes: readonly Change[] = [];
  /** True: the latest commit was one that the bot cannot follow. */
  #isBroken = false;
  #draws = 0;
  #changedMs = Number.NEGATIVE_INFINITY;
  /** Groups that the bot gave up though it could follow. */
  needlessResets = 0;

  constructor(deps: GroupDeps) {
    this.#deps = deps;
    // Several people have a group before the bot comes.
    if (deps.listPeople().length > 1) this.#epoch = 1;
    this.#peoplesEpochs = [this.#epoch];
  }

  /** Whether voice is opened both ways, and no change of keys is on its way. */
  get isSettled(): boolean {
    const isWhole = this.#isPlain || this.#isIn || this.#deps.listPeople().length === 0;
    const sinceMs = this.#deps.timing.nowMs() - this.#changedMs;
    return isWhole && this.#changes.length === 0 && sinceMs > settledMs;
  }

  /** The bot has its session. */
  begin(): void {
    this.#deps.send(voiceOpcodes.externalSender, Buffer.of(1));
  }

  /** The bot sends a message of the group. */
  receive(op: number, payload: Buffer | { readonly transition_id?: number }): void {
    this.#changedMs = this.#deps.timing.nowMs();
    const transition = 'transition_id' in payload ? (payload.transition_id ?? 0) : 0;
    if (op === voiceOpcodes.keyPackage) this.#takeOffer();
    else if (op === voiceOpcodes.commitWelcome) this.#takeCommit(payload as Buffer);
    else if (op === voiceOpcodes.transitionReady) this.#execute(transition);
    else if (op === voiceOpcodes.invalidCommit) this.#noteReset();
  }

  /** A person has come, of whom the bot may learn later. */
  add(id: string): void {
    if (!this.#isPlain && (this.#isIn || this.#hasOffered)) this.#propose({ adds: id });
  }

  /** A person has left. Alone, the bot begins anew. */
  remove(id: string): void {
    if (this.#isPlain) return;
    if (this.#deps.listPeople().length > 0) {
      if (this.#isIn) this.#propose({ removes: id });
      return;
    }
    this.#beginAnew(0);
  }

  /** The server ends the encryption, as somebody comes whose client has none, or begins it again. */
  changeVersion(version: 0 | 1): void {
    if (this.#isPlain === (version === 0)) return;
    if (version === 1) {
      this.#isPlain = false;
      this.#beginAnew(this.#epoch);
      return;
    }
    this.#changes = [];
    this.#open(version, () => {
      this.#isPlain = true;
      this.#isIn = false;
    });
  }

  /** A packet as its sender's client sends it. */
  seal(opus: Buffer): Buffer {
    const [epoch = 0] = this.#peoplesEpochs;
    const isOpen = this.#isPlain || epoch === 0 || opus.equals(silenceFrame);
    return isOpen ? opus : sealPacket(opus, epoch);
  }

  /** Sound of a packet of the bot; undefined: nobody can open it. */
  open(packet: Buffer): Buffer | undefined {
    const epoch = readEpoch(packet);
    if (epoch !== undefined)
      return this.#peoplesEpochs.includes(epoch) || epoch === this.#epoch
        ? stripSeal(packet)
        : undefined;
    const isFree = this.#epoch === 0 || this.#isPlain || !this.isSettled;
    return isFree || packet.equals(silenceFrame) ? packet : undefined;
  }

  #takeOffer() {
    this.#hasOffered = true;
    this.#isIn = false;
    this.#changes = [];
    const [first] = this.#deps.listPeople();
    if (first === undefined || this.#isPlain) return;
    if (this.#epoch === 0) this.#propose({ adds: first });
    else this.#later(() => this.#welcome());
  }

  #propose(change: Change) {
    this.#changes = [...this.#changes, change];
    this.#changedMs = this.#deps.timing.nowMs();
    if (this.#changes.length === 1) this.#proposeNext();
  }

  #proposeNext() {
    const [change] = this.#changes;
    if (!change) return;
    const proposal = encodeJson({ ...change, from: this.#isIn ? this.#epoch : 0 });
    this.#deps.send(voiceOpcodes.proposals, Buffer.concat([Buffer.of(0), proposal]));
    // Another member commits, too, and is first, or where the bot does not.
    const isFirst = this.#draw() < otherShare;
    this.#later(
      () => {
        if (this.#changes[0] === change) this.#commit(false);
      },
      isFirst ? 0 : maxCommitMs,
    );
  }

  #takeCommit(payload: Buffer) {
    const { from } = JSON.parse(`${payload}`) as Commit;
    const [change] = this.#changes;
    if (from !== (this.#isIn ? this.#epoch : 0)) return;
    // The server waits for the commits of others, of which it takes one.
    this.#later(() => {
      if (change && this.#changes[0] === change) this.#commit(true);
    });
  }

  /** The changes are made. Who is not in the group yet is welcomed, where another member has committed. */
  #commit(isByBot: boolean) {
    const isMember = this.#isIn || isByBot;
    this.#changes = this.#changes.slice(1);
    if (!isMember) {
      this.#welcome();
      return;
    }
    const from = this.#isIn ? this.#epoch : 0;
    const isFirst = !this.#isIn;
    this.#isIn = true;
    this.#epoch++;
    this.#isBroken =
      this.#deps.breaksCommits() && !isByBot && this.#draw() < brokenShare;
    const commit = { from: this.#isBroken ? from + 1_000 : from, to: this.#epoch };
    this.#announce(voiceOpcodes.announceCommit, commit, isFirst);
  }

  #welcome() {
    if (this.#isIn || this.#isPlain || !this.#hasOffered) return;
    if (this.#deps.listPeople().length === 0) return;
    const isFirst = this.#epoch === 0;
    this.#hasOffered = false;
    this.#isIn = true;
    this.#epoch++;
    const welcome = { from: 0, to: this.#epoch };
    this.#announce(voiceOpcodes.welcome, welcome, isFirst);
  }

  #announce(op: number, commit: Commit, isFirst: boolean) {
    const enterGroup = () => {
      const [newest = 0] = this.#peoplesEpochs;
      if (commit.to > newest) this.#peoplesEpochs = [commit.to, newest];
      this.#later(() => this.#proposeNext());
    };
    this.#changedMs = this.#deps.timing.nowMs();
    const id = isFirst ? 0 : this.#prepare(enterGroup);
    const head = Buffer.alloc(2);
    head.writeUInt16BE(id);
    this.#deps.send(op, Buffer.concat([head, encodeJson(commit)]));
    if (isFirst) enterGroup();
  }

  /** Announces a transition to a version of the protocol. */
  #open(version: 0 | 1, execute: () => void) {
    const id = this.#prepare(execute);
    const d = { protocol_version: version, transition_id: id };
    this.#deps.send(voiceOpcodes.prepareTransition, d);
  }

  /** Makes a transition that is executed once the bot is ready, or after a while. */
  #prepare(execute: () => void) {
    const id = ++this.#transition;
    this.#transitions.set(id, execute);
    this.#deps.timing.later(maxReadyMs, () => this.#execute(id));
    return id;
  }

  #execute(id: number) {
    const execute = this.#transitions.get(id);
    if (!execute) return;
    this.#transitions.delete(id);
    this.#changedMs = this.#deps.timing.nowMs();
    execute();
    this.#deps.send(voiceOpcodes.executeTransition, { transition_id: id });
  }

  #noteReset() {
    if (!this.#isBroken) this.needlessResets++;
    this.#isBroken = false;
    this.#isIn = false;
  }

  /** Everybody founds a group anew. */
  #beginAnew(epoch: number) {
    this.#epoch = epoch;
    this.#peoplesEpochs = [epoch];
    this.#isIn = false;
    this.#hasOffered = false;
    this.#changes = [];
    this.#changedMs = this.#deps.timing.nowMs();
    this.#deps.send(voiceOpcodes.prepareEpoch, { protocol_version: 1, epoch: 1 });
    const d = { protocol_version: 1, transition_id: 0 };
    if (epoch === 0) this.#deps.send(voiceOpcodes.prepareTransition, d);
  }

  #later(work: () => void, leastMs = 20) {
    this.#deps.timing.later(leastMs + this.#draw() * maxCommitMs, work);
  }

  #draw() {
    return this.#deps.draw(`group ${this.#draws++}`);
  }
}
