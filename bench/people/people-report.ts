import { averageValues, findPercentile, formatTable } from '#bench/format-table.ts';
import type { TurnTimestamps } from '#src/ports/session-events.ts';
import { toPlainWords } from '#src/turn/addressing/names.ts';
import type { PersonTurn } from './person-turn.ts';

/** Kinds of turns: by what the person does before the end. */
export const turnKinds = [
  'no pause',
  'natural pauses',
  'hesitation of 0.7 s put in',
  'pause of 1.2 s put in',
] as const;
export type TurnKind = (typeof turnKinds)[number];

/** What a wait of the longest tenth was mostly spent on. */
type WaitCause = 'words' | 'turn model' | 'timeout' | 'recogniser' | 'model' | 'voice';

const shortestPauseMs = 200;
/** Frames further apart are another sound. */
const silentMs = 100;
/** An end that is decided sooner is not the cause of a long wait. */
const promptEndMs = 450;
/** Logit from which words or turn model are no reason to wait. */
const sureLogit = 0.8;
const longestShare = 0.1;

/** Sorts a turn by the pauses in it. */
function getTurnKind({ scene: { silences, stretches } }: PersonTurn): TurnKind {
  const insertedMs = silences.find((silence) => silence.insertedMs)?.insertedMs;
  if (insertedMs !== undefined)
    return insertedMs < 1_000 ? 'hesitation of 0.7 s put in' : 'pause of 1.2 s put in';
  const hasPause = stretches
    .slice(1)
    .some(([fromMs], n) => fromMs - (stretches[n]?.[1] ?? 0) >= shortestPauseMs);
  return hasPause ? 'natural pauses' : 'no pause';
}

/** Returns whether an answer was heard before the person had said everything. */
export function isTalkedInto({ answersMs, spokenMs }: PersonTurn): boolean {
  return answersMs.some((atMs) => atMs < spokenMs);
}

/** Measures the wait from the last sound to the first frame of the answer. Undefined where none came, or one came too soon. */
export function measureWaitMs(turn: PersonTurn): number | undefined {
  const [firstMs] = turn.answersMs.filter((atMs) => atMs >= turn.spokenMs);
  return isTalkedInto(turn) || firstMs === undefined
    ? undefined
    : firstMs - turn.spokenMs;
}

/** Formats waits and shares by kind of turn, then what the longest waits were spent on. */
export function formatPeopleReport(turns: readonly PersonTurn[]): string {
  const rows = turnKinds.map((kind) => {
    const members = turns.filter((turn) => getTurnKind(turn) === kind);
    return [kind, ...formatFigures(members)];
  });
  const columns = [
    'people',
    'p50',
    'p90',
    'p99',
    'mean',
    'talked into, 95 %',
    'no answer',
  ];
  return `${formatTable(['turns', ...columns], rows)}
${formatSpeakers(turns)}
${formatCuts(turns)}
${formatLongestWaits(turns.filter((turn) => getTurnKind(turn) !== 'pause of 1.2 s put in'))}`;
}

/** Finds how long the bot still sounded once a person whom it had talked into went on. Undefined where it did not talk into them. */
export function measureSilencingMs({
  answersMs,
  framesMs,
  scene,
  spokenMs,
}: PersonTurn): number | undefined {
  const cutMs = answersMs.find((atMs) => atMs < spokenMs);
  const [goesOnMs] =
    scene.stretches.find(([fromMs]) => fromMs > (cutMs ?? spokenMs)) ?? [];
  if (cutMs === undefined || goesOnMs === undefined) return undefined;
  const later = framesMs.filter((atMs) => atMs > goesOnMs);
  const gap = later.findIndex(
    (atMs, n) => atMs - (later[n - 1] ?? goesOnMs) > silentMs,
  );
  const last = gap === -1 ? later.at(-1) : later[gap - 1];
  return Math.max(0, (last ?? goesOnMs) - goesOnMs);
}

/** Formats the share of speakers who were talked into in any of their turns, pauses of 1.2 s aside. Each clip of nobody known is a speaker. */
function formatSpeakers(turns: readonly PersonTurn[]) {
  const counted = turns.filter((turn) => getTurnKind(turn) !== 'pause of 1.2 s put in');
  const speakers = Map.groupBy(counted, ({ scene }) => scene.speaker ?? scene.file);
  const talkedInto = [...speakers.values()].filter((own) => own.some(isTalkedInto));
  return `Of ${speakers.size} speakers ${talkedInto.length} were talked into: ${formatShare(talkedInto.length, speakers.size)}.`;
}

/**
 * Returns whether the question that was answered last goes from the first word of the person to the end. Of two utterances a
 * word at the border may be lost, and the last one where its label ends late.
 */
export function isAnsweredWhole({ question, scene: { words } }: PersonTurn): boolean {
  const questions = toPlainWords(question).split(' ');
  const utterances = toPlainWords(words.map(([word]) => word).join(' ')).split(' ');
  return (
    questions[0] === utterances[0] &&
    utterances.slice(-2).includes(questions.at(-1) ?? '')
  );
}

/** Formats what talking into somebody costs them. */
function formatCuts(turns: readonly PersonTurn[]) {
  const cut = turns.filter(isTalkedInto);
  if (cut.length === 0) return 'Nobody was talked into.';
  const silencingMs = cut.flatMap((turn) => measureSilencingMs(turn) ?? []);
  const [median, p95, longest] = [0.5, 0.95, 1].map((share) =>
    findPercentile(silencingMs, share),
  );
  const answeredTwice = cut.filter(
    ({ answersMs, spokenMs }) =>
      answersMs.filter((atMs) => atMs >= spokenMs).length > 1,
  );
  const whole = cut.filter(isAnsweredWhole);
  return `Talked into ${cut.length}: silent ${median} ms after they went on (p50), ${p95} (p95), ${longest} at most.
Of them ${whole.length} got an answer to both parts, ${formatShare(whole.length, cut.length)}, and ${answeredTwice.length} were answered twice after that, ${formatShare(answeredTwice.length, cut.length)}.`;
}

function formatFigures(turns: readonly PersonTurn[]) {
  const waitsMs = turns.flatMap((turn) => measureWaitMs(turn) ?? []);
  const talkedInto = turns.filter(isTalkedInto).length;
  return [
    turns.length,
    ...[0.5, 0.9, 0.99].map((share) => findPercentile(waitsMs, share)),
    averageValues(waitsMs),
    formatShare(talkedInto, turns.length),
    turns.length - waitsMs.length - talkedInto,
  ];
}

/** Formats a share in percent with the 95 % interval of Wilson (https://doi.org/10.1080/01621459.1927.10502953). */
export function formatShare(count: number, total: number): string {
  if (total === 0) return '-';
  const z = 1.96;
  const share = count / total;
  const middle = (share + z ** 2 / (2 * total)) / (1 + z ** 2 / total);
  const half =
    (z / (1 + z ** 2 / total)) *
    Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  const [low, high] = [middle - half, middle + half].map((value) =>
    Math.max(0, 100 * value).toFixed(0),
  );
  return `${(100 * share).toFixed(0)} % (${low} to ${high})`;
}

/** Columns of `formatNeighbourFigures`. */
export const neighbourColumns = [
  'people',
  'answered twice more often',
  'answered as the neighbour',
  'no answer',
  'wait alone: p50, p90',
  'beside: p50, p90',
] as const;

/** Formats what a second microphone in the room changes, from turns without it and with it. */
export function formatNeighbourFigures(
  pairs: readonly (readonly [alone: PersonTurn, beside: PersonTurn])[],
): string[] {
  const countPairs = (isCounted: (alone: PersonTurn, beside: PersonTurn) => boolean) =>
    formatShare(pairs.filter((pair) => isCounted(...pair)).length, pairs.length);
  const formatWaits = (turns: readonly PersonTurn[]) => {
    const waitsMs = turns.flatMap((turn) => measureWaitMs(turn) ?? []);
    return [0.5, 0.9].map((share) => findPercentile(waitsMs, share)).join(', ');
  };
  return [
    String(pairs.length),
    countPairs((alone, beside) => beside.answersMs.length > alone.answersMs.length),
    countPairs((_, beside) => beside.answeredMicrophones.includes('neighbour')),
    countPairs((alone, beside) => beside.answersMs.length < alone.answersMs.length),
    formatWaits(pairs.map(([alone]) => alone)),
    formatWaits(pairs.map(([, beside]) => beside)),
  ];
}

function formatLongestWaits(turns: readonly PersonTurn[]) {
  const sorted = turns
    .flatMap((turn) => {
      const waitMs = measureWaitMs(turn);
      return waitMs === undefined ? [] : [{ turn, waitMs }];
    })
    .sort((a, b) => b.waitMs - a.waitMs);
  const longest = sorted.slice(0, Math.ceil(longestShare * sorted.length));
  const groups = Map.groupBy(longest, ({ turn }) => findCause(turn));
  const rows = [...groups].map(([cause, members]) => [
    cause,
    members.length,
    averageValues(members.map(({ waitMs }) => waitMs)),
    `${members[0]?.waitMs} ms: "${shortenText(members[0]?.turn.scene.text ?? '')}"`,
  ]);
  return `Longest tenth of the waits, by cause\n${formatTable(['cause', 'turns', 'mean', 'longest'], rows)}`;
}

function shortenText(text: string) {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** Finds what a long wait was mostly spent on. */
export function findCause(turn: PersonTurn): WaitCause {
  const { instants, spokenMs } = turn;
  if (!instants) return 'timeout';
  return instants.endedAtMs - spokenMs > promptEndMs
    ? findEndCause(turn, instants)
    : findAnswerCause(instants);
}

/** Finds what kept the end of a turn back: of two signs the one that said more that the person goes on. */
function findEndCause(
  { wordsLogit, soundLogit = 0 }: PersonTurn,
  { recognisedAtMs = 0, endedAtMs }: TurnTimestamps,
): WaitCause {
  if (wordsLogit === undefined || recognisedAtMs > endedAtMs) return 'recogniser';
  if (Math.min(wordsLogit, soundLogit) >= sureLogit) return 'timeout';
  return wordsLogit <= soundLogit ? 'words' : 'turn model';
}

function findAnswerCause({
  endedAtMs,
  recognisedAtMs = endedAtMs,
  firstTokenAtMs = endedAtMs,
  firstSentAtMs = endedAtMs,
}: TurnTimestamps): WaitCause {
  return firstTokenAtMs - recognisedAtMs > firstSentAtMs - firstTokenAtMs
    ? 'model'
    : 'voice';
}
