import {
  addVoicedWindow,
  noEvidence,
  type VoiceEvidence,
} from '#src/turn/voice-evidence.ts';
import { type EndOfTurn, predictEndOfTurn } from './end-of-turn.ts';
import {
  decideEndpointingDelay,
  type EndpointingDelayRules,
  endpointingDelayRules,
  findSilenceAhead,
  type PauseSigns,
  type SpeakerHabits,
  type TurnJudgement,
  updateWordsJudgement,
  type WordsJudgement,
} from './endpointing-delay.ts';

/**
 * Silero v5 on 14 recordings notices a voice after 56 ms (p50) to 146 ms (p90), and tones trip single windows.
 * Clients close with five silence frames, often lost in part, hence 200 ms. Each recording of test/fixtures/speech
 * is one turn, and ends within 200 ms of its label (`npm test -- test/turn/endpointing`).
 */
export const endpointRules = {
  delay: endpointingDelayRules as EndpointingDelayRules,
  /** Voice activity detection. */
  activity: {
    /** Probability from which a voice starts, or resumes after a pause. */
    startProbability: 0.5,
    /** The gap to `startProbability` keeps a word from flickering. */
    stopProbability: 0.35,
    windowMs: 32,
    /** A click or a cough is shorter. */
    windowsToBegin: 3,
    /** Windows this far below the mean level are echo or room, as voice activity detection lags. */
    faintDb: 17,
  },
  /** Begin of a pause, and of each of its stages. */
  pause: {
    /** Unvoiced time that makes a pause: the recogniser is asked. */
    pauseMs: 64,
    pauseGapMs: 80,
    /** Unvoiced times at which the turn model is asked in a pause. None without a turn model. */
    turnModelMs: [] as readonly number[],
    /** Unvoiced time that sounds like an end to a model that hears, while neither words nor turn model have answered. */
    soundsOverMs: Number.POSITIVE_INFINITY as number,
    /** Most pauses inside a sentence are shorter. */
    longPauseMs: 200,
    /** A speaker who trails off for longer is still talking. */
    faintMs: 160,
    /** A microphone that closes so soon after the voice closed because of it. */
    closeMs: 60,
    packetGapMs: 200,
  },
  /** A voice that goes on for longer is cut into utterances, never in a pause, which may be the end. */
  maxUtteranceMs: 60_000,
  /** Speech that begins sooner belongs to the ended utterance. */
  mergeMs: 1500,
};

export type EndpointRules = Readonly<typeof endpointRules>;
type ActivityRules = EndpointRules['activity'];
type PauseRules = EndpointRules['pause'];

/** `turnModelMs` with a turn model, which answers after 60 ms, before most turns end. A long pause sounds otherwise than a short one. */
export const usualTurnModelMs: readonly number[] = [100, 500];
/** `soundsOverMs` of a bot. A turn model, and servers that are near, have answered by then. */
export const usualSoundsOverMs = 170;

/** Events of one microphone. Discord sends nothing during silence, so only ticks are sure to come. */
export type EndpointingEvent =
  /** `atMs` is the arrival of the last packet in the window. The level is in dBFS. */
  | {
      readonly kind: 'window';
      readonly probability: number;
      readonly levelDb?: number;
      readonly atMs: number;
      /** True if a part of it was lost. It then begins no pause. */
      readonly isLost?: boolean;
    }
  | { readonly kind: 'silence-frame'; readonly atMs: number }
  /** About every 20 ms during speech. */
  | {
      readonly kind: 'tick';
      readonly atMs: number;
      /** True if packets were lost, late or out of order a short while ago. */
      readonly isUneven?: boolean;
    }
  /** All words of this utterance so far, in a pause up to the pause. `language` is BCP 47. */
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly language?: string;
      readonly atMs: number;
    }
  /** Answer of the turn model that was asked at `askedAtMs`, without a logit if it failed. */
  | {
      readonly kind: 'turn-judged';
      readonly askedAtMs: number;
      /** Logit that the turn is over. */
      readonly logit: number | undefined;
      readonly atMs: number;
    }
  /** The chat model was asked about the words up to this pause, or has judged them. */
  | {
      readonly kind: 'words-judged';
      readonly judgement: WordsJudgement;
      readonly atMs: number;
    };

type Quiet =
  | { readonly kind: 'quiet' }
  | {
      readonly kind: 'maybe';
      readonly fromMs: number;
      readonly lastVoiceMs: number;
      readonly windows: number;
      readonly evidence: VoiceEvidence;
    };

/** State of endpointing for one microphone. Begin with `quietVoice`. */
export type EndpointingState = Quiet | SpeakingVoice;

/** Why an utterance ended: by silence, as the microphone closed, or at its longest length. */
export type SpeechEndReason = 'quiet' | 'mute' | 'too-long';

/** Everything that a step of endpointing reports about one microphone. */
export type EndpointingEffect =
  /** The first voiced window started at `fromMs`. Soft onsets lie up to 250 ms before. */
  | { readonly kind: 'began'; readonly fromMs: number; readonly atMs: number }
  | { readonly kind: 'paused'; readonly atMs: number }
  /** Ask the turn model now. Comes once a pause for each of `turnModelMs`, after `paused`. */
  | {
      readonly kind: 'ask-turn-model';
      readonly atMs: number;
      /** Silence that a closed microphone does not send, up to the time at which the turn model is asked. */
      readonly aheadMs: number;
    }
  /** The pause is probably the end. Comes at most once a pause, after `paused`. */
  | { readonly kind: 'long-pause'; readonly atMs: number }
  /**
   * The pause sounds like an end, and no words have come yet. A model that hears may begin its answer. Comes at most
   * once a pause, after `paused`.
   */
  | { readonly kind: 'sounds-over'; readonly atMs: number }
  | { readonly kind: 'resumed'; readonly atMs: number; readonly pausedMs: number }
  /** A preemptive answer may begin. Comes at most once a pause. */
  | { readonly kind: 'likely-over'; readonly atMs: number }
  /** `toMs` is the end of the voice, not the instant of the decision. */
  | {
      readonly kind: 'ended';
      readonly fromMs: number;
      readonly toMs: number;
      readonly why: SpeechEndReason;
      readonly evidence: VoiceEvidence;
    };

type EndpointingStep = {
  readonly voice: EndpointingState;
  readonly effects: readonly EndpointingEffect[];
};

/** The state before the first voice. */
export const quietVoice: EndpointingState = { kind: 'quiet' };

/** A first silence frame replaces a packet of this length. */
const packetMs = 20;
/**
 * Returns the next state and effects of endpointing. Windows may lag behind ticks by the length of the jitter
 * buffer.
 *
 * @example
 * import { endpointRules, quietVoice, stepEndpointing, type EndpointingState } from '#src/turn/endpointing/endpointing.ts';
 *
 * const kinds: string[] = [];
 * let voice: EndpointingState = quietVoice;
 * for (let n = 1; n <= 40; n++) {
 *   const window = { kind: 'window', probability: n < 10 ? 0.9 : 0, atMs: 32 * n } as const;
 *   const step = stepEndpointing(voice, window, endpointRules);
 *   voice = step.voice;
 *   kinds.push(...step.effects.map(({ kind }) => kind));
 * }
 * kinds; // ['began', 'paused', 'long-pause', 'likely-over', 'ended']
 */
export function stepEndpointing(
  voice: EndpointingState,
  event: EndpointingEvent,
  rules: EndpointRules,
  person: SpeakerHabits = {},
): EndpointingStep {
  switch (voice.kind) {
    case 'quiet':
    case 'maybe':
      return awaitVoice(voice, event, rules);
    case 'talking':
    case 'paused':
      break;
  }
  if (event.kind === 'text') {
    const inPause = voice.kind === 'paused';
    const understood = updateUnderstood(voice.understood, event, inPause);
    return reviewPause({ ...voice, understood }, event, rules, person);
  }
  if (event.kind === 'turn-judged') return applyJudgement(voice, event, rules, person);
  if (event.kind === 'words-judged') {
    const { kind, pause } = voice;
    const wordsJudgement = updateWordsJudgement(pause.wordsJudgement, event.judgement);
    const judged = kind === 'paused' ? { ...pause, wordsJudgement } : pause;
    return decideEnd({ ...voice, pause: judged }, event, rules, person);
  }
  if (
    event.kind === 'window' &&
    isVoiced(voice.kind === 'talking', event.probability, rules.activity)
  ) {
    return isTailWindow(voice, event.atMs)
      ? decideEnd(addTail(voice, event, rules.activity), event, rules, person)
      : continueVoice(voice, event, rules);
  }
  return reviewPause(addPacket(voice, event), event, rules, person);
}

/** Applies the judgement of the turn model, unless it is about an earlier pause. */
function applyJudgement(
  voice: SpeakingVoice,
  event: Extract<EndpointingEvent, { kind: 'turn-judged' }>,
  rules: EndpointRules,
  person: SpeakerHabits,
): EndpointingStep {
  const { askedAtMs } = event;
  const asked = voice.pause.judgement;
  if (asked?.askedAtMs !== askedAtMs) return { voice, effects: [] };
  const judgement = { askedAtMs, isPending: false, logit: event.logit ?? asked.logit };
  const pause = { ...voice.pause, judgement };
  return decideEnd({ ...voice, pause }, event, rules, person);
}

type Window = Extract<EndpointingEvent, { kind: 'window' }>;

function awaitVoice(
  voice: Quiet,
  event: EndpointingEvent,
  { activity, pause }: EndpointRules,
): EndpointingStep {
  if (event.kind === 'silence-frame') return { voice: quietVoice, effects: [] };
  if (event.kind !== 'window') return { voice, effects: [] };
  const { atMs, probability } = event;
  const run =
    voice.kind === 'maybe' && atMs - voice.lastVoiceMs < pause.packetGapMs
      ? voice
      : { fromMs: atMs - activity.windowMs, windows: 0, evidence: noEvidence };
  if (!isVoiced(run.windows > 0, probability, activity))
    return { voice: quietVoice, effects: [] };
  const { fromMs } = run;
  const windows = run.windows + 1;
  const evidence = addVoicedWindow(run.evidence, event, activity.windowMs);
  if (windows < activity.windowsToBegin) {
    return {
      voice: { kind: 'maybe', fromMs, lastVoiceMs: atMs, windows, evidence },
      effects: [],
    };
  }
  const times = { lastVoiceMs: atMs, lastLoudMs: atMs, lastPacketMs: atMs };
  return {
    voice: { kind: 'talking', fromMs, ...times, evidence, pause: noPause },
    effects: [{ kind: 'began', fromMs, atMs }],
  };
}

function isVoiced(isTalking: boolean, probability: number, activity: ActivityRules) {
  return (
    probability >= (isTalking ? activity.stopProbability : activity.startProbability)
  );
}

function isTailWindow({ mutedAtMs, lastPacketMs }: SpeakingVoice, atMs: number) {
  // A window no newer than the silence frames holds only earlier sound.
  return mutedAtMs !== undefined && atMs <= lastPacketMs;
}

function addTail(voice: SpeakingVoice, window: Window, activity: ActivityRules) {
  const closedMs = (voice.mutedAtMs ?? window.atMs) - packetMs;
  return addVoice(voice, window, Math.min(window.atMs, closedMs), activity);
}

function addVoice(
  voice: SpeakingVoice,
  window: Window,
  toMs: number,
  activity: ActivityRules,
): SpeakingVoice {
  const { levelDb, probability } = window;
  const lastVoiceMs = Math.max(voice.lastVoiceMs, toMs);
  // Faint windows are voice, but do not count for its level.
  const isFaint = isFaintWindow(voice, levelDb, activity);
  const counted = isFaint ? { probability } : window;
  return {
    ...voice,
    lastVoiceMs,
    lastLoudMs: isFaint ? voice.lastLoudMs : lastVoiceMs,
    evidence: addVoicedWindow(voice.evidence, counted, activity.windowMs),
  };
}

function continueVoice(
  voice: SpeakingVoice,
  window: Window,
  { activity, maxUtteranceMs }: EndpointRules,
): EndpointingStep {
  const { atMs } = window;
  const talking: SpeakingVoice = {
    ...addVoice(voice, window, atMs, activity),
    kind: 'talking',
    lastPacketMs: Math.max(voice.lastPacketMs, atMs),
    mutedAtMs: undefined,
    pause: noPause,
    understood: voice.understood && { ...voice.understood, isUpToPause: false },
  };
  if (talking.lastVoiceMs - voice.fromMs >= maxUtteranceMs) return splitVoice(talking);
  if (voice.kind === 'talking') return { voice: talking, effects: [] };
  const pausedMs = Math.max(0, atMs - activity.windowMs - voice.lastVoiceMs);
  return { voice: talking, effects: [{ kind: 'resumed', atMs, pausedMs }] };
}

/** Decides the end of an utterance. A recogniser that was asked too early is first asked again. */
function reviewPause(
  voice: SpeakingVoice,
  event: EndpointingEvent,
  rules: EndpointRules,
  person: SpeakerHabits,
): EndpointingStep {
  if (!voice.understood || !wasAskedTooEarly(voice))
    return decideEnd(voice, event, rules, person);
  const { atMs } = event;
  const understood = { ...voice.understood, isUpToPause: false };
  // The recogniser was asked too early, and is asked again.
  const { judgement, questions } = voice.pause;
  const pause = { ...noPause, judgement, questions };
  const again: SpeakingVoice = { ...voice, kind: 'talking', pause, understood };
  const step = decideEnd(again, event, rules, person);
  return {
    ...step,
    effects: [{ kind: 'resumed', atMs, pausedMs: 0 }, ...step.effects],
  };
}

/** Ends the utterance if the endpointing delay is over, else notes the stage of the pause. */
function decideEnd(
  voice: SpeakingVoice,
  event: EndpointingEvent,
  { delay: delayRules, pause }: EndpointRules,
  person: SpeakerHabits,
): EndpointingStep {
  const { atMs } = event;
  const { signs, silentMs } = describePause(voice, atMs, pause);
  const delay = decideEndpointingDelay(signs, delayRules, person);
  const isOver =
    silentMs >= delay.delayMs && atMs - voice.lastVoiceMs >= delayRules.minDelayMs;
  if (isOver) return endUtterance(voice, signs.isClosed ? 'mute' : 'quiet');
  const stages = {
    'likely-over': delay.delayMs - silentMs <= delay.preemptiveLeadMs,
    'sounds-over': soundsOver(signs, silentMs, pause),
  };
  return notePause(voice, event, { silentMs, stages, signs }, pause);
}

/** Describes the silence since the voice, and its signs of an end of the utterance. */
export function describePause(
  voice: SpeakingVoice,
  atMs: number,
  rules: PauseRules,
): { readonly silentMs: number; readonly signs: PauseSigns } {
  const { lastPacketMs, mutedAtMs, understood } = voice;
  const { judgement, wordsJudgement } = voice.pause;
  const endMs = getVoiceEndMs(voice, rules);
  const silentMs = atMs - endMs;
  const isClosed = mutedAtMs !== undefined || atMs - lastPacketMs >= rules.packetGapMs;
  const isLagging =
    endMs === voice.lastVoiceMs && (mutedAtMs ?? lastPacketMs) - endMs > rules.closeMs;
  const isTextless = understood?.isUpToPause !== true;
  const endOfTurn = findEndOfTurn(understood, atMs, silentMs);
  const signs = {
    isClosed,
    isLagging,
    isTextless,
    endOfTurn,
    judgement,
    wordsJudgement,
  };
  return { silentMs, signs };
}

/** Returns whether a pause without words sounds like an end, to the turn model once it has answered. */
function soundsOver(
  { isTextless, judgement }: PauseSigns,
  silentMs: number,
  { soundsOverMs }: PauseRules,
) {
  const logit = judgement?.logit;
  const isOver = logit === undefined ? silentMs >= soundsOverMs : logit >= 0;
  return isOver && isTextless;
}

type ReviewedPause = {
  readonly silentMs: number;
  readonly signs: PauseSigns;
  readonly stages: Readonly<Record<'likely-over' | 'sounds-over', boolean>>;
};

/** Reports each stage of a pause once: pause, turn model, long pause, likely over. */
function notePause(
  voice: SpeakingVoice,
  event: EndpointingEvent,
  { signs, silentMs, stages }: ReviewedPause,
  rules: PauseRules,
): EndpointingStep {
  const { atMs } = event;
  // A microphone that has closed sends only silence, which need not be waited for.
  const waitedMs = voice.mutedAtMs === undefined ? silentMs : Number.MAX_VALUE;
  const effects: EndpointingEffect[] = [];
  const pause: NotedPause = { ...voice.pause };
  if (voice.kind === 'talking') {
    if (!isPause(voice, event, rules)) return { voice, effects };
    pause.atMs = atMs;
    effects.push({ kind: 'paused', atMs });
  }
  const sentMs = signs.isClosed ? voice.lastPacketMs - atMs + silentMs : silentMs;
  const question = { number: pause.questions, silentMs, sentMs, waitedMs };
  const aheadMs = findSilenceAhead(question, rules.turnModelMs);
  if (aheadMs !== undefined) {
    pause.questions++;
    pause.judgement = { ...pause.judgement, askedAtMs: atMs, isPending: true };
    effects.push({ kind: 'ask-turn-model', atMs, aheadMs });
  }
  const isReached = { ...stages, 'long-pause': waitedMs >= rules.longPauseMs };
  for (const kind of pauseStages) {
    if (!isReached[kind] || pause.reported.includes(kind)) continue;
    pause.reported = [...pause.reported, kind];
    effects.push({ kind, atMs });
  }
  return { voice: { ...voice, kind: 'paused', pause }, effects };
}

function isPause(voice: SpeakingVoice, event: EndpointingEvent, rules: PauseRules) {
  if (voice.mutedAtMs !== undefined) return true;
  if (event.kind === 'tick') {
    // Of a line that loses packets, a short gap shows nothing.
    const gapMs = event.isUneven ? rules.packetGapMs : rules.pauseGapMs;
    return event.atMs - voice.lastPacketMs >= gapMs;
  }
  if (event.kind !== 'window' || event.isLost) return false;
  return event.atMs - getVoiceEndMs(voice, rules) >= rules.pauseMs;
}

/** Ends an utterance in the middle of the voice. What follows is another one of the same turn. */
function splitVoice(voice: SpeakingVoice): EndpointingStep {
  const { lastVoiceMs: atMs } = voice;
  const { effects } = endUtterance(voice, 'too-long');
  const rest: SpeakingVoice = {
    ...voice,
    fromMs: atMs,
    understood: undefined,
    evidence: noEvidence,
  };
  return { voice: rest, effects: [...effects, { kind: 'began', fromMs: atMs, atMs }] };
}

function endUtterance(voice: SpeakingVoice, reason: SpeechEndReason): EndpointingStep {
  const { fromMs, lastVoiceMs: toMs } = voice;
  const evidence = { ...voice.evidence, spanMs: toMs - fromMs };
  return {
    voice: quietVoice,
    effects: [{ kind: 'ended', fromMs, toMs, why: reason, evidence }],
  };
}

type UnderstoodText = EndOfTurn & {
  readonly text: string;
  readonly changedAtMs: number;
  /** The text came in this pause. Otherwise more was said since. */
  readonly isUpToPause: boolean;
  /** The recogniser changed its words in this pause. */
  readonly isRevised: boolean;
};

/** Streaming recognisers change their words for 260 ms after the voice (p95, pocketsphinx). */
const stableTextMs = 300;
const revisionWaitMs = 120;
/** A text that is still changing is no sign of an end. */
const maxRevisedLogit = 0;

function updateUnderstood(
  understood: UnderstoodText | undefined,
  update: { readonly text: string; readonly language?: string; readonly atMs: number },
  inPause: boolean,
) {
  const isSame = understood?.text === update.text;
  const isRevised =
    inPause && understood?.isUpToPause === true && (understood.isRevised || !isSame);
  return {
    ...(isSame ? understood : predictEndOfTurn(update.text, update.language)),
    text: update.text,
    changedAtMs: isSame ? understood.changedAtMs : update.atMs,
    isUpToPause: inPause,
    isRevised,
  };
}

/** Finds the end-of-turn prediction. Undefined if the text is older than the last words and may still change. */
function findEndOfTurn(
  understood: UnderstoodText | undefined,
  atMs: number,
  silentMs: number,
) {
  if (!understood || understood.lastWord === '') return undefined;
  const { completeLogit, lastWord, changedAtMs, isUpToPause, isRevised } = understood;
  const sinceMs = atMs - changedAtMs;
  if (isUpToPause) {
    if (!isRevised || sinceMs >= revisionWaitMs) return { completeLogit, lastWord };
    return { completeLogit: Math.min(completeLogit, maxRevisedLogit), lastWord };
  }
  if (silentMs >= stableTextMs && sinceMs >= stableTextMs)
    return { completeLogit, lastWord };
  return completeLogit < 0 ? { completeLogit: completeLogit / 2, lastWord } : undefined;
}

/** Each is reported once in a pause, in this order. */
const pauseStages = ['long-pause', 'sounds-over', 'likely-over'] as const;

type NotedPause = {
  /** Instant at which the pause was noticed. */
  atMs?: number;
  reported: readonly (typeof pauseStages)[number][];
  /** Number of questions to the turn model in this pause, the latest of them, and the latest answer. */
  questions: number;
  judgement?: TurnJudgement;
  wordsJudgement?: WordsJudgement | undefined;
};

const noPause: NotedPause = { reported: [], questions: 0 };

type SpeakingVoice = {
  readonly kind: 'talking' | 'paused';
  readonly fromMs: number;
  readonly lastVoiceMs: number;
  /** The wait starts at the last voiced window that was not faint. */
  readonly lastLoudMs: number;
  readonly lastPacketMs: number;
  /** Start of the silence frames, if they are the latest packets. */
  readonly mutedAtMs?: number;
  readonly pause: Readonly<NotedPause>;
  readonly understood?: UnderstoodText;
  readonly evidence: VoiceEvidence;
};

/** Sound after a pause was noticed may still belong to the last word. */
const maxTrailingMs = 200;
/** Texts below this logit end in the middle. */
const maxBrokenOffLogit = -1;

/** Recognises a window far below this person's level, which may be somebody in the background. */
function isFaintWindow(
  { evidence }: SpeakingVoice,
  levelDb: number | undefined,
  { faintDb }: ActivityRules,
) {
  if (levelDb === undefined || evidence.meanLevelDb === undefined) return false;
  return levelDb < evidence.meanLevelDb - faintDb;
}

/**
 * Returns the end of the voice. Faint windows prolong the voice by `faintMs` at most.
 */
function getVoiceEndMs(
  { lastLoudMs, lastVoiceMs }: SpeakingVoice,
  { faintMs }: PauseRules,
) {
  return Math.max(lastLoudMs, lastVoiceMs - faintMs);
}

/** Returns whether sound followed the pause at which the recogniser was asked. */
function wasAskedTooEarly({ kind, mutedAtMs = 0, pause, understood }: SpeakingVoice) {
  // A last "s" is no voice to Silero: the text breaks off, and more sounded until the microphone closed.
  const soundedMs = mutedAtMs - (pause.atMs ?? 0);
  if (kind !== 'paused' || soundedMs <= 0 || soundedMs > maxTrailingMs) return false;
  // The text may lack the end of a word.
  return (
    understood?.isUpToPause === true && understood.completeLogit <= maxBrokenOffLogit
  );
}

function addPacket(voice: SpeakingVoice, event: EndpointingEvent): SpeakingVoice {
  if (event.kind === 'tick' || event.kind === 'turn-judged') return voice;
  const lastPacketMs = Math.max(voice.lastPacketMs, event.atMs);
  if (event.kind === 'silence-frame') {
    return { ...voice, lastPacketMs, mutedAtMs: voice.mutedAtMs ?? event.atMs };
  }
  return event.atMs > voice.lastPacketMs
    ? { ...voice, lastPacketMs, mutedAtMs: undefined }
    : voice;
}
