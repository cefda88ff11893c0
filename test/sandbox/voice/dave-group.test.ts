import { expect, test } from 'vitest';
import { DaveGroup, type DaveStep } from '#sandbox/dave/dave-group.ts';
import { DaveMember } from '#sandbox/dave/dave-member.ts';
import type { DaveSend } from '#sandbox/dave/dave-transitions.ts';
import { op, type VoiceMessage } from '#sandbox/voice/voice-ops.ts';

const channelId = '222222222222222222';
const [ada, bob, cleo] = ['111111111111111111', '333333333333333333', '444444444444444444'];
const rules = { transitionMs: 1000, commitMs: 3000 };

/** A call without sockets: real members, and messages that arrive in the order they were sent. */
class Call {
  readonly group = new DaveGroup(channelId, rules);
  readonly members = new Map<string, DaveMember>();
  readonly seen: { readonly to: string; readonly op: number }[] = [];
  /** Damages or drops what a person is about to receive. */
  tamper: (to: string, message: VoiceMessage) => VoiceMessage | undefined = (_, message) => message;
  atMs = 0;
  #queue: (() => void)[] = [];

  join(userId: string): void {
    const member = new DaveMember(userId, channelId);
    this.members.set(userId, member);
    this.deliver(this.group.join(userId));
    this.answer(userId, [member.keyPackage()]);
  }

  leave(userId: string): void {
    this.members.delete(userId);
    this.deliver(this.group.leave(userId, this.atMs));
  }

  deliver(send: readonly DaveSend[]): void {
    const receptions = send.flatMap(({ to, message }) => to.map((userId) => ({ userId, message })));
    for (const { userId, message } of receptions) {
      this.seen.push({ to: userId, op: message.op });
      const arrived = this.tamper(userId, message);
      if (arrived) this.#next(() => this.answer(userId, this.#receive(userId, arrived)));
    }
  }

  answer(userId: string, messages: readonly VoiceMessage[]): void {
    for (const message of messages) this.#next(() => this.deliver(this.#serve(userId, message)));
  }

  #next(step: () => void): void {
    if (this.#queue.push(step) > 1) return;
    for (let at = 0; at < this.#queue.length; at++) this.#queue[at]?.();
    this.#queue = [];
  }

  #receive(userId: string, message: VoiceMessage): VoiceMessage[] {
    const member = this.members.get(userId);
    if (!member) return [];
    if ('payload' in message) {
      return member.handleBinary(message.op, Buffer.from(message.payload), this.members.keys());
    }
    const { epoch, transition_id: id } = message.d as { epoch: number; transition_id: number };
    if (message.op === op.prepareEpoch) return member.prepareEpoch(epoch);
    if (message.op === op.executeTransition) member.executeTransition(id);
    return message.op === op.prepareTransition ? member.prepareTransition(id) : [];
  }

  #serve(userId: string, message: VoiceMessage): readonly DaveSend[] {
    if ('payload' in message) {
      const take = message.op === op.keyPackage ? 'keyPackage' : 'commit';
      return sent(this.group[take](userId, message.payload, this.atMs));
    }
    if (message.op === op.invalidCommit) return this.group.invalid(userId);
    const { transition_id: id } = message.d as { transition_id: number };
    return this.group.ready(userId, id);
  }

  /** Whether each of these opens what each of the others says. */
  understands(...userIds: string[]): boolean {
    return userIds.every((from) =>
      userIds.every((to) => {
        const sealed = this.members.get(from)?.seal(Buffer.from([0x78, 1, 2, 3, 4, 5]));
        const opened = sealed && to !== from && this.members.get(to)?.open(from, sealed);
        return to === from || (opened && opened.kind === 'opened' && opened.sealed);
      }),
    );
  }

  settled(...userIds: string[]): boolean {
    return userIds.every((id) => this.members.get(id)?.holds(userIds.filter((one) => one !== id)));
  }
}

function sent(step: DaveStep): readonly DaveSend[] {
  expect(step.kind).toBe('taken');
  return step.kind === 'taken' ? step.send : [];
}

function callOf(...userIds: string[]): Call {
  const call = new Call();
  for (const userId of userIds) call.join(userId);
  return call;
}

test('one person alone is in no group', () => {
  const call = callOf(ada);
  expect(call.settled(ada)).toBe(false);
  expect(call.seen).toEqual([{ to: ada, op: op.externalSender }]);
});

test('two people found a group at once and understand each other', () => {
  const call = callOf(ada, bob);
  expect(call.settled(ada, bob)).toBe(true);
  expect(call.understands(ada, bob)).toBe(true);
  expect(call.seen.some((one) => one.op === op.executeTransition)).toBe(false);
});

test('a third person joins by a transition that everybody is ready for', () => {
  const call = callOf(ada, bob, cleo);
  expect(call.settled(ada, bob, cleo)).toBe(true);
  expect(call.understands(ada, bob, cleo)).toBe(true);
  expect(call.seen.filter((one) => one.op === op.executeTransition)).toHaveLength(3);
});

test('when somebody leaves, those who stay get new keys', () => {
  const call = callOf(ada, bob, cleo);
  call.leave(bob);
  expect(call.settled(ada, cleo)).toBe(true);
  expect(call.understands(ada, cleo)).toBe(true);
});

test('leaving and coming back ten times over keeps everybody understanding everybody', () => {
  const call = callOf(ada, bob, cleo);
  for (let round = 0; round < 10; round++) {
    const away = [ada, bob, cleo][round % 3] ?? ada;
    call.leave(away);
    call.join(away);
    expect(call.settled(ada, bob, cleo)).toBe(true);
    expect(call.understands(ada, bob, cleo)).toBe(true);
  }
});

test('the last one left gives the group up, and a new one begins with the next person', () => {
  const call = callOf(ada, bob);
  call.leave(bob);
  expect(call.members.get(ada)?.holds([])).toBe(false);
  expect(call.seen.slice(-2).map((one) => one.op)).toEqual([op.prepareEpoch, op.prepareTransition]);
  call.join(cleo);
  expect(call.understands(ada, cleo)).toBe(true);
});

test('somebody who leaves before the group is founded is taken back from the proposals', () => {
  const call = callOf(ada);
  call.tamper = (_, message) => (message.op === op.proposals ? undefined : message);
  call.join(bob);
  call.leave(bob);
  expect(call.seen.at(-1)).toEqual({ to: ada, op: op.proposals });
  call.tamper = (_, message) => message;
  call.join(cleo);
  expect(call.understands(ada, cleo)).toBe(true);
});

test('a damaged welcome is answered by letting the person in once more', () => {
  const call = callOf(ada, bob);
  let damaged = 0;
  call.tamper = (_, message) => {
    if (message.op !== op.welcome || !('payload' in message) || damaged++ > 0) return message;
    const payload = Buffer.from(message.payload);
    payload.writeUInt8(payload.readUInt8(payload.length - 1) ^ 0xff, payload.length - 1);
    return { ...message, payload };
  };
  call.join(cleo);
  expect(damaged).toBe(2);
  expect(call.understands(ada, bob, cleo)).toBe(true);
});

test('a person who says that the commit was unusable is let in once more', () => {
  const call = callOf(ada, bob, cleo);
  const lost = call.members.get(bob);
  call.answer(bob, [{ op: op.invalidCommit, d: { transition_id: 1 } }]);
  call.answer(bob, lost?.prepareEpoch(1) ?? []);
  expect(call.settled(ada, bob, cleo)).toBe(true);
  expect(call.understands(ada, bob, cleo)).toBe(true);
});

test('when everybody has lost the group, they found a new one', () => {
  const call = callOf(ada, bob, cleo);
  const people = [...call.members];
  for (const [id] of people) call.group.invalid(id);
  for (const [id, member] of people) call.answer(id, member.prepareEpoch(1));
  expect(call.understands(ada, bob, cleo)).toBe(true);
});

test('a transition is carried out without those who never get ready', () => {
  const call = callOf(ada, bob);
  call.tamper = (to, message) =>
    to === bob && message.op === op.announceCommit ? undefined : message;
  call.join(cleo);
  expect(call.seen.some((one) => one.op === op.executeTransition)).toBe(false);
  const late = call.group.tick(rules.transitionMs);
  expect(late).toMatchObject([{ message: { op: op.executeTransition } }]);
});

test('when nobody commits, everybody starts over', () => {
  const call = callOf(ada, bob);
  call.tamper = (_, message) => (message.op === op.proposals ? undefined : message);
  call.join(cleo);
  call.tamper = (_, message) => message;
  call.deliver(call.group.tick(rules.commitMs));
  expect(call.understands(ada, bob, cleo)).toBe(true);
});

test('bytes that are no key package and no commit are refused', () => {
  const call = callOf(ada, bob);
  const other = new DaveMember(cleo, channelId).keyPackage();
  const stolen = 'payload' in other ? other.payload : Buffer.alloc(0);
  for (const bytes of [Buffer.alloc(0), Buffer.of(7), Buffer.alloc(400, 0x41), stolen]) {
    expect(call.group.keyPackage(ada, bytes, 0).kind).toBe('refused');
    expect(call.group.commit(ada, bytes, 0).kind).toBe('refused');
  }
  expect(call.understands(ada, bob)).toBe(true);
});

test('a key package with one wrong bit anywhere is refused', () => {
  const call = callOf(ada);
  const own = new DaveMember(ada, channelId).keyPackage();
  const whole = Buffer.from('payload' in own ? own.payload : []);
  for (let at = 0; at < whole.length; at += 7) {
    const bent = Buffer.from(whole);
    bent.writeUInt8(bent.readUInt8(at) ^ 1, at);
    expect(call.group.keyPackage(ada, bent, 0).kind).toBe('refused');
  }
});
