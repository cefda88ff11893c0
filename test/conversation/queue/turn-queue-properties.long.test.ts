import { expect, test } from 'vitest';
import type { AskOutcome } from '#src/conversation/ports/command-ports.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { fc, runs } from '#test/properties.ts';

const ben: ChannelMember = { id: 'ben', name: 'Ben', isBot: false, roleIds: [] };
const people = [adam, eva, ben];

type PlotAct = {
  readonly what:
    | 'ask'
    | 'speak'
    | 'say'
    | 'stop'
    | 'go'
    | 'come'
    | 'no'
    | 'mute'
    | 'unmute'
    | 'lose';
  readonly who: number;
  /** Index of one of a few questions, so that some are the same. */
  readonly words: number;
  readonly thenMs: number;
};

const anyAct: fc.Arbitrary<PlotAct> = fc.record({
  what: fc.constantFrom(
    ...(['ask', 'ask', 'ask', 'ask', 'speak', 'speak', 'say'] as const),
    ...(['stop', 'go', 'come', 'no', 'mute', 'unmute', 'lose'] as const),
  ),
  who: fc.nat(2),
  words: fc.nat(3),
  thenMs: fc.oneof(fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 25_000 })),
});
const acts = fc.array(anyAct, { minLength: 3, maxLength: 9 });
const round: fc.Arbitrary<readonly ChatStep[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(['A short answer.']) },
  {
    weight: 2,
    arbitrary: fc.constant(['A longer answer comes here. It has more than one sentence.']),
  },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 0, max: 60_000 }).map((waitMs) => [{ waitMs }, 'Late.']),
  },
  { weight: 1, arbitrary: fc.constant(['stall' as const]) },
  { weight: 1, arbitrary: fc.constant([]) },
);
const rounds = fc.array(round, { minLength: 1, maxLength: 6 });

/** Runs of each test; a failure is printed with its seed. */
const numRuns = runs(8);
const timeout = 120_000;
/** After five minutes an answer is given up, and then somebody has to be told. */
const longestMs = 330_000;

async function open(script: readonly (readonly ChatStep[])[]) {
  const clock = new VirtualClock();
  const chat = new FakeChat(script, clock);
  const synthesizer = new FakeSynthesizer({ clock, firstMs: 60 });
  const pipeline = chained({ chat, synthesizer });
  const parts = { pipeline, synthesizer, consent: { policy: 'notice' } } as const;
  const fixture = openSessionFixture(parts, people, clock);
  await fixture.sessions.join(lounge, 'adam');
  return { ...fixture, chat, synthesizer, reported: [] as Promise<AskOutcome>[] };
}

type OpenQueue = Awaited<ReturnType<typeof open>>;

async function act(fixture: OpenQueue, { what, who, words: n, thenMs }: PlotAct): Promise<void> {
  const { clock, linkOpener, privacy, sessions, talk, reported } = fixture;
  const person = people[who] ?? adam;
  if (what === 'ask') reported.push(talk.ask('g', `Tell me about thing ${n}.`, person, 'voice'));
  if (what === 'say') await talk.say('g', 'A text that is read out.', 'queue');
  if (what === 'stop') talk.stop('g');
  if (what === 'no') await privacy.deny('g', person.id);
  if (what === 'mute' || what === 'unmute')
    sessions.news('g', { kind: 'muted', on: what === 'mute' });
  if (what === 'lose') linkOpener.link.lose();
  if (what === 'go' || what === 'come') present(fixture, person, what === 'come');
  const packets = what === 'speak' ? await words('human-goforward', person, clock.nowMs()) : [];
  await pass(fixture, what === 'speak' ? thenMs + 3_000 : thenMs, packets);
}

/** Adam stays, so that the bot does. */
function present({ linkOpener }: SessionFixture, person: ChannelMember, isThere: boolean): void {
  const there = people.filter(
    (one) => one === adam || (one === person ? isThere : linkOpener.link.present.includes(one)),
  );
  for (const list of [linkOpener.people, linkOpener.link.present])
    list.splice(0, list.length, ...there);
}

async function check(holds: (fixture: OpenQueue, script: readonly PlotAct[]) => Promise<void>) {
  await fc.assert(
    fc.asyncProperty(acts, rounds, async (script, model) => {
      const fixture = await open(model);
      await holds(fixture, script);
      expect(fixture.of('failed').filter(({ code }) => code === 'bug')).toEqual([]);
      await fixture.sessions.leave('g');
      await fixture.clock.advance(20);
      expect([fixture.chat.running, fixture.synthesizer.running]).toEqual([0, 0]);
      // The conversation alone is remembered, for 15 minutes.
      expect(fixture.clock.sleeping).toBeLessThanOrEqual(1);
      await fixture.clock.advance(15 * 60_000);
      expect(fixture.clock.sleeping).toBe(0);
    }),
    { numRuns },
  );
}

test('whatever happens, the queue is freed, and nobody waits for ever', { timeout }, async () => {
  await check(async (fixture, script) => {
    for (const one of script) await act(fixture, one);
    fixture.sessions.news('g', { kind: 'muted', on: false });
    await pass(fixture, longestMs);
    const queue = fixture.sessions.session('g')?.context.queue;
    expect(queue?.isFree).toBe(true);
    expect([fixture.chat.running, fixture.synthesizer.running]).toEqual([0, 0]);
    await Promise.all(fixture.reported);
  });
});

test('nothing is spoken after a stop until somebody asks again', { timeout }, async () => {
  await check(async (fixture, script) => {
    for (const one of script) await act(fixture, one);
    await pass(fixture, 3_000); // what was said last is understood by now
    fixture.talk.stop('g');
    await pass(fixture, 60);
    const { links } = fixture.linkOpener;
    const sent = () => links.reduce((sum, link) => sum + link.sent, 0);
    const before = sent();
    await pass(fixture, 90_000);
    expect(sent()).toBe(before);
    await Promise.all(fixture.reported);
  });
});

test('nobody is answered twice, and an answer names nobody but who asked', {
  timeout,
}, async () => {
  await check(async (fixture, script) => {
    for (const one of script) await act(fixture, one);
    await pass(fixture, longestMs);
    const answered = fixture.of('answered').filter(({ typed }) => typed);
    expect(answered.length).toBeLessThanOrEqual(fixture.reported.length);
    for (const { heardText } of answered) {
      const [called] = /^(?:(?:Adam|Eva|Ben)(?: and |, ))*/.exec(heardText) ?? [''];
      expect(heardText.slice(called.length)).not.toMatch(/^(Adam|Eva|Ben)\b/);
    }
    for (const { heardText } of answered) {
      const together = answered.filter((one) => one.heardText === heardText);
      const start = heardText.slice(0, 40);
      if (!/^(Adam|Eva|Ben)( and|,)/.test(heardText)) continue;
      expect(together.some(({ name }) => start.includes(name))).toBe(true);
    }
  });
});
