import { type VoiceMessage, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import { realClock } from '#src/base/clock.ts';
import { DaveMember } from './dave-member.ts';
import { encodeU8, encodeU16, encodeU64, encodeVector } from './mls-bytes.ts';
import {
  type Commit,
  createExternalSender,
  type KeyPackage,
  type Proposal,
  readCommit,
  readKeyPackage,
  selectWelcome,
  type Welcome,
} from './mls-messages.ts';

/** With proposals uncommitted for this long, everybody starts over. */
const maxCommitMs = 5000;
const strangerId = '1';

type GroupMember = {
  /** Offered and not yet carried into the group. */
  keyPackage: KeyPackage | undefined;
  /** Leaf index of a member inside the group. */
  leaf: number | undefined;
  /** The member reported a broken group, and waits to be added again. */
  isLost: boolean;
};
type GroupChange =
  | { readonly kind: 'add'; readonly userId: string; readonly keyPackage: KeyPackage }
  | { readonly kind: 'remove'; readonly leaf: number };
type PendingProposal = Proposal & { readonly change: GroupChange };

/**
 * The voice server's side of the end-to-end group of one call: proposes to add and remove members, and picks the commit
 * that counts. It never holds a key that opens voice.
 *
 * Epoch 0 means that no commit was taken yet: then everybody with a key package is asked to found the group.
 * Opcode flows: https://daveprotocol.com, version 1. The first group and a lone member run at once (transition 0).
 */
export class DaveGroup {
  readonly #groupId;
  readonly #sender = createExternalSender();
  readonly #people = new Map<string, GroupMember>();
  readonly #transitions = createDaveTransitions();
  #epoch = 0;
  #leaves: (string | undefined)[] = [];
  #proposed: PendingProposal[] = [];
  #proposedAtMs = 0;

  constructor(channelId: string) {
    this.#groupId = encodeU64(BigInt(channelId));
  }

  /** Adds a person, once the voice server has described the session. */
  join(userId: string) {
    this.#people.set(userId, { keyPackage: undefined, leaf: undefined, isLost: false });
    return encodeBinary(
      [userId],
      voiceOpcodes.externalSender,
      this.#sender.introduction,
    );
  }

  leave(userId: string) {
    const person = this.#people.get(userId);
    if (!person) return [];
    const send = [...this.#withdraw(userId), ...this.#transitions.dropPerson(userId)];
    this.#people.delete(userId);
    if (this.#people.size < 2) return [...send, ...this.#disband()];
    if (person.leaf === undefined) return send;
    const inside = this.#inside();
    if (inside.length === 0) return [...send, ...this.#found()];
    return [...send, ...this.#propose(inside, [{ kind: 'remove', leaf: person.leaf }])];
  }

  /**
   * Receives a key package (op 26), which a member of the group sends to enter anew.
   * Undefined if the bytes are no key package of this person.
   */
  keyPackage(userId: string, payload: Uint8Array) {
    const person = this.#people.get(userId);
    const keyPackage = readKeyPackage(payload);
    if (!person || keyPackage?.userId !== userId) return undefined;
    const send = this.#withdraw(userId);
    person.keyPackage = keyPackage;
    person.isLost = person.leaf !== undefined;
    if (this.#epoch === 0) return [...send, ...this.#greetFounder(userId, keyPackage)];
    const inside = this.#inside();
    if (inside.length === 0) return this.#found();
    const changes: GroupChange[] = [{ kind: 'add', userId, keyPackage }];
    const { leaf } = person;
    if (leaf !== undefined && !this.#removes(leaf))
      changes.unshift({ kind: 'remove', leaf });
    return [...send, ...this.#propose(inside, changes)];
  }

  /** Receives a commit (op 28). The first that carries out exactly the pending proposals makes the next epoch, and a late one changes nothing. Gives undefined for malformed bytes. */
  commit(userId: string, payload: Uint8Array) {
    const commit = readCommit(payload);
    if (!commit) return undefined;
    const carried = this.#findCarried(userId, commit);
    return carried ? this.#advanceEpoch(userId, commit, carried) : [];
  }

  /**
   * Notes that a person could not follow a transition (op 31). A key package follows.
   */
  receiveInvalid(userId: string) {
    const person = this.#people.get(userId);
    if (person?.leaf !== undefined) person.isLost = true;
    return this.#transitions.dropPerson(userId);
  }

  /**
   * Proposes to one person alone to add a person outside the call, as a fault for
   * tests.
   */
  proposeStranger(userId: string) {
    const stranger = new DaveMember(strangerId, `${this.#groupId.readBigUInt64BE()}`);
    const keyPackage = readKeyPackage(stranger.keyPackage().payload);
    if (!keyPackage) return [];
    return encodeMessages(
      [userId],
      [this.#sign({ kind: 'add', userId: strangerId, keyPackage }).message],
    );
  }

  /**
   * Ends encryption (0), or makes everybody found a group again (1), as a fault for
   * tests.
   */
  changeVersion(version: 0 | 1) {
    const everybody = [...this.#people.keys()];
    this.#forget();
    for (const person of this.#people.values()) person.keyPackage = undefined;
    if (version === 1) return [encodeNewEpoch(everybody)];
    const id = this.#transitions.openTransition(everybody);
    return [encodeTransition(everybody, version, id)];
  }

  /** Notes that a person is ready for a transition (op 23). */
  markReady(userId: string, transitionId: number) {
    return this.#transitions.markReady(userId, transitionId);
  }

  /**
   * Returns the messages due now: those of transitions, and a new start when proposals
   * stay uncommitted.
   */
  tick() {
    const send = this.#transitions.executeDue();
    const stuck = this.#proposed.length > (this.#epoch === 0 ? 1 : 0);
    if (!stuck || realClock.nowMs() - this.#proposedAtMs < maxCommitMs) return send;
    this.#forget();
    for (const person of this.#people.values()) person.keyPackage = undefined;
    return [...send, ...encodeRestart([...this.#people.keys()])];
  }

  /**
   * Finds the pending proposals that `commit` carries out, in the order of the commit.
   * Undefined unless all are carried out.
   */
  #findCarried(userId: string, commit: Commit) {
    if (!commit.groupId.equals(this.#groupId) || commit.epoch !== BigInt(this.#epoch))
      return;
    if (commit.inline || commit.authorLeaf !== this.#leafOf(userId)) return;
    const due = this.#proposed.filter(({ change }) => !isAdding(change, userId));
    const carried = commit.refs.flatMap(
      (ref) => due.find((one) => one.ref.equals(ref)) ?? [],
    );
    const whole =
      carried.length === commit.refs.length && new Set(carried).size === due.length;
    if (due.length === 0 || !whole) return;
    return hasEveryWelcome(commit.welcome, carried) ? carried : undefined;
  }

  #advanceEpoch(author: string, commit: Commit, carried: PendingProposal[]) {
    const first = this.#epoch === 0;
    const before = first ? [author] : this.#inside();
    if (first) this.#seat(author);
    for (const { change } of carried)
      if (change.kind === 'remove') this.#unseat(change.leaf);
    const added = carried.flatMap(({ change }) =>
      change.kind === 'add' ? [change] : [],
    );
    for (const { userId } of added) this.#seat(userId);
    this.#proposed = [];
    this.#epoch++;
    const everybody = [...before, ...added.map(({ userId }) => userId)];
    const id = encodeU16(first ? 0 : this.#transitions.openTransition(everybody));
    const announced = Buffer.concat([id, commit.message]);
    return [
      ...encodeBinary(before, voiceOpcodes.announceCommit, announced),
      ...added.flatMap(({ userId, keyPackage }) => {
        const welcome = commit.welcome && selectWelcome(commit.welcome, keyPackage.ref);
        return welcome
          ? encodeBinary([userId], voiceOpcodes.welcome, Buffer.concat([id, welcome]))
          : [];
      }),
    ];
  }

  /**
   * Gives a person a leaf: the founder 0, everybody added the lowest free one (RFC 9420
   * section 7.7).
   */
  #seat(userId: string) {
    const person = this.#people.get(userId);
    if (!person) return;
    const free = this.#leaves.indexOf(undefined);
    const leaf = free < 0 ? this.#leaves.length : free;
    this.#leaves[leaf] = userId;
    person.leaf = leaf;
    person.keyPackage = undefined;
    person.isLost = false;
  }

  #unseat(leaf: number) {
    this.#leaves[leaf] = undefined;
    for (const person of this.#people.values())
      if (person.leaf === leaf) person.leaf = undefined;
  }

  /** Ids of the members that can commit. */
  #inside() {
    return [...this.#people].flatMap(([userId, { leaf, isLost }]) =>
      leaf === undefined || isLost ? [] : [userId],
    );
  }

  /** Finds the leaf index of a member. The founder of a group is leaf 0. */
  #leafOf(userId: string) {
    const person = this.#people.get(userId);
    if (this.#epoch === 0) return person?.keyPackage ? 0 : undefined;
    return person?.isLost ? undefined : person?.leaf;
  }

  #removes(leaf: number) {
    return this.#proposed.some(
      ({ change }) => change.kind === 'remove' && change.leaf === leaf,
    );
  }

  /**
   * Ends a group of fewer than two people. The last member inside has to give the group
   * up.
   */
  #disband() {
    if (this.#epoch === 0) return [];
    return [...encodeRestart(this.#inside()), ...this.#found()];
  }

  /**
   * Begins a new group of those with a key package, when nobody inside can commit any
   * more.
   */
  #found() {
    this.#forget();
    return [...this.#people].flatMap(([userId, { keyPackage }]) =>
      keyPackage ? this.#greetFounder(userId, keyPackage) : [],
    );
  }

  #forget() {
    this.#epoch = 0;
    this.#leaves = [];
    this.#proposed = [];
    for (const person of this.#people.values()) {
      person.leaf = undefined;
      person.isLost = false;
    }
  }

  /** Proposes a founder to the others, and repeats earlier proposals to the founder. */
  #greetFounder(userId: string, keyPackage: KeyPackage) {
    const earlier = this.#proposed.map(({ message }) => message);
    const others = this.#founders(userId);
    const greeting = earlier.length > 0 ? encodeMessages([userId], earlier) : [];
    return [
      ...this.#propose(others, [{ kind: 'add', userId, keyPackage }]),
      ...greeting,
    ];
  }

  #founders(butNot: string) {
    return this.#proposed.flatMap(({ change }) =>
      change.kind === 'add' && change.userId !== butNot ? [change.userId] : [],
    );
  }

  #propose(to: readonly string[], changes: readonly GroupChange[]) {
    this.#proposedAtMs = realClock.nowMs();
    const proposed = changes.map((change) => ({ ...this.#sign(change), change }));
    this.#proposed.push(...proposed);
    const messages = proposed.map(({ message }) => message);
    return encodeMessages(to, messages);
  }

  #sign(change: GroupChange) {
    if (change.kind === 'add') {
      return this.#sender.proposeAdd(this.#groupId, this.#epoch, change.keyPackage);
    }
    return this.#sender.proposeRemove(this.#groupId, this.#epoch, change.leaf);
  }

  /** Withdraws the proposal to add a person. */
  #withdraw(userId: string) {
    const add = this.#proposed.find(({ change }) => isAdding(change, userId));
    if (!add) return [];
    this.#proposed = this.#proposed.filter((one) => one !== add);
    const reported = this.#epoch === 0 ? this.#founders(userId) : this.#inside();
    return encodeBinary(
      reported,
      voiceOpcodes.proposals,
      Buffer.concat([encodeU8(1), encodeVector(encodeVector(add.ref))]),
    );
  }
}

function isAdding(change: GroupChange, userId: string) {
  return change.kind === 'add' && change.userId === userId;
}

function hasEveryWelcome(
  welcome: Welcome | undefined,
  carried: readonly PendingProposal[],
) {
  const due = carried.flatMap(({ change }) =>
    change.kind === 'add' ? [change.keyPackage.ref] : [],
  );
  const secrets = welcome?.secrets ?? [];
  if (secrets.length !== due.length) return false;
  return due.every((ref) =>
    secrets.some(({ keyPackageRef }) => keyPackageRef.equals(ref)),
  );
}

function encodeMessages(to: readonly string[], messages: readonly Buffer[]) {
  return encodeBinary(
    to,
    voiceOpcodes.proposals,
    Buffer.concat([encodeU8(0), encodeVector(...messages)]),
  );
}

function encodeRestart(to: readonly string[]) {
  return to.length === 0 ? [] : [encodeNewEpoch(to), encodeTransition(to, 1, 0)];
}

function encodeNewEpoch(to: readonly string[]) {
  const d = { protocol_version: 1, epoch: 1 };
  return { to, message: { op: voiceOpcodes.prepareEpoch, d } };
}

function encodeTransition(to: readonly string[], version: 0 | 1, id: number) {
  const d = { protocol_version: version, transition_id: id };
  return { to, message: { op: voiceOpcodes.prepareTransition, d } };
}

function encodeBinary(to: readonly string[], opcode: number, payload: Buffer) {
  return to.length === 0 ? [] : [{ to, message: { op: opcode, payload } }];
}

export type DaveSend = {
  readonly to: readonly string[];
  readonly message: VoiceMessage;
};

type Transition = {
  readonly asked: readonly string[];
  readonly waiting: Set<string>;
  readonly atMs: number;
};

/** After this time a transition is executed even if a member is not ready, as on Discord. */
const maxTransitionMs = 2000;

/** Changes of the end-to-end keys that were announced and are carried out once everybody is ready for them. */
function createDaveTransitions() {
  const present = new Map<number, Transition>();
  let last = 0;

  function markReady(userId: string, id: number) {
    const transition = present.get(id);
    if (!transition?.waiting.delete(userId)) return [];
    return transition.waiting.size === 0 ? [executeTransition(id, transition)] : [];
  }

  function executeTransition(id: number, { asked }: Transition) {
    present.delete(id);
    return {
      to: asked,
      message: { op: voiceOpcodes.executeTransition, d: { transition_id: id } },
    };
  }

  return {
    /** Opens a transition and returns its new id, 1 to 65535. */
    openTransition(asked: readonly string[]) {
      last = (last % 0xffff) + 1;
      present.set(last, {
        asked,
        waiting: new Set(asked),
        atMs: realClock.nowMs(),
      });
      return last;
    },
    markReady,

    /** Removes a person from all transitions, so that nobody waits for them. */
    dropPerson(userId: string) {
      return [...present.keys()].flatMap((id) => markReady(userId, id));
    },

    executeDue() {
      return [...present]
        .filter(([, { atMs }]) => realClock.nowMs() - atMs >= maxTransitionMs)
        .map(([id, transition]) => executeTransition(id, transition));
    },
  };
}
