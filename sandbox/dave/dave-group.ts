import { type VoiceMessage, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import { realClock } from '#src/base/clock.ts';
import {
  type ChannelId,
  type PersonId,
  toChannelId,
  toPersonId,
} from '#src/base/ids.ts';
import { DaveMember } from './dave-member.ts';
import { encodeU8, encodeU16, encodeU64, encodeVector } from './mls-bytes.ts';
import {
  type Commit,
  ExternalSender,
  type KeyPackage,
  type Proposal,
  readCommit,
  readKeyPackage,
  selectWelcome,
  type Welcome,
} from './mls-messages.ts';

/** With proposals uncommitted for this long, everybody starts over. */
const maxCommitMs = 5000;
const strangerId = toPersonId('1');

type GroupMember = {
  /** Offered and not yet carried into the group. */
  keyPackage: KeyPackage | undefined;
  /** Leaf index of a member inside the group. */
  leaf: number | undefined;
  /** The member reported a broken group, and waits to be added again. */
  isLost: boolean;
};
type GroupChange =
  | { readonly kind: 'add'; readonly userId: PersonId; readonly keyPackage: KeyPackage }
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
  readonly #groupId: Buffer;
  readonly #sender = new ExternalSender();
  readonly #members = new Map<PersonId, GroupMember>();
  readonly #transitions = new DaveTransitions();
  #epoch = 0;
  #leaves: (PersonId | undefined)[] = [];
  #pendingProposals: PendingProposal[] = [];
  #proposedAtMs = 0;

  constructor(channelId: ChannelId) {
    this.#groupId = encodeU64(BigInt(channelId));
  }

  /** Adds a person, once the voice server has described the session. */
  join(userId: PersonId): readonly DaveSend[] {
    this.#members.set(userId, {
      keyPackage: undefined,
      leaf: undefined,
      isLost: false,
    });
    return encodeBinary(
      [userId],
      voiceOpcodes.externalSender,
      this.#sender.introduction,
    );
  }

  /** Removes a person. Proposes the removal to the others, or begins anew when nobody inside can commit. */
  leave(userId: PersonId): readonly DaveSend[] {
    const person = this.#members.get(userId);
    if (!person) return [];
    const send = [
      ...this.#withdrawProposal(userId),
      ...this.#transitions.dropPerson(userId),
    ];
    this.#members.delete(userId);
    if (this.#members.size < 2) return [...send, ...this.#disbandGroup()];
    if (person.leaf === undefined) return send;
    const committers = this.#listCommitters();
    if (committers.length === 0) return [...send, ...this.#beginGroup()];
    return [
      ...send,
      ...this.#proposeChanges(committers, [{ kind: 'remove', leaf: person.leaf }]),
    ];
  }

  /**
   * Receives a key package (op 26), which a member of the group sends to enter anew.
   * Undefined if the bytes are no key package of this person.
   */
  receiveKeyPackage(
    userId: PersonId,
    payload: Uint8Array,
  ): readonly DaveSend[] | undefined {
    const person = this.#members.get(userId);
    const keyPackage = readKeyPackage(payload);
    if (!person || keyPackage?.userId !== userId) return undefined;
    const send = this.#withdrawProposal(userId);
    person.keyPackage = keyPackage;
    person.isLost = person.leaf !== undefined;
    if (this.#epoch === 0) return [...send, ...this.#greetFounder(userId, keyPackage)];
    const committers = this.#listCommitters();
    if (committers.length === 0) return this.#beginGroup();
    const changes: GroupChange[] = [{ kind: 'add', userId, keyPackage }];
    const { leaf } = person;
    if (leaf !== undefined && !this.#isRemovalProposed(leaf))
      changes.unshift({ kind: 'remove', leaf });
    return [...send, ...this.#proposeChanges(committers, changes)];
  }

  /** Receives a commit (op 28). The first that carries out exactly the pending proposals makes the next epoch, and a late one changes nothing. Gives undefined for malformed bytes. */
  receiveCommit(
    userId: PersonId,
    payload: Uint8Array,
  ): readonly DaveSend[] | undefined {
    const commit = readCommit(payload);
    if (!commit) return undefined;
    const carried = this.#findCarried(userId, commit);
    return carried ? this.#advanceEpoch(userId, commit, carried) : [];
  }

  /**
   * Notes that a person could not follow a transition (op 31). A key package follows.
   */
  receiveInvalidCommit(userId: PersonId): readonly DaveSend[] {
    const person = this.#members.get(userId);
    if (person?.leaf !== undefined) person.isLost = true;
    return this.#transitions.dropPerson(userId);
  }

  /**
   * Proposes to one person alone to add a person outside the call, as a fault for
   * tests.
   */
  proposeStranger(userId: PersonId): readonly DaveSend[] {
    const channelId = toChannelId(`${this.#groupId.readBigUInt64BE()}`);
    const stranger = new DaveMember(strangerId, channelId);
    const keyPackage = readKeyPackage(stranger.makeKeyPackage().payload);
    if (!keyPackage) return [];
    return encodeMessages(
      [userId],
      [this.#signChange({ kind: 'add', userId: strangerId, keyPackage }).message],
    );
  }

  /**
   * Ends encryption (0), or makes everybody found a group again (1), as a fault for
   * tests.
   */
  changeVersion(version: 0 | 1): readonly DaveSend[] {
    const everybody = [...this.#members.keys()];
    this.#resetGroup();
    for (const person of this.#members.values()) person.keyPackage = undefined;
    if (version === 1) return [encodeNewEpoch(everybody)];
    const id = this.#transitions.openTransition(everybody);
    return [encodeTransition(everybody, version, id)];
  }

  /** Notes that a person is ready for a transition (op 23). */
  markReady(userId: PersonId, transitionId: number): readonly DaveSend[] {
    return this.#transitions.markReady(userId, transitionId);
  }

  /**
   * Returns the messages due now: those of transitions, and a new start when proposals
   * stay uncommitted.
   */
  tick(): readonly DaveSend[] {
    const send = this.#transitions.executeDue();
    const isStuck = this.#pendingProposals.length > (this.#epoch === 0 ? 1 : 0);
    if (!isStuck || realClock.nowMs() - this.#proposedAtMs < maxCommitMs) return send;
    this.#resetGroup();
    for (const person of this.#members.values()) person.keyPackage = undefined;
    return [...send, ...encodeRestart([...this.#members.keys()])];
  }

  /**
   * Finds the pending proposals that `commit` carries out, in the order of the commit.
   * Undefined unless all are carried out.
   */
  #findCarried(userId: PersonId, commit: Commit) {
    if (!commit.groupId.equals(this.#groupId) || commit.epoch !== BigInt(this.#epoch))
      return;
    if (commit.inline || commit.authorLeaf !== this.#findLeaf(userId)) return;
    const due = this.#pendingProposals.filter(
      ({ change }) => !isAdding(change, userId),
    );
    const carried = commit.refs.flatMap(
      (ref) => due.find((proposal) => proposal.ref.equals(ref)) ?? [],
    );
    const isWhole =
      carried.length === commit.refs.length && new Set(carried).size === due.length;
    if (due.length === 0 || !isWhole) return;
    return hasEveryWelcome(commit.welcome, carried) ? carried : undefined;
  }

  #advanceEpoch(authorId: PersonId, commit: Commit, carried: PendingProposal[]) {
    const isFirst = this.#epoch === 0;
    const presentIds = isFirst ? [authorId] : this.#listCommitters();
    if (isFirst) this.#assignLeaf(authorId);
    for (const { change } of carried)
      if (change.kind === 'remove') this.#freeLeaf(change.leaf);
    const added = carried.flatMap(({ change }) =>
      change.kind === 'add' ? [change] : [],
    );
    for (const { userId } of added) this.#assignLeaf(userId);
    this.#pendingProposals = [];
    this.#epoch++;
    const everybody = [...presentIds, ...added.map(({ userId }) => userId)];
    const id = encodeU16(isFirst ? 0 : this.#transitions.openTransition(everybody));
    const announced = Buffer.concat([id, commit.message]);
    return [
      ...encodeBinary(presentIds, voiceOpcodes.announceCommit, announced),
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
  #assignLeaf(userId: PersonId) {
    const person = this.#members.get(userId);
    if (!person) return;
    const free = this.#leaves.indexOf(undefined);
    const leaf = free < 0 ? this.#leaves.length : free;
    this.#leaves[leaf] = userId;
    person.leaf = leaf;
    person.keyPackage = undefined;
    person.isLost = false;
  }

  #freeLeaf(leaf: number) {
    this.#leaves[leaf] = undefined;
    for (const person of this.#members.values())
      if (person.leaf === leaf) person.leaf = undefined;
  }

  /** Ids of the members that can commit. */
  #listCommitters() {
    return [...this.#members].flatMap(([userId, { leaf, isLost }]) =>
      leaf === undefined || isLost ? [] : [userId],
    );
  }

  /** Finds the leaf index of a member. The founder of a group is leaf 0. */
  #findLeaf(userId: PersonId) {
    const person = this.#members.get(userId);
    if (this.#epoch === 0) return person?.keyPackage ? 0 : undefined;
    return person?.isLost ? undefined : person?.leaf;
  }

  #isRemovalProposed(leaf: number) {
    return this.#pendingProposals.some(
      ({ change }) => change.kind === 'remove' && change.leaf === leaf,
    );
  }

  /**
   * Ends a group of fewer than two people. The last member inside has to give the group
   * up.
   */
  #disbandGroup() {
    if (this.#epoch === 0) return [];
    return [...encodeRestart(this.#listCommitters()), ...this.#beginGroup()];
  }

  /**
   * Begins a new group of those with a key package, when nobody inside can commit any
   * more.
   */
  #beginGroup() {
    this.#resetGroup();
    return [...this.#members].flatMap(([userId, { keyPackage }]) =>
      keyPackage ? this.#greetFounder(userId, keyPackage) : [],
    );
  }

  #resetGroup() {
    this.#epoch = 0;
    this.#leaves = [];
    this.#pendingProposals = [];
    for (const person of this.#members.values()) {
      person.leaf = undefined;
      person.isLost = false;
    }
  }

  /** Proposes a founder to the others, and repeats earlier proposals to the founder. */
  #greetFounder(userId: PersonId, keyPackage: KeyPackage) {
    const earlierMessages = this.#pendingProposals.map(({ message }) => message);
    const otherIds = this.#listFounders(userId);
    const greeting =
      earlierMessages.length > 0 ? encodeMessages([userId], earlierMessages) : [];
    return [
      ...this.#proposeChanges(otherIds, [{ kind: 'add', userId, keyPackage }]),
      ...greeting,
    ];
  }

  #listFounders(exceptId: PersonId) {
    return this.#pendingProposals.flatMap(({ change }) =>
      change.kind === 'add' && change.userId !== exceptId ? [change.userId] : [],
    );
  }

  #proposeChanges(to: readonly PersonId[], changes: readonly GroupChange[]) {
    this.#proposedAtMs = realClock.nowMs();
    const proposed = changes.map((change) => ({ ...this.#signChange(change), change }));
    this.#pendingProposals.push(...proposed);
    const messages = proposed.map(({ message }) => message);
    return encodeMessages(to, messages);
  }

  #signChange(change: GroupChange) {
    if (change.kind === 'add') {
      return this.#sender.proposeAdd(this.#groupId, this.#epoch, change.keyPackage);
    }
    return this.#sender.proposeRemove(this.#groupId, this.#epoch, change.leaf);
  }

  /** Withdraws the proposal to add a person. */
  #withdrawProposal(userId: PersonId) {
    const add = this.#pendingProposals.find(({ change }) => isAdding(change, userId));
    if (!add) return [];
    this.#pendingProposals = this.#pendingProposals.filter(
      (proposal) => proposal !== add,
    );
    const informedIds =
      this.#epoch === 0 ? this.#listFounders(userId) : this.#listCommitters();
    return encodeBinary(
      informedIds,
      voiceOpcodes.proposals,
      Buffer.concat([encodeU8(1), encodeVector(encodeVector(add.ref))]),
    );
  }
}

function isAdding(change: GroupChange, userId: PersonId) {
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

function encodeMessages(to: readonly PersonId[], messages: readonly Buffer[]) {
  return encodeBinary(
    to,
    voiceOpcodes.proposals,
    Buffer.concat([encodeU8(0), encodeVector(...messages)]),
  );
}

function encodeRestart(to: readonly PersonId[]) {
  return to.length === 0 ? [] : [encodeNewEpoch(to), encodeTransition(to, 1, 0)];
}

function encodeNewEpoch(to: readonly PersonId[]) {
  const d = { protocol_version: 1, epoch: 1 };
  return { to, message: { op: voiceOpcodes.prepareEpoch, d } };
}

function encodeTransition(to: readonly PersonId[], version: 0 | 1, id: number) {
  const d = { protocol_version: version, transition_id: id };
  return { to, message: { op: voiceOpcodes.prepareTransition, d } };
}

function encodeBinary(to: readonly PersonId[], opcode: number, payload: Buffer) {
  return to.length === 0 ? [] : [{ to, message: { op: opcode, payload } }];
}

/** One message of the group, and the people it goes to. */
export type DaveSend = {
  readonly to: readonly PersonId[];
  readonly message: VoiceMessage;
};

type Transition = {
  /** People who were told of the transition. */
  readonly memberIds: readonly PersonId[];
  /** Those of them who are not ready yet. */
  readonly waitingIds: Set<PersonId>;
  readonly atMs: number;
};

/** After this time a transition is executed even if a member is not ready, as on Discord. */
const maxTransitionMs = 2000;

/** Changes of the end-to-end keys that were announced and are carried out once everybody is ready for them. */
class DaveTransitions {
  readonly #transitions = new Map<number, Transition>();
  #lastId = 0;

  /** Opens a transition and returns its new id, 1 to 65535. */
  openTransition(memberIds: readonly PersonId[]): number {
    this.#lastId = (this.#lastId % 0xffff) + 1;
    this.#transitions.set(this.#lastId, {
      memberIds,
      waitingIds: new Set(memberIds),
      atMs: realClock.nowMs(),
    });
    return this.#lastId;
  }

  /** Notes that a person is ready. The last one brings the message that executes the transition. */
  markReady(userId: PersonId, id: number): readonly DaveSend[] {
    const transition = this.#transitions.get(id);
    if (!transition?.waitingIds.delete(userId)) return [];
    return transition.waitingIds.size === 0
      ? [this.#executeTransition(id, transition)]
      : [];
  }

  /** Removes a person from all transitions, so that nobody waits for that person. */
  dropPerson(userId: PersonId): readonly DaveSend[] {
    return [...this.#transitions.keys()].flatMap((id) => this.markReady(userId, id));
  }

  /** Executes the transitions that were open for 2 s, even if a member is not ready. */
  executeDue(): readonly DaveSend[] {
    return [...this.#transitions]
      .filter(([, { atMs }]) => realClock.nowMs() - atMs >= maxTransitionMs)
      .map(([id, transition]) => this.#executeTransition(id, transition));
  }

  #executeTransition(id: number, { memberIds }: Transition) {
    this.#transitions.delete(id);
    return {
      to: memberIds,
      message: { op: voiceOpcodes.executeTransition, d: { transition_id: id } },
    };
  }
}
