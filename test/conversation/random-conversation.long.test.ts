import { expect, test } from 'vitest';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { answerNumber, type Mood } from '#test/conversation/setup/flaky-engines.ts';
import {
  isCalm,
  openRandomConversation,
  type Plot,
  type RandomConversation,
  runConversation,
} from '#test/conversation/setup/random-conversation.ts';
import { perfect } from '#test/conversation/setup/random-crowd.ts';
import { act, pause, plot, talk } from '#test/conversation/setup/random-plots.ts';
import { fc, runs } from '#test/properties.ts';

const swift = fc.array(
  fc.record({ tookMs: fc.integer({ min: 0, max: 700 }), end: fc.constant('fine' as const) }),
  { minLength: 1, maxLength: 4 },
);
const alone: fc.Arbitrary<Plot> = fc.record({
  scripts: fc.tuple(fc.array(fc.oneof(talk, pause), { minLength: 2, maxLength: 6 })),
  network: fc.constant(perfect),
  recogniser: swift,
  model: swift,
  voice: swift,
  listens: fc.boolean(),
  addressing: fc.constantFrom('always', 'auto'),
  lostAtMs: fc.option(fc.integer({ min: 500, max: 6_000 }), { nil: undefined }),
});
/** The first one talks, says no at some time, and perhaps yes again. */
const withNo = fc.tuple(plot, fc.array(act, { maxLength: 4 })).map(([one, more]): Plot => {
  const [first = [], ...rest] = one.scripts;
  return { ...one, scripts: [[...first, { kind: 'no' }, ...more], ...rest] };
});

const fine: Mood = { tookMs: 0, end: 'fine' };
/** The no comes while the first half of a question is still recognised, and the second half has stopped waiting for it. */
const noBetweenHalves: Plot = {
  scripts: [
    [
      { kind: 'talk', ms: 1_501, frames: 5 },
      { kind: 'talk', ms: 201, frames: 5 },
      { kind: 'pause', ms: 670 },
      { kind: 'no' },
    ],
  ],
  network: { seed: 683_474, lost: 0, doubled: 0, late: 0.1 },
  recogniser: [fine, { tookMs: 1_101, end: 'fine' }, fine],
  model: [fine],
  voice: [fine],
  listens: true,
  addressing: 'always',
  lostAtMs: 501,
};

/** A sound without a voice, and then the rest of a question, while its first half is still recognised. */
const soundBetweenHalves: Plot = {
  scripts: [
    [
      { kind: 'talk', ms: 601, frames: 0 },
      { kind: 'talk', ms: 221, frames: 5 },
      { kind: 'pause', ms: 190 },
      { kind: 'talk', ms: 141, frames: 5 },
    ],
  ],
  network: perfect,
  recogniser: [{ tookMs: 761, end: 'fine' }, fine],
  model: [fine],
  voice: [fine],
  listens: true,
  addressing: 'always',
};

/** Runs of each test; a failure is printed with its seed. */
const numRuns = runs(12);
const timeout = runs(60_000);
/** A failure is made smaller for so long at most, and told then. */
const longestMs = runs(40_000);

async function check(
  plots: fc.Arbitrary<Plot>,
  holds: (conversation: RandomConversation) => void | Promise<void>,
  known: readonly Plot[] = [],
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(plots, async (one) => {
      const conversation = openRandomConversation(one);
      await runConversation(conversation);
      expect(eventsOf(conversation, 'failed').filter(({ code }) => code === 'bug')).toEqual([]);
      await holds(conversation);
      await conversation.fixture.sessions.leave('g');
    }),
    {
      numRuns: numRuns + known.length,
      examples: known.map((one) => [one]),
      interruptAfterTimeLimit: longestMs,
    },
  );
}

function eventsOf<K extends SessionEvent['kind']>({ happened }: RandomConversation, kind: K) {
  return happened.flatMap(({ atMs, event }) =>
    event.kind === kind ? [{ atMs, ...(event as Extract<SessionEvent, { kind: K }>) }] : [],
  );
}

/** Items that occur again. */
function repeated<T>(all: readonly T[]): readonly T[] {
  return all.filter((one, n) => all.indexOf(one) !== n);
}

function sounds({ sounded }: RandomConversation, atMs: number): boolean {
  return sounded.some(({ firstMs, lastMs }) => firstMs <= atMs && atMs <= lastMs);
}

/** The request behind each text, if it is an answer of the model. */
function questionOf({ model }: RandomConversation, words: string) {
  const n = answerNumber(words);
  return n === undefined ? undefined : model.asked[n];
}

test('whatever happens in a channel, it comes to rest, and nothing of it goes on', {
  timeout,
}, async () => {
  await check(plot, async (conversation) => {
    const { fixture, model, voice, recogniser } = conversation;
    expect(isCalm(conversation)).toBe(true);
    const share = fixture.sessions.session('g')?.context.preemptiveBudget.share ?? 0;
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
    await fixture.sessions.leave('g');
    await fixture.clock.advance(20);
    expect([recogniser.open, model.running, voice.running]).toEqual([0, 0, 0]);
    // The conversation alone is remembered, for 15 minutes.
    expect(fixture.clock.sleeping).toBeLessThanOrEqual(1);
    await fixture.clock.advance(15 * 60_000);
    expect(fixture.clock.sleeping).toBe(0);
  });
});

test('nothing is understood twice, and no utterance gets two answers', { timeout }, async () => {
  const holds = (conversation: RandomConversation) => {
    expect(repeated(eventsOf(conversation, 'recognised').map(({ text }) => text))).toEqual([]);
    const answered = eventsOf(conversation, 'answered').filter(({ text }) => text !== '');
    expect(repeated(answered.map(({ text }) => answerNumber(text)))).toEqual([]);
    const whole = answered.filter(({ finish }) => finish === 'completed');
    const questions = whole.flatMap(({ text }) => questionOf(conversation, text)?.said ?? []);
    expect(repeated(questions.map(({ text }) => text))).toEqual([]);
  };
  await check(plot, holds, [soundBetweenHalves]);
});

test('no answer is heard before all that it answers was said to its end', { timeout }, async () => {
  await check(plot, (conversation) => {
    const recognised = eventsOf(conversation, 'recognised');
    for (const { text, firstMs } of conversation.sounded) {
      for (const { text: words } of questionOf(conversation, text)?.said ?? []) {
        if (words === '') continue;
        const atMs = recognised.find((one) => one.text === words)?.atMs;
        expect(atMs, `${words} of ${text}`).toBeLessThanOrEqual(firstMs);
      }
    }
  });
});

test('of one who speaks to a bot in good order every word is answered, unless it is far quieter over the answer', {
  timeout,
}, async () => {
  await check(alone, (conversation) => {
    const answered = eventsOf(conversation, 'answered').flatMap(
      ({ text }) => questionOf(conversation, text)?.said ?? [],
    );
    const farOff = eventsOf(conversation, 'ignored').filter(({ why }) => why === 'not-named');
    const words = eventsOf(conversation, 'recognised')
      .filter((one) => !farOff.some(({ atMs }) => atMs === one.atMs && sounds(conversation, atMs)))
      .map(({ text }) => text);
    expect(words.filter((one) => answered.every(({ text }) => text !== one))).toEqual([]);
  });
});

test('nothing more comes of the words of somebody who said no', { timeout }, async () => {
  const holds = (conversation: RandomConversation) => {
    for (const [n, { kind, personId, atMs: fromMs }] of conversation.done.entries()) {
      if (kind !== 'no') continue;
      const later = conversation.done.slice(n).filter((one) => one.personId === personId);
      const untilMs = later.find((one) => one.kind === 'yes')?.atMs ?? Number.POSITIVE_INFINITY;
      expect(tracesOf(conversation, personId, fromMs, untilMs)).toEqual([]);
    }
  };
  await check(withNo, holds, [noBetweenHalves]);
});

/** Events about this person's words in between. */
function tracesOf(
  conversation: RandomConversation,
  personId: string,
  fromMs: number,
  untilMs: number,
) {
  const { happened, model, people, sounded } = conversation;
  const within = ({ atMs }: { readonly atMs: number }) => atMs > fromMs && atMs < untilMs;
  const name = people.find(({ id }) => id === personId)?.name;
  return [
    ...happened.filter(
      (one) =>
        within(one) &&
        ['recognised', 'ignored', 'answered'].includes(one.event.kind) &&
        'speakerId' in one.event &&
        one.event.speakerId === personId,
    ),
    ...model.asked.filter(
      (one) => within(one) && one.messages.some((each) => 'name' in each && each.name === name),
    ),
    ...sounded.filter(({ text, firstMs, lastMs }) => {
      const said = questionOf(conversation, text)?.said ?? [];
      const isTheirs = said.some(({ speakerId }) => speakerId === personId);
      return isTheirs && firstMs < untilMs && lastMs > fromMs + 20 && lastMs < untilMs;
    }),
  ];
}
