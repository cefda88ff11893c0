import { type SpokenReport, spoken } from '#src/console/sandbox-lines.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import type { LoggedEvent } from './event-log.ts';
import { type ExchangeParts, hearOut } from './sandbox-run-exchange.ts';
import { type Silence, silenceLine, silenceOf } from './silence.ts';

type AnswerEvent = Extract<SessionEvent, { kind: 'answered' }>;

/** Longest time, in ms, that the bot may think and speak. */
const answerMs = 60_000;
/** Longest wait, in ms, on a busy machine, for the bot to understand a person. */
const noticeMs = 15_000;
/** Wait, in ms, for the other part of an utterance that may have been cut in two. */
const restMs = {
  answered: 50,
  wordless: 1_500,
  left: 300,
  failed: 300,
  unfinished: 4_000,
} as const;
/** An answer is told of once it has left; a sentence the bot says of itself is only heard. */
const quietMs = { answer: 300, sentence: 1_200 } as const;
const arrivalMs = 20_000;
const sentenceMs = 8_000;
/** A frame is told of as sent just after it left. */
const sendingMs = 50;

const kinds = ['recognised', 'ignored', 'answered', 'dropped', 'failed', 'done', 'left'] as const;
type TurnLogEvent = LoggedEvent<(typeof kinds)[number]>;
/** Commands that end answers which were begun or are waited for. */
const stops: readonly string[] = ['stop', 'press stop'];

/** Counts of utterances that were understood, answered and heard. */
type TurnProgress = {
  /** Utterances with words that were neither answered nor left alone yet, oldest first. */
  readonly owed: readonly Pick<TurnLogEvent, 'place' | 'atMs'>[];
  /** Why there were no words, if there were none. */
  readonly wordless?: Silence;
  readonly failed: boolean;
  /** An answer was heard, or the reason for none given. */
  readonly reported: boolean;
};

const nothingYet: TurnProgress = { owed: [], failed: false, reported: false };

/** One recording that a person is to say: its path. */
export type SpokenPart = { readonly person: string; readonly wav: string };

type PerformedPart = SpokenPart & { readonly start: number; readonly said: SpokenReport };

/**
 * Plays a recording of a person; every answer is heard out and kept, and the reason is shown where nothing comes.
 *
 * Errors: BotError `sandbox.failed`. Aborting `signal` throws its reason.
 */
export async function runTurn(
  part: SpokenPart,
  parts: ExchangeParts,
  signal: AbortSignal,
): Promise<void> {
  const { sandbox, events, recorder } = parts;
  const { person, wav } = part;
  const [asked, start] = [recorder.asked, events.place];
  const said = spoken.parse(await sandbox.ask({ do: 'say', person, wav }, signal));
  const progress = await follow({ ...part, start, said }, parts, signal);
  if (!progress) unheard(person, parts);
  else await conclude(progress, recorder.asked > asked, person, said, parts);
}

/** Follows the events behind place `start` to the end of a turn; undefined when the bot noticed nothing. */
async function follow(
  performed: PerformedPart,
  parts: ExchangeParts,
  signal: AbortSignal,
): Promise<TurnProgress | undefined> {
  const { start, person, said } = performed;
  let progress: TurnProgress | undefined;
  for (let [place, waitMs]: [number, number] = [start, noticeMs]; ; ) {
    const next = await parts.events.after(place, kinds, waitMs, signal, person);
    if (!next) return progress;
    place = next.place;
    if (isOther(next.event, progress)) continue;
    progress = await stepped(progress ?? nothingYet, next, performed, parts);
    if (next.event.kind === 'left') return progress;
    waitMs = patienceMs(progress, next, said);
  }
}

/** Commands change nothing here, unless they stop an answer under way. */
function isOther(event: TurnLogEvent['event'], progress: TurnProgress | undefined): boolean {
  return event.kind === 'done' && !(progress && stops.includes(event.command));
}

async function stepped(
  progress: TurnProgress,
  { event, place, atMs }: TurnLogEvent,
  { person }: PerformedPart,
  parts: ExchangeParts,
): Promise<TurnProgress> {
  switch (event.kind) {
    case 'recognised':
      return { ...progress, owed: [...progress.owed, { place, atMs }] };
    case 'ignored': {
      const silence = silenceOf(event.why, parts.botName);
      if (silence.stage !== 'attend') return { ...progress, wordless: silence };
      // It is told of right behind its words, where they were understood at all.
      const owed = progress.owed.filter((one) => one.place !== place - 1);
      return { ...progress, owed, reported: true };
    }
    case 'answered': {
      if (event.typed) return progress;
      const heard = await hearAnswer(event, person, parts);
      const owed = stillOwed(progress.owed, event);
      return { ...progress, owed, reported: progress.reported || heard };
    }
    case 'dropped':
      return { ...progress, owed: progress.owed.slice(1), reported: true };
    case 'failed':
      return { ...progress, owed: [], failed: true };
    case 'done':
    case 'left':
      return { ...progress, owed: [] };
  }
}

/** Utterances that ended before the answered words were answered with them, or will not be. */
function stillOwed(owed: TurnProgress['owed'], { instants }: AnswerEvent): TurnProgress['owed'] {
  return owed.filter(({ atMs }) => atMs >= instants.endedAtMs).slice(1);
}

function patienceMs(
  { owed }: TurnProgress,
  { event, atMs }: TurnLogEvent,
  { lastVoicedAtMs }: SpokenReport,
): number {
  if (owed.length > 0) return answerMs;
  if (atMs < lastVoicedAtMs) return restMs.unfinished;
  if (event.kind === 'ignored') {
    return silenceOf(event.why, '').stage === 'attend' ? restMs.left : restMs.wordless;
  }
  return event.kind === 'answered' ? restMs.answered : restMs.failed;
}

/** Prints how a turn ended when nothing more comes. */
async function conclude(
  { owed, wordless, failed, reported }: TurnProgress,
  spoke: boolean,
  person: string,
  said: SpokenReport,
  parts: ExchangeParts,
): Promise<void> {
  const { show, botName } = parts;
  if (owed.length > 0) show.note('No answer came within a minute.');
  else if (failed && spoke) {
    const { lastVoicedAtMs: sinceMs } = said; // the bot's apology
    await hearOut(person, { sinceMs, quietMs: quietMs.sentence, timeoutMs: sentenceMs }, parts);
  } else if (wordless && !reported) show.note(silenceLine(wordless, botName));
}

/** True when something of the answer was heard. */
async function hearAnswer(
  { instants: { firstSentAtMs } }: AnswerEvent,
  person: string,
  parts: ExchangeParts,
): Promise<boolean> {
  if (firstSentAtMs === undefined) return false;
  const sinceMs = firstSentAtMs - sendingMs;
  const waits = { sinceMs, quietMs: quietMs.answer, timeoutMs: arrivalMs };
  const isHeard = await hearOut(person, waits, parts);
  if (!isHeard) parts.show.note(`Nothing of the answer reached ${person}.`);
  return isHeard;
}

function unheard(person: string, { show, botName }: ExchangeParts): void {
  show.note(`${botName} did not hear ${person}: it hears only people who said yes. /join says it.`);
}
