import { readScenarioMix } from '#bench/manners/scenarios.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { DuplexBot } from './bot.ts';
import lines from './lines.json' with { type: 'json' };
import { of } from './sounds.ts';

/** The same scene twice, with an explicit call of the bot and without one (Duplex-MPE). */
export type CallPair = {
  readonly before: readonly ChatLine[];
  readonly personId: string;
  readonly question: string;
  readonly after: readonly ChatLine[];
};

type ChatLine = { readonly personId: string; readonly text: string; readonly pauseMs: number };

/** Result of one scene for a bot. */
export type CallOutcome = {
  readonly isCalled: boolean;
  /** From the end of the line to the first sound of its answer; undefined where none came within 3 s. */
  readonly answeredMs: number | undefined;
  /** It spoke although nobody called it, or to lines of the others. */
  readonly isUninvited: boolean;
  /** After its answer it left the floor to the others: it said no more while they went on. */
  readonly isReleased: boolean;
};

const withinMs = 3_000;
const answerMs = 5_500;
const pausesMs = [300, 900] as const;
/** After this nothing of the scene can be gone on with: a follow-up window is 8 s. */
const apartMs = 9_000;

export async function callPairs(
  people: readonly ChannelMember[],
  count: number,
): Promise<readonly CallPair[]> {
  const { chat, fill } = await readScenarioMix();
  const random = seededRandom(41);
  const [leastMs, mostMs] = pausesMs;
  const oneOf = <T>(all: readonly T[]) => of(all, Math.floor(random() * all.length));
  const line = (personId: string): ChatLine => ({
    personId,
    text: oneOf(chat).replace(/\{(\w+)\}/g, (_all, key: string) => oneOf(fill[key] ?? [key])),
    pauseMs: leastMs + random() * (mostMs - leastMs),
  });
  return Array.from({ length: count }, (_, n) => {
    const [caller, second, third] = [0, 1, 2].map((by) => of(people, n + by).id);
    const others = [second ?? '', third === caller ? (second ?? '') : (third ?? '')];
    return {
      before: others.map(line),
      personId: caller ?? '',
      question: of(lines.calls, n),
      after: others.map(line),
    };
  });
}

/** Each pair: first without a call, then with one. */
export async function playCalls(
  bot: DuplexBot,
  pairs: readonly CallPair[],
): Promise<readonly CallOutcome[]> {
  const outcomes: CallOutcome[] = [];
  for (const pair of pairs) {
    for (const isCalled of [false, true]) outcomes.push(await playCall(bot, pair, isCalled));
  }
  return outcomes;
}

async function playCall(
  bot: DuplexBot,
  { before, personId, question, after }: CallPair,
  isCalled: boolean,
): Promise<CallOutcome> {
  await bot.goTo(bot.nowMs() + apartMs);
  const from = bot.answers().length;
  await chat(bot, before);
  const text = isCalled
    ? `Nova, ${question}?`
    : `${question[0]?.toUpperCase()}${question.slice(1)}?`;
  const asked = bot.say({ personId, text }, bot.nowMs() + 500);
  await bot.goTo(asked.toMs + answerMs);
  const releasedMs = bot.nowMs();
  await chat(bot, after);
  await bot.goTo(bot.nowMs() + withinMs);
  const isReleased = !bot.frames.some(({ atMs }) => atMs >= releasedMs);
  await bot.rest();
  const given = bot.answers().slice(from);
  const own = given.find(({ utterances }) => utterances.includes(asked.id));
  const isInTime = own !== undefined && own.fromMs - asked.toMs <= withinMs;
  return {
    isCalled,
    answeredMs: isInTime ? own.fromMs - asked.toMs : undefined,
    isUninvited: given.some((one) => !(isCalled && one === own)),
    isReleased,
  };
}

async function chat(bot: DuplexBot, all: readonly ChatLine[]): Promise<void> {
  for (const { personId, text, pauseMs } of all) {
    const { toMs } = bot.say({ personId, text }, bot.nowMs() + pauseMs);
    await bot.goTo(toMs);
  }
}
