import { seededRandom } from '#sandbox/seeded-random.ts';
import type { CaptionLine } from '#src/features/captions/live/caption-line.ts';

export type TalkOptions = {
  readonly seed: number;
  readonly count: number;
  readonly people: number;
  /** Share, 0 to 1, of utterances that begin while somebody else speaks. */
  readonly overlapping: number;
  /** Latest text after the last voiced packet, in ms; each is at random from 0 to that. */
  readonly lateMs: number;
  /** Shares, 0 to 1, of utterances that the recogniser fails on, and of those without words. */
  readonly failing: number;
  readonly wordless: number;
  /** Mean pause between two utterances that do not overlap, in ms. */
  readonly pauseMs: number;
};

/** One utterance of a simulated talk. No two have the same text, and none's text holds another's. */
export type TalkUtterance = {
  readonly number: number;
  readonly personId: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Recognised text; empty if it has no words. */
  readonly text: string;
  readonly outcome: 'final' | 'no-words' | 'not-understood';
  readonly events: readonly CaptionEvent[];
};

/** A line as a recogniser tells it, at an instant of the session. */
export type CaptionEvent = {
  readonly atMs: number;
  readonly line: CaptionLine;
  /** It ended without words. */
  readonly isWordless?: boolean;
};

/** People who talk and interrupt each other, the same for the same seed. */
export function simulateTalk(options: TalkOptions): readonly TalkUtterance[] {
  const random = seededRandom(options.seed);
  const freeAtMs = Array.from({ length: options.people }, () => 0);
  const talk: TalkUtterance[] = [];
  let [startMs, quietAtMs] = [0, 0];
  for (let number = 1; number <= options.count; number++) {
    const overlaps = random() < options.overlapping && quietAtMs > startMs + 200;
    startMs = overlaps
      ? startMs + 100 + random() * (quietAtMs - startMs - 150)
      : Math.max(quietAtMs, startMs) + random() * 2 * options.pauseMs;
    startMs = Math.round(startMs);
    const free = freeAtMs.flatMap((atMs, person) => (atMs < startMs ? [person] : []));
    const person = free[Math.floor(random() * free.length)];
    if (person === undefined) {
      number -= 1;
      startMs = Math.min(...freeAtMs) + 1;
      continue;
    }
    const endMs = startMs + 400 + Math.round(random() * random() * 9_000);
    freeAtMs[person] = endMs + 100;
    quietAtMs = Math.max(quietAtMs, endMs);
    talk.push(utterance(number, person, [startMs, endMs], options, random));
  }
  return talk;
}

/** All that recognisers tell, in order of time; what one utterance comes to stays in order. */
export function captionEvents(talk: readonly TalkUtterance[]): readonly CaptionEvent[] {
  return talk.flatMap(({ events }) => events).sort((a, b) => a.atMs - b.atMs);
}

const names = ['Ana', 'Ben', 'Cem', 'Dan', 'Eva', 'Fay', 'Gus', 'Ida', 'Jon', 'Kim'];
const words = ['the', 'bridge', 'is', 'long', 'and', 'we', 'walk', 'over', 'it', 'today', 'again'];

function utterance(
  number: number,
  person: number,
  [startMs, endMs]: readonly [number, number],
  { failing, wordless, lateMs }: TalkOptions,
  random: () => number,
): TalkUtterance {
  const name = names[person] ?? `Person ${person}`;
  const personId = `${1_000 + person}`;
  const count = 1 + Math.floor((endMs - startMs) / 350);
  const spoken = Array.from({ length: count }, () => words[Math.floor(random() * words.length)]);
  const text = [...spoken, `w${number}x`].join(' ');
  const chance = random();
  const outcome =
    chance < failing ? 'not-understood' : chance < failing + wordless ? 'no-words' : 'final';
  const speaker = { kind: 'person', personId, name } as const;
  const base = { number, speaker, startMs };
  const events: CaptionEvent[] = [];
  for (let atMs = startMs + 300; atMs < endMs; atMs += 200 + random() * 800) {
    const known = Math.floor(((atMs - startMs) / (endMs - startMs)) * count);
    const partial = spoken.slice(0, random() < 0.1 ? 0 : known).join(' ');
    events.push({ atMs, line: { ...base, text: partial, state: 'partial' } });
  }
  const reportedAtMs = endMs + random() * lateMs;
  const ended = { ...base, endMs, text: outcome === 'final' ? text : '' };
  if (outcome === 'final' && random() < 0.5) {
    events.push({ atMs: endMs + (reportedAtMs - endMs) / 2, line: { ...ended, state: 'whole' } });
  }
  const isWordless = outcome === 'no-words';
  events.push({ atMs: reportedAtMs, line: { ...ended, state: 'final' }, isWordless });
  return { ...base, personId, name, endMs, text: ended.text, outcome, events };
}
