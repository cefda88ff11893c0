import { setTimeout as wait } from 'node:timers/promises';
import type { QuestionClip } from '#bench/clips.ts';
import { percentile } from '#bench/table.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import { CaptionedCall, gather, turnCaptionsOn, within } from './captioned-call.ts';

export type LiveLoad = {
  readonly people: number;
  readonly utterancesPerMinute: number;
  readonly forMs: number;
};

/** Time from an utterance's last voiced packet until all its words are in the chat, in ms. */
export type LiveFigures = {
  readonly said: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Until the recogniser had answered. */
  readonly knownP95Ms: number;
  /** Utterances that were never shown. */
  readonly lost: number;
  readonly twice: number;
  readonly tooManyRequests: number;
};

type Utterance = Pick<SpokenTimes, 'firstVoicedAtMs' | 'lastVoicedAtMs'> & {
  readonly name: string;
};
/** First time of a text, by the number in it. */
type FirstTimes = Map<number, number>;

const names = ['Ana', 'Ben', 'Cem', 'Dan', 'Eva', 'Fay', 'Gus', 'Ida', 'Jon', 'Kim'];
/** After the last utterance everything is shown. */
const calmMs = 8_000;
/** Least pause of one person, so that their words are known before they go on. */
const betweenMs = 1_000;
const longestSpeechMs = 2_500;

/**
 * People speak at random, each utterance by whoever is silent. The recogniser says another number each time it is asked,
 * so that each line of the chat is told from all others; the last one it said of an utterance is that of its line.
 */
export async function showInTime(
  load: LiveLoad,
  clips: readonly QuestionClip[],
): Promise<LiveFigures> {
  let remarks = 0;
  await using call = await CaptionedCall.open({
    environment: { ADDRESSING: 'off' },
    hears: () => `they said r${++remarks}r and so on`,
  });
  const { sandbox } = call;
  const people = await gather(sandbox.guild(), names.slice(0, load.people));
  const [first] = people;
  if (!first) throw new Error('There is nobody to speak.');
  await turnCaptionsOn(first);
  const shown: FirstTimes = new Map();
  sandbox.onMessage(({ message }) => {
    const nowMs = realClock.nowMs();
    for (const number of numbersIn(message.text)) {
      if (!shown.has(number)) shown.set(number, nowMs);
    }
  });
  const short = clips.filter(
    ({ pcm }) => pcm.samples.length / pcm.rateHz < longestSpeechMs / 1_000,
  );
  const said = await talk(people, short, load);
  await wait(calmMs);
  const lines = sandbox.messages('Lounge').flatMap(({ text }) => text.split('\n'));
  const known: FirstTimes = new Map();
  for (const { text = '', endedAtMs } of call.servers.requests)
    for (const number of numbersIn(text)) known.set(number, endedAtMs ?? Number.NaN);
  return { ...figuresOf(said, lines, { known, shown }), tooManyRequests: call.refused };
}

async function talk(
  people: readonly SandboxPerson[],
  clips: readonly QuestionClip[],
  { utterancesPerMinute, forMs }: LiveLoad,
): Promise<readonly Utterance[]> {
  const random = seededRandom(7);
  const silent = [...people];
  const said: Promise<Utterance>[] = [];
  const endMs = realClock.nowMs() + forMs;
  let nextMs = realClock.nowMs();
  while (nextMs < endMs) {
    await wait(Math.max(0, nextMs - realClock.nowMs()));
    nextMs += (-Math.log(1 - random()) * 60_000) / utterancesPerMinute;
    const [person] = silent.splice(Math.floor(random() * silent.length), 1);
    const clip = clips[Math.floor(random() * clips.length)];
    if (!person || !clip) continue; // everybody speaks
    said.push(
      person.say(clip.pcm, within(60_000)).then(async ({ firstVoicedAtMs, lastVoicedAtMs }) => {
        setTimeout(() => silent.push(person), betweenMs + 1_000 * random());
        return { name: person.name, firstVoicedAtMs, lastVoicedAtMs };
      }),
    );
  }
  return await Promise.all(said);
}

/** The line of an utterance is the last one that its speaker got before they went on. */
function figuresOf(
  said: readonly Utterance[],
  lines: readonly string[],
  { known, shown }: { readonly known: FirstTimes; readonly shown: FirstTimes },
) {
  const [knownMs, tookMs]: [number[], number[]] = [[], []];
  const all = lines.flatMap(numbersIn);
  let lost = 0;
  for (const [name, utterances] of Map.groupBy(said, (one) => one.name)) {
    const theirs = lines.filter((line) => line.startsWith(`**${name}**`)).flatMap(numbersIn);
    const inOrder = utterances.toSorted((a, b) => a.lastVoicedAtMs - b.lastVoicedAtMs);
    for (const [n, { firstVoicedAtMs, lastVoicedAtMs }] of inOrder.entries()) {
      const untilMs = inOrder[n + 1]?.firstVoicedAtMs ?? Number.POSITIVE_INFINITY;
      const number = theirs.findLast((one) => {
        const atMs = known.get(one) ?? 0;
        return atMs >= firstVoicedAtMs && atMs < untilMs;
      });
      if (number === undefined) lost += 1;
      else {
        knownMs.push((known.get(number) ?? Number.NaN) - lastVoicedAtMs);
        tookMs.push((shown.get(number) ?? Number.NaN) - lastVoicedAtMs);
      }
    }
  }
  return {
    said: said.length,
    p50Ms: percentile(tookMs, 0.5),
    p95Ms: percentile(tookMs, 0.95),
    knownP95Ms: percentile(knownMs, 0.95),
    lost,
    twice: all.length - new Set(all).size,
  };
}

function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/\br(\d+)r\b/g)].map(([, digits]) => Number(digits));
}
