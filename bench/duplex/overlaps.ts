import type { SentSound } from '#bench/manners/microphones.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { type DuplexBot, untilSpeaking } from './bot.ts';
import lines from './lines.json' with { type: 'json' };
import { type OverlapOutcome, outcomeOf } from './scoring.ts';
import { clipOf, type DuplexSounds, of, quieterClipOf, type SoundingText } from './sounds.ts';

/** Actions of a person while the bot tells a story. */
export const overlapKinds = [
  'question',
  'quiet question',
  'stop',
  'small sound',
  'backchannel',
  'laugh',
  'applause',
  'tic',
  'to others, named',
  'to others, unnamed',
  'background',
  'between others',
] as const;
export type OverlapKindName = (typeof overlapKinds)[number];

export type OverlapScenario = {
  readonly kind: OverlapKindName;
  /** Who asked for the story, and who speaks into it. */
  readonly askerId: string;
  readonly personId: string;
  readonly text: string;
  readonly sound?: SentSound;
  /** Time of the story that is told before, in ms. */
  readonly intoMs: number;
};

export type OverlapTrial = OverlapScenario & { readonly outcome: OverlapOutcome };

const [leastMs, mostMs] = [1_000, 3_000];
const [answerWithinMs, listenMs] = [6_000, 3_200];
/** A follow-up window is 8 s: nobody goes on with the story before. */
const apartMs = 9_000;
/** No clip is heard twice before most were. */
const clipStep = 3;
/** Who leans back, in dB. */
const quieterDb = [4, 6, 8];
/** Number of scenes of each kind. */
const counts = { question: 100, quiet: 32, named: 60, unnamed: 24, between: 60 };

/** All scenes of these kinds, always the same. */
export function overlapScenarios(
  sounds: DuplexSounds,
  people: readonly ChannelMember[],
  kinds: readonly OverlapKindName[] = overlapKinds,
): readonly OverlapScenario[] {
  const random = seededRandom(23);
  const scenario = (kind: OverlapKindName, n: number, said: SoundingText, by = 0) => ({
    ...{ kind, askerId: of(people, n).id, personId: of(people, n + by).id },
    intoMs: leastMs + random() * (mostMs - leastMs),
    ...said,
  });
  const mine = (kind: OverlapKindName, all: readonly SoundingText[]) =>
    all.map((one, n) => scenario(kind, n, one));
  const said = (kind: OverlapKindName, texts: readonly string[], count: number, by = 0) =>
    Array.from({ length: count }, (_, n) => {
      const { name } = of(people, n + by + 1);
      const text = of(texts, n).replace('{other}', name);
      const clip = Math.floor(n / people.length) * clipStep;
      return scenario(kind, n, { text, sound: clipOf(of(people, n + by).id, clip, text) }, by);
    });
  const all: OverlapScenario[] = [
    ...said('question', lines.questions, counts.question),
    ...Array.from({ length: counts.quiet }, (_, n) => {
      const [text, { id }] = [of(lines.questions, n), of(people, n)];
      const sound = quieterClipOf(id, n * clipStep, text, of(quieterDb, n));
      return scenario('quiet question', n, { text, sound });
    }),
    ...sounds.stops.map((one, n) => scenario('stop', n, one, n % 2)),
    ...mine('small sound', sounds.smallSounds),
    ...mine('backchannel', sounds.backchannels),
    ...mine('laugh', sounds.laughs),
    ...mine('applause', sounds.applauses),
    ...mine('tic', sounds.tics),
    ...said('to others, named', lines.toOthers, counts.named),
    ...said('to others, unnamed', lines.toOthersUnnamed, counts.unnamed),
    ...mine('background', sounds.background),
    ...said('between others', lines.betweenOthers, counts.between, 1),
  ];
  return all.filter(({ kind }) => kinds.includes(kind));
}

/** Each into a story of its own. Fails where a bot tells none. */
export async function playOverlaps(
  bot: DuplexBot,
  scenarios: readonly OverlapScenario[],
): Promise<readonly OverlapTrial[]> {
  const trials: OverlapTrial[] = [];
  for (const [n, scenario] of scenarios.entries()) {
    const story = of(lines.stories, n);
    const asked = bot.say({ personId: scenario.askerId, text: story }, bot.nowMs() + apartMs);
    await bot.goTo(asked.toMs);
    if (!(await untilSpeaking(bot, answerWithinMs))) throw new Error(`No answer to: ${story}`);
    const { personId, text, sound } = scenario;
    const { id, fromMs, toMs } = bot.say({ personId, text, sound }, bot.nowMs() + scenario.intoMs);
    await bot.goTo(toMs + listenMs);
    const frames = bot.frames.filter(({ atMs }) => atMs >= fromMs - 100);
    await bot.rest();
    trials.push({ ...scenario, outcome: outcomeOf({ id, fromMs, toMs }, frames, bot.answers()) });
  }
  return trials;
}
