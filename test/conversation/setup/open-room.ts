import { expect } from 'vitest';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { getPhase } from '#src/conversation/machine/draft.ts';
import type { UtteranceState } from '#src/conversation/machine/state.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from './session-fixture.ts';

/** One sentence that sounds for several seconds. */
export const longSentence =
  'One long sentence that goes on for a while and then some more.';

/** A room in which these people have agreed and the bot has greeted them. */
export async function openRoom(
  overrides: FixtureOptions = {},
  people = [adam, eva],
  clock = new VirtualClock(),
) {
  const synthesizer = new FakeSynthesizer();
  const fixture = Object.assign(
    openSessionFixture({ synthesizer, ...overrides }, people, clock),
    {
      listSpoken: () => synthesizer.texts,
    },
  );
  for (const { id } of people)
    await fixture.consents.write(toGuildId('g'), id, { kind: 'always' });
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 6_000);
  return fixture;
}

/** A room in which words take 120 ms, and the first word of a model that says `answer` 250 ms. */
export async function openSlowRoom(answer: string) {
  const clock = new VirtualClock();
  const recogniseText = () => 'what is the capital';
  const transcriber = new FakeTranscriber({ texts: recogniseText, tookMs: 120, clock });
  const prompts: string[][] = [];
  const chat: ChatModel = {
    async *reply(messages, _tools, signal) {
      const chatMessages = messages.filter(({ role }) => role !== 'system');
      prompts.push(chatMessages.map(({ content }) => content));
      await clock.sleep(250, signal);
      if (answer !== '') yield { kind: 'text', text: answer };
    },
  };
  const fixture = await openRoom({ transcriber, chat }, [adam, eva], clock);
  return Object.assign(fixture, { prompts });
}

export function getTalk({ sessions }: SessionFixture) {
  return sessions.findSession(toGuildId('g'))?.loop ?? expect.fail('no session');
}

/** Phase of what has the floor; undefined where nothing has it. */
export function floorPhase(fixture: SessionFixture) {
  const { state } = getTalk(fixture);
  return state.turnQueue.current && getPhase(state.turnQueue.current, state);
}

/** Person whose question has the floor. */
export function findAnsweredPerson(fixture: SessionFixture): string | undefined {
  const { turnQueue, turns } = getTalk(fixture).state;
  return turns.find(({ id }) => id === turnQueue.current?.id)?.by;
}

/** Utterances without a decision. */
export function listOpenUtterances(fixture: SessionFixture): readonly UtteranceState[] {
  return getTalk(fixture).state.turns.flatMap(({ openSpeech }) => openSpeech);
}

/** Lets time pass, with these packets on the way, until something is so. */
export async function passUntil(
  fixture: SessionFixture,
  isSo: () => boolean,
  packets: readonly Packet[] = [],
) {
  const { clock } = fixture;
  const untilMs = clock.nowMs() + 20_000;
  while (!isSo() && clock.nowMs() < untilMs) {
    const nowMs = clock.nowMs();
    const due = packets.filter(({ atMs }) => atMs > nowMs && atMs <= nowMs + 20);
    await passTime(fixture, 20, due);
  }
  expect(isSo()).toBe(true);
}

/** These people stay; the others have left. */
export function setPresent(
  { linkOpener }: SessionFixture,
  ...people: readonly (typeof adam)[]
) {
  for (const list of [linkOpener.people, linkOpener.link.present])
    list.splice(0, list.length, ...people);
}

/** Discord confirms that a lost link was left only after this time. */
export function closeLinksSlowly({ clock, linkOpener }: SessionFixture, ms: number) {
  const { link } = linkOpener;
  const close = link[Symbol.asyncDispose].bind(link);
  link[Symbol.asyncDispose] = async () => {
    await clock.sleep(ms, new AbortController().signal);
    await close();
  };
}
