import type { Canary } from './canary.ts';
import type { AskedQuestion, Journal, JournalEvent } from './journal.ts';

/** Time, in ms, after the end of a fault, or of a question put later, in which everybody is answered or told. */
const graceMs = 15_000;
/** A sentence said so long before still stands in the room: the people there have just read it. */
const freshMs = 20_000;
/** By so long after the end of a fault, in ms, the bot is well again: questions from then on have to be answered. */
const wellMs = 6_000;
/** A question begun so long after the end of a fault, in ms, still belongs to a sentence read before it. */
const afterMs = 2_000;
/** By then an answer is mostly over. */
const answerMs = 5_000;
const lastPart = 2;
/** Requests to the chat model for one question: one ahead of its end that is thrown away, and one. */
const mostRequests = 2;
/** Least share of the questions outside faults that have to be answered. */
const leastAnswered = 0.95;

export type ChaosFinding = {
  readonly kind: 'silent' | 'lost' | 'twice' | 'consent' | 'down' | 'leaked';
  /** Names of the faults that stood when it happened or last before. */
  readonly faults: readonly string[];
  readonly atMs: number;
  readonly words: string;
};

export type ChaosVerdict = {
  readonly asked: number;
  readonly answered: number;
  /** Not answered, but told why. */
  readonly reported: number;
  /** Neither yet, and there is still time. */
  readonly pending: number;
  /** Questions at which no fault stood or had just stood: how many came, and how many were answered. */
  readonly calm: { readonly asked: number; readonly answered: number };
  readonly findings: readonly ChaosFinding[];
  /** From the last word to the first sound of the answer, of all that were answered aloud. */
  readonly waitsMs: readonly number[];
};

type FaultEvent = Extract<JournalEvent, { kind: 'fault' }>;
type Report = Extract<JournalEvent, { kind: 'told' }>;
type QuestionOutcome = 'answered' | 'told' | 'pending' | 'silent' | 'lost';

/** Verdict on every question and command, as far as it can be given at `nowMs`. */
export function judge(journal: Journal, nowMs: number): ChaosVerdict {
  const faults = journal.filter((event) => event.kind === 'fault');
  const reported = journal.filter((event) => event.kind === 'told');
  const questions = journal.flatMap((event) => (event.kind === 'asked' ? [event.question] : []));
  const about = byCanary(journal);
  const mute = faults.filter(({ isMute }) => isMute);
  const owed = questions.filter((question) => question.isOwed && !fellInto(question, mute));
  const outcomes = owed.map((question) => ({
    question,
    outcome: outcomeOf(question, about(question), faults, reported, nowMs),
  }));
  const silences = outcomes.flatMap(({ question, outcome }) =>
    outcome === 'silent' || outcome === 'lost'
      ? [finding(outcome, question.fromMs, faults, nameOf(question))]
      : [],
  );
  const count = (wanted: QuestionOutcome, among = outcomes) =>
    among.filter(({ outcome }) => outcome === wanted).length;
  const settled = outcomes.filter(
    ({ question, outcome }) =>
      outcome !== 'pending' && faultsAt(question, faults, wellMs).length === 0,
  );
  const calm = { asked: settled.length, answered: count('answered', settled) };
  return {
    asked: owed.length,
    answered: count('answered'),
    reported: count('told'),
    pending: count('pending'),
    calm,
    findings: [
      ...tooFewAnswered(calm, nowMs),
      ...journal.flatMap((event) =>
        event.kind === 'down' ? [finding('down', event.atMs, faults, event.why)] : [],
      ),
      ...silences,
      ...unanswered(journal, faults, reported, nowMs),
      ...questions.flatMap((question) => twice(question, about(question), faults)),
      ...questions.flatMap((question) => remindedTwice(question, about(question), faults)),
      ...questions.flatMap((question) => askedAgain(question, about(question), faults)),
      ...questions.flatMap((question) => unallowed(question, about(question), faults)),
    ],
    waitsMs: owed.flatMap((question) => waitOf(question, about(question))),
  };
}

function outcomeOf(
  question: AskedQuestion,
  mine: Journal,
  faults: readonly FaultEvent[],
  reported: readonly Report[],
  nowMs: number,
): QuestionOutcome {
  const untilMs = deadlineMs(question.toMs, faults);
  const reached = ({ kind, atMs }: { kind: string; atMs: number }) =>
    (kind === 'heard' || kind === 'written') && atMs <= untilMs;
  if (mine.some((event) => 'atMs' in event && reached(event))) return 'answered';
  if (wasReported(question, untilMs, faults, reported)) return 'told';
  if (untilMs > nowMs) return 'pending';
  return mine.some(({ kind }) => kind === 'modelled') ? 'lost' : 'silent';
}

/** Its answer may have been said to nobody. */
function fellInto({ fromMs, toMs }: AskedQuestion, mute: readonly FaultEvent[]): boolean {
  return mute.some((fault) => fault.fromMs <= toMs + answerMs && fault.toMs >= fromMs);
}

/** Deadline of an answer; the last of faults that follow closely counts, as no recovery is expected in between. */
function deadlineMs(askedMs: number, faults: readonly FaultEvent[]): number {
  let untilMs = askedMs + graceMs;
  for (const { fromMs, toMs } of faults.toSorted((a, b) => a.fromMs - b.fromMs)) {
    if (fromMs <= untilMs && toMs + graceMs > untilMs) untilMs = toMs + graceMs;
  }
  return untilMs;
}

type Asking = Pick<AskedQuestion, 'who' | 'fromMs' | 'toMs'>;

/** Faults that stood while somebody asked, began before their answer could be over, or had ended a moment before. */
function faultsAt(
  { fromMs, toMs }: Asking,
  faults: readonly FaultEvent[],
  longestAfterMs = graceMs,
): readonly FaultEvent[] {
  return faults.filter(
    (fault) => fault.fromMs <= toMs + answerMs && fault.toMs + longestAfterMs >= fromMs,
  );
}

/**
 * A sentence that came with a fault of this very question: outside faults none excuses anything. It came after the question, was
 * just read while the fault stood, or stands on the panel; a private reply is for its reader only.
 */
function wasReported(
  asking: Asking,
  untilMs: number,
  faults: readonly FaultEvent[],
  reported: readonly Report[],
): boolean {
  const { fromMs, who } = asking;
  const own = faultsAt(asking, faults);
  return reported.some(({ how, atMs, toMs, who: reader }) => {
    if (how === 'reply' && reader !== who) return false;
    if (atMs > untilMs) return false;
    return own.some((fault) => {
      if (atMs < fault.fromMs || atMs > fault.toMs + graceMs) return false;
      if (atMs >= fromMs) return true;
      if (how === 'panel') return toMs >= fromMs;
      return fromMs <= fault.toMs + afterMs && atMs >= fromMs - freshMs;
    });
  });
}

/** Finding about a bot that always has a reason and seldom an answer. */
function tooFewAnswered({ asked, answered }: ChaosVerdict['calm'], nowMs: number): ChaosFinding[] {
  if (asked - answered <= Math.max(1, (1 - leastAnswered) * asked)) return []; // one of a few is chance
  const words = `outside faults ${answered} of ${asked} questions were answered`;
  return [{ kind: 'silent', atMs: nowMs, words, faults: [] }];
}

/** The chat model was asked more often than for one answer and one that was begun ahead; faults allow a new try. */
function askedAgain(
  question: AskedQuestion,
  mine: Journal,
  faults: readonly FaultEvent[],
): ChaosFinding[] {
  const requests = mine.filter(({ kind }) => kind === 'modelled').length;
  if (requests <= mostRequests || faultsAt(question, faults).length > 0) return [];
  const words = `${nameOf(question)}: ${requests} requests to the model`;
  return [finding('twice', question.fromMs, faults, words)];
}

/** Commands without an answer; while a fault stands Discord itself may say that nobody responds. */
function unanswered(
  journal: Journal,
  faults: readonly FaultEvent[],
  reported: readonly Report[],
  nowMs: number,
): ChaosFinding[] {
  return journal.flatMap((event) => {
    if (event.kind !== 'command') return [];
    const { fromMs: atMs, repliedAtMs, line, who } = event;
    if (faults.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs)) return [];
    const untilMs = deadlineMs(atMs, faults);
    if (untilMs > nowMs || (repliedAtMs ?? Number.POSITIVE_INFINITY) <= untilMs) return [];
    if (wasReported({ who, fromMs: atMs, toMs: atMs }, untilMs, faults, reported)) return [];
    return [finding('silent', atMs, faults, `/${line} had no reply`)];
  });
}

/** Its end is heard, and then it begins anew; or it stands in two messages; or it is heard to the end and written as well. */
function twice(
  question: AskedQuestion,
  mine: Journal,
  faults: readonly FaultEvent[],
): ChaosFinding[] {
  const written = mine.flatMap((event) => (event.kind === 'written' ? [event.messageId] : []));
  const messages = new Set(written).size;
  const parts = mine.flatMap((event) => (event.kind === 'heard' ? [event.part] : []));
  const { begun, ended } = repeats(parts);
  const times = Math.max(begun, ended + Math.min(1, messages), messages);
  if (times < 2) return [];
  return [finding('twice', question.fromMs, faults, `${nameOf(question)}: ${times} times`)];
}

/** Each reminder that was set rings by itself, so a call of the tool that ran twice is told twice. */
function remindedTwice(
  question: AskedQuestion,
  mine: Journal,
  faults: readonly FaultEvent[],
): ChaosFinding[] {
  const reported = mine.flatMap((event) => (event.kind === 'reminded' ? [event.by] : []));
  const messages = new Set(reported.flatMap((by) => ('messageId' in by ? [by.messageId] : [])))
    .size;
  const { begun } = repeats(reported.flatMap((by) => ('part' in by ? [by.part] : [])));
  const times = Math.max(begun, messages);
  if (times < 2) return [];
  return [
    finding('twice', question.fromMs, faults, `reminder of ${nameOf(question)}: ${times} times`),
  ];
}

function repeats(parts: readonly number[]): { readonly begun: number; readonly ended: number } {
  let [begun, ended] = [0, 0];
  for (const part of parts) {
    if (part === 0 && begun === ended) begun++;
    else if (part === lastPart && begun > ended) ended++;
  }
  return { begun, ended };
}

/** Somebody had said no, or never yes, before they began to speak; and a recogniser or a model was given their words. */
function unallowed(
  question: AskedQuestion,
  mine: Journal,
  faults: readonly FaultEvent[],
): ChaosFinding[] {
  if (question.consent !== 'no') return [];
  const reached = mine.find(({ kind }) => kind === 'recognised' || kind === 'modelled');
  if (!reached) return [];
  return [finding('consent', question.fromMs, faults, `${nameOf(question)}: ${reached.kind}`)];
}

function waitOf(question: AskedQuestion, mine: Journal): number[] {
  const first = mine.find((event) => event.kind === 'heard');
  return first?.kind === 'heard' ? [first.atMs - question.toMs] : [];
}

/** Events of one question, in order. */
function byCanary(journal: Journal): (canary: Canary) => Journal {
  const all = new Map<string, JournalEvent[]>();
  const keyOf = ({ who, number }: Canary) => `${who}/${number}`;
  for (const event of journal) {
    if (!('canary' in event)) continue;
    const key = keyOf(event.canary);
    const known = all.get(key);
    if (known) known.push(event);
    else all.set(key, [event]);
  }
  return (canary) => all.get(keyOf(canary)) ?? [];
}

function finding(
  kind: ChaosFinding['kind'],
  atMs: number,
  faults: readonly FaultEvent[],
  words: string,
): ChaosFinding {
  const near = faults.filter(
    ({ fromMs, toMs }) => fromMs <= atMs + graceMs && toMs + graceMs + freshMs >= atMs,
  );
  return { kind, atMs, words, faults: near.map(({ name }) => name) };
}

function nameOf({ who, number }: Canary): string {
  return `question ${number} of ${who}`;
}
