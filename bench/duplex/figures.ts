import type { CallOutcome } from './calls.ts';
import type { OverlapKindName, OverlapTrial } from './overlaps.ts';
import { detectionScore, type OverlapOutcome, share, timeAt } from './scoring.ts';
import type { ToolTrial } from './tool-work.ts';
import type { TurnOutcome } from './turns.ts';

/** Everything one bot was put through; what is missing was not played. */
export type DuplexRun = {
  readonly overlaps: readonly OverlapTrial[];
  readonly turns?: readonly TurnOutcome[];
  readonly stories?: readonly TurnOutcome[];
  readonly calls?: readonly CallOutcome[];
  readonly tool?: readonly ToolTrial[];
};

/** Figures of one bot by the name of the row. Shares are 0 to 1, times in ms. */
export type DuplexFigures = Readonly<Record<string, number>>;

/** Target of a figure. */
export type DuplexTarget = { readonly atLeast: number } | { readonly atMost: number };

/** Long enough that tau-voice counts it, and what this bot is to reach. */
const [yieldWithinMs, soonMs] = [2_000, 450];
const longestGapMs = 60;
const notMeant: readonly OverlapKindName[] = ['to others, named', 'between others', 'background'];

/** Wanted of the whole system at once. */
export const duplexTargets: Readonly<Record<string, DuplexTarget>> = {
  'v1 pause, held-out half: took the floor': { atMost: 0.08 },
  'v1.5 interruption: answered': { atLeast: 0.97 },
  'v1.5 interruption: silent, p50 ms': { atMost: 230 },
  'v1.5 interruption: silent, p95 ms': { atMost: 350 },
  'v1.5 backchannel: resumes': { atLeast: 0.99 },
  'v1.5 talk to others, by name: resumes': { atLeast: 0.99 },
  'v1.5 background speech: resumes': { atLeast: 0.99 },
  'small sounds: gaps over 60 ms': { atMost: 0.02 },
  'tau: yields within 0.45 s': { atLeast: 0.97 },
  'tau: ignores speech not for it': { atLeast: 0.95 },
  'call: answered': { atLeast: 0.99 },
  'no call: uninvited': { atMost: 0.005 },
};

export function isMet(target: DuplexTarget, reached: number): boolean {
  return 'atLeast' in target ? reached >= target.atLeast : reached <= target.atMost;
}

/** All rows in their order. */
export function figuresOf({ overlaps, turns, stories, calls, tool }: DuplexRun): DuplexFigures {
  return {
    ...(turns && turnFigures(turns)),
    ...(stories && { 'v1 long story: took the floor': share(stories, (one) => one.hasPaused) }),
    ...overlapFigures(overlaps),
    ...(turns &&
      detections(
        'EOT',
        turns.map(({ ends }) => ends),
      )),
    ...interruptionDetections(overlaps),
    ...(turns && responseFigures(turns)),
    ...interactionFigures(overlaps),
    ...(calls && callFigures(calls)),
    ...(tool && toolFigures(tool)),
  };
}

function turnFigures(turns: readonly TurnOutcome[]): DuplexFigures {
  const pausing = turns.filter(({ hasPause }) => hasPause);
  const heldOut = pausing.filter(({ half }) => half === 'held-out');
  const answered = turns.flatMap(({ answeredMs }) => answeredMs ?? []);
  return {
    'v1 pause: took the floor': share(pausing, ({ hasPaused }) => hasPaused),
    'v1 pause, held-out half: took the floor': share(heldOut, ({ hasPaused }) => hasPaused),
    'v1 end of turn: took the floor': answered.length / turns.length,
    'v1 end of turn: latency, p50 ms': timeAt(answered, 0.5),
    'v1 end of turn: latency, p95 ms': timeAt(answered, 0.95),
  };
}

function overlapFigures(overlaps: readonly OverlapTrial[]): DuplexFigures {
  const of = (kind: OverlapKindName) => outcomes(overlaps, [kind]);
  const questions = of('question');
  const silent = questions.map(({ silentMs }) => silentMs);
  const stopped = of('stop').map(({ silentMs }) => silentMs);
  const resumes = (kind: OverlapKindName) => share(of(kind), (one) => one.resumes);
  return {
    'v1.5 interruption: answered': share(questions, (one) => one.answeredMs !== undefined),
    'v1.5 interruption: latency, p50 ms': timeAt(
      questions.map(({ answeredMs }) => answeredMs),
      0.5,
    ),
    'v1.5 interruption: silent, p50 ms': timeAt(silent, 0.5),
    'v1.5 interruption: silent, p95 ms': timeAt(silent, 0.95),
    'interruption, 4 to 8 dB quieter: answered': share(
      of('quiet question'),
      (one) => one.answeredMs !== undefined,
    ),
    'v1.5 backchannel: resumes': resumes('backchannel'),
    'v1.5 talk to others, by name: resumes': resumes('to others, named'),
    'v1.5 talk to others, no name: resumes': resumes('to others, unnamed'),
    'v1.5 background speech: resumes': resumes('background'),
    'others among themselves: resumes': resumes('between others'),
    'laughter: resumes': resumes('laugh'),
    'applause: resumes': resumes('applause'),
    'stop: silent, p50 ms': timeAt(stopped, 0.5),
    'stop: silent, p95 ms': timeAt(stopped, 0.95),
    'small sounds: gaps over 60 ms': gaps(of('small sound')),
    'backchannels: gaps over 60 ms': gaps(of('backchannel')),
    'laughter: gaps over 60 ms': gaps(of('laugh')),
  };
}

function gaps(all: readonly OverlapOutcome[]): number {
  return share(all, (one) => one.longestGapMs > longestGapMs);
}

/** Taken floors are questions and stops; backchannels and their kin are not. */
function interruptionDetections(overlaps: readonly OverlapTrial[]): DuplexFigures {
  const taking: readonly OverlapKindName[] = ['question', 'stop'];
  const keeping: readonly OverlapKindName[] = ['backchannel', 'small sound', 'laugh', 'tic'];
  const detected = (kinds: readonly OverlapKindName[], isTaking: boolean) =>
    outcomes(overlaps, kinds).map(({ silentMs }) => ({
      trueAtMs: isTaking ? [0] : [],
      negatives: isTaking ? [] : [[0, Number.POSITIVE_INFINITY] as const],
      detectedAtMs: silentMs === undefined ? [] : [silentMs],
    }));
  return detections('INT', [...detected(taking, true), ...detected(keeping, false)]);
}

function detections(name: string, scenarios: Parameters<typeof detectionScore>[0]): DuplexFigures {
  const { recall, falsePositives, p10Ms, p50Ms, p90Ms } = detectionScore(scenarios);
  return {
    [`TurnBench ${name}: recall`]: recall,
    [`TurnBench ${name}: false positives`]: falsePositives,
    [`TurnBench ${name}: p10 ms`]: p10Ms,
    [`TurnBench ${name}: p50 ms`]: p50Ms,
    [`TurnBench ${name}: p90 ms`]: p90Ms,
  };
}

function responseFigures(turns: readonly TurnOutcome[]): DuplexFigures {
  const answered = turns.flatMap(({ answeredMs }) => answeredMs ?? []);
  const sum = answered.reduce((all, ms) => all + ms, 0);
  return {
    'tau: response rate': answered.length / turns.length,
    'tau: response latency, mean ms': sum / answered.length,
  };
}

function interactionFigures(overlaps: readonly OverlapTrial[]): DuplexFigures {
  const taking = outcomes(overlaps, ['question', 'stop']);
  const within = (ms: number) => share(taking, ({ silentMs = Infinity }) => silentMs <= ms);
  const ignored = (kinds: readonly OverlapKindName[]) =>
    share(outcomes(overlaps, kinds), (one) => one.resumes);
  return {
    'tau: yields within 2 s': within(yieldWithinMs),
    'tau: yields within 0.45 s': within(soonMs),
    'tau: ignores backchannels': ignored(['backchannel']),
    'tau: ignores vocal tics': ignored(['tic']),
    'tau: ignores speech not for it': ignored(notMeant),
  };
}

function callFigures(calls: readonly CallOutcome[]): DuplexFigures {
  const called = calls.filter(({ isCalled }) => isCalled);
  const times = called.map(({ answeredMs }) => answeredMs);
  return {
    'call: answered': share(called, ({ answeredMs }) => answeredMs !== undefined),
    'call: onset, p50 ms': timeAt(times, 0.5),
    'call: onset, p95 ms': timeAt(times, 0.95),
    'call: floor released': share(called, ({ isReleased }) => isReleased),
    'no call: uninvited': share(calls, ({ isUninvited }) => isUninvited),
  };
}

function toolFigures(tool: readonly ToolTrial[]): DuplexFigures {
  const right = (name: string, kinds: readonly OverlapKindName[]) => ({
    [`while a tool runs: ${name}`]: share(
      tool.filter(({ kind }) => kinds.includes(kind)),
      ({ isRight }) => isRight,
    ),
  });
  return {
    ...right('new question answered', ['question']),
    ...right('stop obeyed', ['stop']),
    ...right('backchannel changes nothing', ['backchannel']),
    ...right('talk to others changes nothing', ['to others, named', 'between others']),
  };
}

function outcomes(
  overlaps: readonly OverlapTrial[],
  kinds: readonly OverlapKindName[],
): OverlapOutcome[] {
  return overlaps.flatMap(({ kind, outcome }) => (kinds.includes(kind) ? [outcome] : []));
}
