import { readFile } from 'node:fs/promises';
import {
  type BenchChannel,
  isAtRest,
  openChannel,
  peopleOf,
  type Recognition,
  step,
} from '#bench/manners/channel.ts';
import { HonestRecogniser, type MindRequest, serialIn } from '#bench/manners/minds.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { PartialTrust } from '#src/turn/partial-trust.ts';
import { type RecogniserManner, StreamingRecogniser } from './streaming-recogniser.ts';

/** Somebody who says one thing, and another in its place. */
export type CorrectionScenario = {
  readonly first: string;
  readonly rest: string;
  /** The last word counts; `first` does not hold it. */
  readonly value: string;
  /** Between `first` and `rest`; 0: in one breath. */
  readonly pauseMs: number;
  readonly recogniser: 'whole' | 'streaming' | 'lagging' | 'misheard';
};

/** An answer of which something was heard. */
type HeardAnswer = { readonly asked: MindRequest; readonly fromMs: number };

export type CorrectionOutcome = {
  readonly heard: readonly HeardAnswer[];
  /** Faults, one sentence each. */
  readonly faults: readonly string[];
};

const manners: Readonly<
  Record<Exclude<CorrectionScenario['recogniser'], 'whole'>, RecogniserManner>
> = {
  streaming: { lagMs: 0, settleMs: 120 },
  lagging: { lagMs: 300, settleMs: 400 },
  misheard: { lagMs: 0, settleMs: 700 },
};
const person = 'ana';
const packetMs = 20;
const fromMs = 1_000;
/** From the first sound of a voice that comes back to its notice, at most. */
const noticeMs = 160;
/** Nothing comes after so much rest. */
const restMs = 2_000;
const longestMs = 30_000;

export async function readCorrections(): Promise<readonly CorrectionScenario[]> {
  return JSON.parse(await readFile(new URL('scenes.json', import.meta.url), 'utf8'));
}

/** Plays one scene to a person alone with the bot, whose recogniser is trusted as far as it may be. */
export async function playCorrection(scenario: CorrectionScenario): Promise<CorrectionOutcome> {
  const recognition = {
    transcriber: (...parts) => recogniserOf(scenario, ...parts),
    partialTrust: new PartialTrust(true),
  } satisfies Recognition;
  const channel = await openChannel(peopleOf(1), () => 'short', { recognition });
  const correctedAtMs = speak(channel, scenario);
  const heard = await listen(channel);
  const noticedAtMs =
    channel.begins.find((atMs) => atMs >= correctedAtMs) ?? correctedAtMs + noticeMs;
  return { heard, faults: faultsOf(scenario, heard, noticedAtMs) };
}

function recogniserOf(
  { recogniser, value }: CorrectionScenario,
  ...[clock, wordsIn]: ConstructorParameters<typeof HonestRecogniser>
): Transcriber {
  if (recogniser === 'whole') return new HonestRecogniser(clock, wordsIn);
  const mishears = recogniser === 'misheard' && { mishears: value };
  return new StreamingRecogniser(clock, wordsIn, { ...manners[recogniser], ...mishears });
}

/** Returns when the correction begins. */
function speak(channel: BenchChannel, { first, rest, pauseMs }: CorrectionScenario): number {
  const { microphones, traffic } = channel;
  if (pauseMs === 0) {
    const { utterance, packets } = microphones.say(person, `${first} ${rest}`, fromMs);
    traffic.waiting = [...packets];
    return fromMs + (utterance.words[first.split(' ').length]?.[1] ?? 0);
  }
  const before = microphones.say(person, first, fromMs);
  const restFromMs = packetMs * Math.ceil((before.utterance.toMs + pauseMs) / packetMs);
  const after = microphones.say(person, rest, restFromMs);
  traffic.waiting = [...before.packets, ...after.packets];
  return restFromMs;
}

/** Until nothing more comes. */
async function listen(channel: BenchChannel): Promise<readonly HeardAnswer[]> {
  const { clock, sounded, traffic } = channel;
  const heard: HeardAnswer[] = [];
  const known = new Set<number>();
  for (let quietMs = 0; quietMs < restMs && clock.nowMs() < longestMs; ) {
    await step(channel);
    const isQuiet = traffic.waiting.length === 0 && isAtRest(channel);
    quietMs = isQuiet ? quietMs + packetMs : 0;
    const begun = [...sounded.keys()].filter((call) => !known.has(call));
    for (const call of begun) known.add(call);
    const asked = begun.flatMap((call) => askedFor(call, channel));
    heard.push(...asked.map((one) => ({ asked: one, fromMs: clock.nowMs() })));
  }
  return heard;
}

/** Request whose answer this text is, if the text tells. */
function askedFor(call: number, { minds, synthesizer }: BenchChannel): MindRequest | [] {
  const serial = serialIn(synthesizer.asked[call - 1]?.text ?? '');
  return (serial !== undefined && minds.asked[serial - 1]) || [];
}

function faultsOf(
  { first, rest, value, recogniser, pauseMs }: CorrectionScenario,
  heard: readonly HeardAnswer[],
  noticedAtMs: number,
): string[] {
  const scenario = `"${first}, ${rest}" (${pauseMs} ms, ${recogniser})`;
  const knows = ({ asked }: HeardAnswer) => asked.texts.join(' ').split(' ').includes(value);
  const stale = heard.filter((one) => !knows(one) && one.fromMs > noticedAtMs);
  const last = heard.at(-1);
  return [
    ...stale.map(({ asked }) => `${scenario}: "${asked.texts.join(' ')}" was answered after all.`),
    ...(last && knows(last) ? [] : [`${scenario}: the last answer was not to "${value}".`]),
  ];
}
