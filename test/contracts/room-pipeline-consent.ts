import { expect, test } from 'vitest';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import { textOf } from '#test/session/setup/sayings.ts';
import { openServed, type Served } from '#test/session/setup/served-session.ts';
import { adam, eva, lounge } from '#test/session/setup/session-fixture.ts';
import { inMind, listening, quietFrom, replies } from './room-pipeline-scenes.ts';

/** Who is heard by whatever answers a room, and what is left of it, with real servers behind that. */
export function roomConsentContract(name: PipelineName): void {
  consentContract(name);
  takingBackContract(name);
  withdrawalContract(name);
  leavingContract(name);
}

function consentContract(name: PipelineName): void {
  test(`${name}: sound of somebody who did not agree reaches no server`, async () => {
    await using room = await openServed(name, { replies });
    await room.say('capital', eva);
    await room.pass(2_000);
    expect(soundMs(room)).toBe(0);
    const told = ['models', 'speech']; // what the bot says of itself
    const sent = room.providers.requests.filter(({ endpoint }) => !told.includes(endpoint));
    expect(sent).toEqual([]);
    const both = [await room.packets('forward', adam), await room.packets('capital', eva)];
    await room.pass(4_000, both.flat());
    await room.until(() => room.fixture.of('answered').length > 0, 'an answer');
    expect(room.heard.join(' ')).not.toMatch(/what|capital|france/);
    expect(room.heard).toContain(textOf('forward'));
    expect(JSON.stringify(room.providers.requests)).not.toContain('Eva');
    expect(room.shown).toEqual([`user: Adam: ${textOf('forward')}`]);
  });

  test(`${name}: what is said to others reaches nobody who answers`, async () => {
    await using room = await openServed(name, { replies, addressing: 'auto' });
    await room.say('forward');
    await room.settle();
    expect(room.fixture.of('ignored')).toMatchObject([{ why: 'not-named' }]);
    expect([room.asked, room.spending.bills, inMind(room)]).toEqual([[], [], []]);
    expect(room.providers.talk.calls.map((call) => call.soundMs)).toEqual([]);
    room.fixture.talk.openFloor('g', 'adam');
    await room.ask('capital');
    expect(room.shown).toEqual([`user: Adam: ${textOf('capital')}`]);
  });
}

function takingBackContract(name: PipelineName): void {
  test(`${name}: a no in the middle of a sentence takes back what was heard of it`, async () => {
    await using room = await openServed(name, { replies, people: [adam] });
    await room.say('forward', adam, 1_200);
    if (name === 'realtime') expect(soundMs(room)).toBeGreaterThan(300);
    const rest = await room.packets('forward', adam);
    await room.fixture.privacy.deny('g', 'adam');
    const before = room.providers.requests.length;
    await room.pass(1_500, rest);
    await room.settle();
    expect(room.providers.requests.slice(before)).toEqual([]);
    expect([room.fixture.of('answered'), room.running]).toEqual([[], []]);
    const calls = room.providers.talk.calls.map(({ bufferMs, items, commits }) => ({
      bufferMs,
      items,
      commits,
    }));
    for (const call of calls) expect(call).toEqual({ bufferMs: 0, items: [], commits: [] });
    await room.fixture.privacy.allow('g', 'adam', 'always');
    await room.ask('capital');
    expect(room.shown).toEqual([`user: Adam: ${textOf('capital')}`]);
  });
}

function withdrawalContract(name: PipelineName): void {
  test(`${name}: what was said is forgotten with a no, and the next request does not carry it`, async () => {
    await using room = await openServed(name, { replies });
    await room.fixture.sessions.join(lounge, 'eva');
    await room.ask('forward', adam);
    await room.ask('capital', eva);
    await room.fixture.privacy.deny('g', 'adam');
    await room.ask('louder', eva);
    expect(room.shown).toEqual([
      `user: Eva: ${textOf('capital')}`,
      'assistant: Paris.',
      `user: Eva: ${textOf('louder')}`,
    ]);
  });
}

function leavingContract(name: PipelineName): void {
  test(`${name}: after a no there is nothing of it with any server that remembers`, async () => {
    await using room = await openServed(name, { replies });
    await room.ask('forward');
    await room.fixture.privacy.deny('g', 'adam');
    await room.settle();
    expect(inMind(room)).toEqual([]);
    await room.fixture.privacy.allow('g', 'adam', 'always');
    await room.ask('capital');
    expect(room.shown).toEqual([`user: Adam: ${textOf('capital')}`]);
  });

  test(`${name}: a no in the middle of the answer ends it, and leaves nothing of both`, async () => {
    await using room = await listening(name);
    await room.fixture.privacy.deny('g', 'adam');
    await quietFrom(room);
    expect([room.fixture.of('answered'), inMind(room)]).toEqual([[], []]);
  });

  test(`${name}: whoever is being answered is, although somebody else says no`, async () => {
    await using room = await openServed(name, { replies });
    await room.fixture.sessions.join(lounge, 'eva');
    await room.ask('capital', eva);
    await room.say('forward');
    await room.until(() => room.soundedMs(400) > 300, 'the beginning of an answer');
    await room.fixture.privacy.deny('g', 'eva');
    await room.until(() => room.fixture.of('answered').length === 2, 'all of it');
    expect(room.fixture.of('answered').at(-1)).toMatchObject({ heardText: 'Ten meters it is.' });
    await room.settle();
    expect(inMind(room).join()).not.toContain('capital');
    await room.ask('louder');
    expect(room.shown).toEqual([
      `user: Adam: ${textOf('forward')}`,
      'assistant: Ten meters it is.',
      `user: Adam: ${textOf('louder')}`,
    ]);
  });

  test(`${name}: after the goodbye nothing is under way, and nobody is connected to`, async () => {
    await using room = await listening(name);
    await room.fixture.sessions.leave('g');
    await room.settle();
    expect([room.running, inMind(room), room.providers.talk.open]).toEqual([[], [], 0]);
  });
}

/** All that was sent while somebody spoke, or as a recording. */
function soundMs({ heard, providers }: Served): number {
  const { talk } = providers;
  return talk.calls.reduce((sum, call) => sum + call.soundMs, 0) + heard.length;
}
