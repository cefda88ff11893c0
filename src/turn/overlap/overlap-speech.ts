import type { BargeInRules } from './barge-in-rules.ts';
import { classifyInterjection } from './interjections.ts';

/** `aside` is said to other people, `noise` has no words. */
export type OverlapKind =
  | 'stop'
  | 'wait'
  | 'go-on'
  | 'backchannel'
  | 'never-mind'
  | 'other'
  | 'aside'
  | 'empty'
  | 'noise'
  | 'echo';

/** `drop` and `hold` are a stop and a wait of a person who has a say. */
type Meaning =
  | 'nothing'
  | 'fine'
  | 'echo'
  | 'words'
  | 'perhaps-stop'
  | 'stop'
  | 'drop'
  | 'hold';

/** Meanings while more words may come, and of final words. */
const overlapMeanings: Readonly<
  Record<OverlapKind, { readonly partial: Meaning; readonly final: Meaning }>
> = {
  stop: { partial: 'perhaps-stop', final: 'stop' },
  'never-mind': { partial: 'words', final: 'drop' },
  wait: { partial: 'words', final: 'hold' },
  other: { partial: 'words', final: 'words' },
  aside: { partial: 'words', final: 'fine' },
  'go-on': { partial: 'fine', final: 'fine' },
  backchannel: { partial: 'fine', final: 'fine' },
  noise: { partial: 'fine', final: 'fine' },
  empty: { partial: 'nothing', final: 'fine' },
  echo: { partial: 'echo', final: 'echo' },
};

/** Gets the meaning of words over the bot. `isSure`: no further word could change their kind. */
export function getMeaning(
  {
    meaning: what,
    isFinal,
    isSure = false,
  }: { meaning: OverlapKind; isFinal: boolean; isSure?: boolean },
  hasSay: boolean,
): Meaning {
  const meaning =
    overlapMeanings[what][isFinal || (what === 'stop' && isSure) ? 'final' : 'partial'];
  return (meaning === 'drop' || meaning === 'hold') && !hasSay ? 'words' : meaning;
}

export function classifyPartial(
  text: string,
  names: readonly string[],
): { readonly meaning: OverlapKind; readonly isSure: boolean } {
  const words = classifyInterjection(text, { isFinal: false, names });
  // "He" may become "here", so short words stay open.
  const isOpen = words.kind === 'backchannel' && isWordBeginning(text);
  return {
    meaning: isOpen ? 'empty' : words.kind,
    isSure: 'sure' in words && words.sure,
  };
}

function isWordBeginning(text: string) {
  return /^\P{L}*[\p{L}&&\p{Script=Latin}]{1,2}\P{L}*$/v.test(text);
}

/** Effect of one voice on the speaking bot. The heaviest effect of all voices counts. */
type SpeechReaction = 'none' | 'duck' | 'tentative-pause' | 'pause';

export type OverlapSpeech = {
  readonly personId: PersonId;
  readonly reaction: SpeechReaction;
  readonly voicedMs: number;
  /** Voice from before the bot began. */
  readonly beforeMs: number;
  /** Voice that is explained: earlier sound, a backchannel, noise. Infinite for an echo. */
  readonly explainedMs: number;
  /** Start of the speech, or of its unexplained part. */
  readonly fromMs: number;
  readonly loudestDb: number;
  readonly levelDb: number;
  readonly lastVoiceMs: number;
  readonly isSounding: boolean;
  readonly endedAtMs?: number;
  /** Since then all words are a stop that more words could still change. */
  readonly stopAtMs?: number;
  readonly meant: boolean;
  /** The final words came, or came too late. */
  readonly isSettled: boolean;
};

export type SpeechEvent =
  | { readonly kind: 'began'; readonly fromMs: number }
  /** Every packet of voice, with all voice since the beginning and the level in dBFS. */
  | { readonly kind: 'voiced'; readonly voicedMs: number; readonly levelDb: number }
  | { readonly kind: 'paused' }
  | { readonly kind: 'ended'; readonly voicedMs: number };

type At = { readonly personId: PersonId; readonly atMs: number };

export function createSpeech({ personId, atMs }: At): OverlapSpeech {
  return {
    personId,
    reaction: 'none',
    voicedMs: 0,
    beforeMs: 0,
    explainedMs: 0,
    fromMs: atMs,
    loudestDb: Number.NEGATIVE_INFINITY,
    levelDb: Number.NEGATIVE_INFINITY,
    lastVoiceMs: atMs,
    isSounding: false,
    meant: false,
    isSettled: false,
  };
}

/** Updates a person's speech over the bot. `isAsker`: this person is being answered. */
export function stepSpeech(
  speech: OverlapSpeech,
  event: At & SpeechEvent,
  isAsker: boolean,
  rules: BargeInRules,
): OverlapSpeech {
  const { voicedMs } = speech;
  switch (event.kind) {
    case 'began':
      return beginSpeech(speech, event, rules);
    case 'voiced':
      return addVoice(speech, event, isAsker, rules);
    case 'paused':
      return silenceSpeech(speech, rules);
    case 'ended': {
      const all = { ...speech, voicedMs: Math.max(voicedMs, event.voicedMs) };
      return { ...silenceSpeech(all, rules), endedAtMs: event.atMs };
    }
  }
}

function beginSpeech(
  former: OverlapSpeech,
  event: At & { fromMs: number },
  { usualNoticeMs }: BargeInRules,
) {
  const fresh = {
    ...createSpeech(event),
    fromMs: event.fromMs + usualNoticeMs,
    isSounding: true,
  };
  // A voice that still waits for its words keeps its pause.
  if (former.isSettled) return fresh;
  const reaction = former.reaction === 'tentative-pause' ? 'duck' : former.reaction;
  return { ...fresh, reaction, stopAtMs: former.stopAtMs, meant: former.meant };
}

function addVoice(
  speech: OverlapSpeech,
  event: At & { voicedMs: number; levelDb: number },
  isAsker: boolean,
  rules: BargeInRules,
): OverlapSpeech {
  const { voicedMs, levelDb, atMs } = event;
  const isSettled = speech.isSettled && speech.endedAtMs === undefined;
  const loudestDb = Math.max(speech.loudestDb, levelDb);
  const sounds =
    voicedMs > speech.voicedMs && loudestDb - levelDb < rules.voiceEndDropDb;
  const now = {
    voicedMs,
    levelDb,
    isSettled,
    isSounding: true,
    endedAtMs: undefined,
    loudestDb,
    lastVoiceMs: sounds ? atMs : speech.lastVoiceMs,
  };
  const heard = { ...speech, ...now };
  const reaction = decideReaction(heard, { atMs, mine: isAsker }, rules);
  return reaction === heard.reaction ? heard : { ...heard, reaction };
}

type Moment = { readonly atMs: number; readonly mine: boolean };

function decideReaction(speech: OverlapSpeech, moment: Moment, rules: BargeInRules) {
  const { reaction, voicedMs, explainedMs, loudestDb, levelDb } = speech;
  const newMs = voicedMs - explainedMs;
  const isGone = loudestDb - levelDb >= rules.voiceEndDropDb;
  if (reaction === 'pause' || (!isGone && isLongOverlap(speech, moment, rules)))
    return 'pause';
  if (isTentativePause(speech, moment, rules)) return 'tentative-pause';
  if (reaction === 'tentative-pause' || (newMs >= rules.minDuckDurationMs && !isGone))
    return 'duck';
  return reaction;
}

function isLongOverlap(
  { voicedMs, explainedMs, fromMs }: OverlapSpeech,
  { atMs, mine }: Moment,
  rules: BargeInRules,
) {
  if (!mine) return voicedMs - explainedMs >= rules.minBystanderDurationMs;
  return voicedMs > explainedMs && atMs - fromMs >= rules.minPauseDurationMs;
}

function isTentativePause(
  { reaction, voicedMs, explainedMs, fromMs }: OverlapSpeech,
  { atMs, mine }: Moment,
  rules: BargeInRules,
) {
  const lasts =
    voicedMs > explainedMs && atMs - fromMs >= rules.minTentativePauseDurationMs;
  return reaction === 'tentative-pause' || (mine && lasts);
}

function silenceSpeech(speech: OverlapSpeech, rules: BargeInRules) {
  const { beforeMs, explainedMs, voicedMs } = speech;
  const harmless =
    explainedMs > beforeMs && voicedMs - explainedMs < rules.minPauseDurationMs;
  const reaction = speech.reaction === 'tentative-pause' ? 'duck' : speech.reaction;
  return { ...speech, isSounding: false, reaction: harmless ? 'none' : reaction };
}

/** Marks speech as explained: so far as a backchannel or noise, or for good as an echo. */
export function explainSpeech(
  speech: OverlapSpeech,
  by: 'fine' | 'echo',
  isFinal: boolean,
): OverlapSpeech {
  const isSettled = speech.isSettled || isFinal;
  const harmless = { ...speech, isSettled, stopAtMs: undefined };
  if (by === 'echo') {
    return { ...harmless, reaction: 'none', explainedMs: Number.POSITIVE_INFINITY };
  }
  const { reaction, isSounding, voicedMs, lastVoiceMs: fromMs } = speech;
  const still =
    reaction === 'tentative-pause' || (reaction === 'pause' && isFinal)
      ? 'duck'
      : reaction;
  return {
    ...harmless,
    reaction: isSounding ? still : 'none',
    explainedMs: voicedMs,
    fromMs,
  };
}

/**
 * Updates the reaction to words: those of the asker pause the bot, those of others end a pause that a "stop" began.
 */
export function applyWords(
  speech: OverlapSpeech,
  isFinal: boolean,
  isAsker: boolean,
  rules: BargeInRules,
): OverlapSpeech {
  const { beforeMs, voicedMs } = speech;
  const isSettled = speech.isSettled || isFinal;
  const short = voicedMs - beforeMs < rules.minBystanderDurationMs;
  const eased = speech.reaction === 'pause' && short ? 'duck' : speech.reaction;
  const reaction = isAsker ? 'pause' : eased;
  return { ...speech, isSettled, reaction, explainedMs: beforeMs, stopAtMs: undefined };
}

export function carryToNextReply(speech: OverlapSpeech): OverlapSpeech {
  const { explainedMs, voicedMs, isSounding, stopAtMs, lastVoiceMs: fromMs } = speech;
  const ducks = isSounding && voicedMs >= explainedMs && speech.reaction !== 'none';
  const reaction = stopAtMs !== undefined ? 'pause' : ducks ? 'duck' : 'none';
  // Earlier voice counts no more, but ducks while it lasts.
  const knownMs = Math.max(explainedMs, voicedMs);
  return { ...speech, reaction, fromMs, beforeMs: voicedMs, explainedMs: knownMs };
}

/** Updates speech by time alone. `isForBot`: its words are for the bot. */
export function expireSpeech(
  speech: OverlapSpeech,
  atMs: number,
  isForBot: boolean,
  rules: BargeInRules,
): OverlapSpeech | 'stop' | 'yield' {
  const { reaction, lastVoiceMs, stopAtMs } = speech;
  if (stopAtMs !== undefined) {
    return atMs - Math.max(stopAtMs, lastVoiceMs) >= rules.partialStopTimeoutMs
      ? 'stop'
      : speech;
  }
  switch (reaction) {
    case 'none':
      return speech;
    case 'tentative-pause':
    case 'duck': {
      if (atMs - lastVoiceMs >= rules.duckTimeoutMs)
        return { ...speech, reaction: 'none' };
      return reaction === 'tentative-pause' &&
        atMs - lastVoiceMs >= rules.falseInterruptionTimeoutMs
        ? { ...speech, reaction: 'duck' }
        : speech;
    }
    case 'pause':
      return expirePause(speech, atMs, isForBot, rules);
  }
}

function expirePause(
  speech: OverlapSpeech,
  atMs: number,
  isForBot: boolean,
  rules: BargeInRules,
) {
  // Others are done when they end, but words for the bot have some time to come.
  const overMs = speech.endedAtMs ?? speech.lastVoiceMs + rules.lostSpeechTimeoutMs;
  if (atMs < overMs + (isForBot ? rules.finalTextTimeoutMs : 0)) return speech;
  if (isForBot && speech.voicedMs - speech.beforeMs >= rules.minQuestionDurationMs)
    return 'yield';
  const isSettled = speech.isSettled || isForBot;
  return { ...speech, isSettled, reaction: 'none' } as const;
}
