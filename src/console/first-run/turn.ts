import { type SpokenReport, spoken } from '#src/console/sandbox-lines.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import type { LoggedEvent } from './event-log.ts';
import { type ExchangeParts, hearOut } from './sandbox-run-exchange.ts';
import { instantsLine } from './show.ts';
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

/** One recording that a person is to say. */
export type SpokenPart = {
  readonly person: string;
  /** Path of the recording. */
  readonly wav: string;
  /** Its text, where that is known. */
  readonly words?: string;
};

type PerformedPart = SpokenPart & { readonly start: number; readonly said: SpokenReport };

/**
 * Plays a recording of a person; every answer is shown, heard out and kept, and the reason is shown where there is none.
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
  { person, words, said }: PerformedPart,
  parts: ExchangeParts,
): Promise<TurnProgress> {
  switch (event.kind) {
    case 'recognised':
      return { ...progress, owed: [...progress.owed, { place, atMs }] };
    case 'ignored': {
      const silence = silenceOf(event.why, parts.botName);
      if (silence.stage !== 'attend') return { ...progress, wordless: silence };
      if (event.why === 'not-named' && isNamed(words, parts)) parts.show.note(misheard(parts));
      else if (event.why !== 'interjection') parts.show.note(silenceLine(silence, parts.botName));
      // It is told of right behind its words, where they were understood at all.
      const owed = progress.owed.filter((one) => one.place !== place - 1);
      return { ...progress, owed, reported: true };
    }
    case 'answered': {
      if (event.typed) return progress;
      const heard = await showAnswer(event, person, said, parts);
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

function isNamed(words: string | undefined, { botName }: ExchangeParts): boolean {
  return words?.toLowerCase().includes(botName.toLowerCase()) === true;
}

function misheard({ botName }: ExchangeParts): string {
  return `${botName} did not answer: the recogniser did not hear "${botName}". Say it again, or press Ask first.`;
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
  else if (failed && spoke) await hearApology(person, said, parts);
  else if (wordless && !reported) show.note(silenceLine(wordless, botName));
}

/** True when something of the answer was heard. */
async function showAnswer(
  answered: AnswerEvent,
  person: string,
  { lastVoicedAtMs }: SpokenReport,
  parts: ExchangeParts,
): Promise<boolean> {
  const { show, botName } = parts;
  const { finish, text, heardText, instants } = answered;
  if (finish === 'empty' && text === '') show.note(`${botName} had nothing to say.`);
  else if (finish === 'completed' || finish === 'empty') show.says(botName, text);
  else if (heardText !== '') show.says(botName, `${heardText} (${finish})`);
  if (instants.firstSentAtMs === undefined) return false;
  const sinceMs = instants.firstSentAtMs - sendingMs;
  const waits = { sinceMs, quietMs: quietMs.answer, timeoutMs: arrivalMs };
  const reached = await hearOut(person, waits, parts);
  if (!reached) {
    show.note(`Nothing of the answer reached ${person}.`);
    return false;
  }
  // Of several utterances each is counted from its own end, which only the bot knows.
  const fromMs = Math.min(lastVoicedAtMs, instants.heardAtMs);
  show.detail(
    instantsLine(answered, `${person}'s last syllable`, fromMs, reached.firstAudibleAtMs),
  );
  show.detail(`kept as ${reached.path}`);
  return true;
}

/** Apology of the bot when it cannot answer. */
async function hearApology(
  person: string,
  said: SpokenReport,
  parts: ExchangeParts,
): Promise<void> {
  const sinceMs = said.lastVoicedAtMs;
  const waits = { sinceMs, quietMs: quietMs.sentence, timeoutMs: sentenceMs };
  const reached = await hearOut(person, waits, parts);
  if (reached) parts.show.detail(`kept as ${reached.path}`);
}

function unheard(person: string, { show, botName }: ExchangeParts): void {
  show.note(`${botName} did not hear ${person}: it hears only people who said yes. /join says it.`);
}
