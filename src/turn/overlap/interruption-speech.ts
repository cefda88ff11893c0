import { classify } from './interjections.ts';
import type { InterruptionRules } from './interruption-rules.ts';

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
type Meaning = 'nothing' | 'fine' | 'echo' | 'words' | 'perhaps-stop' | 'stop' | 'drop' | 'hold';

/** Meanings while more words may come, and of final words. */
const meanings: Readonly<
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

/** `sure` means that no further word could change the kind. */
export function meaningOf(
  { what, isFinal, sure = false }: { what: OverlapKind; isFinal: boolean; sure?: boolean },
  hasSay: boolean,
): Meaning {
  const meaning = meanings[what][isFinal || (what === 'stop' && sure) ? 'final' : 'partial'];
  return (meaning === 'drop' || meaning === 'hold') && !hasSay ? 'words' : meaning;
}

/** Classifies a partial. "He" may become "here", so short words stay open. */
export function overlapOfPartial(
  text: string,
  names: readonly string[],
): { readonly what: OverlapKind; readonly sure: boolean } {
  const words = classify(text, { isFinal: false, names });
  const isOpen = words.kind === 'backchannel' && isBeginning(text);
  return { what: isOpen ? 'empty' : words.kind, sure: 'sure' in words && words.sure };
}

function isBeginning(text: string) {
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
  readonly sounding: boolean;
  readonly endedAtMs?: number;
  /** Since then all words are a stop that more words could still change. */
  readonly stopAtMs?: number;
  readonly meant: boolean;
  /** The final words came, or came too late. */
  readonly settled: boolean;
};

export type SpeechEvent =
  | { readonly kind: 'began'; readonly fromMs: number }
  /** Every packet of voice, with all voice since the beginning and the level in dBFS. */
  | { readonly kind: 'voiced'; readonly voicedMs: number; readonly levelDb: number }
  | { readonly kind: 'paused' }
  | { readonly kind: 'ended'; readonly voicedMs: number };

type At = { readonly personId: PersonId; readonly atMs: number };

export function unheard({ personId, atMs }: At): OverlapSpeech {
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
    sounding: false,
    meant: false,
    settled: false,
  };
}

/** One step of a person's speech over the bot. `mine` means that this person is being answered. */
export function stepSpeech(
  speech: OverlapSpeech,
  event: At & SpeechEvent,
  mine: boolean,
  rules: InterruptionRules,
): OverlapSpeech {
  const { voicedMs } = speech;
  switch (event.kind) {
    case 'began':
      return begun(speech, event, rules);
    case 'voiced':
      return voiced(speech, event, mine, rules);
    case 'paused':
      return silenced(speech, rules);
    case 'ended': {
      const all = { ...speech, voicedMs: Math.max(voicedMs, event.voicedMs) };
      return { ...silenced(all, rules), endedAtMs: event.atMs };
    }
  }
}

function begun(
  former: OverlapSpeech,
  event: At & { fromMs: number },
  { usualNoticeMs }: InterruptionRules,
): OverlapSpeech {
  const fresh = { ...unheard(event), fromMs: event.fromMs + usualNoticeMs, sounding: true };
  // A voice that still waits for its words keeps its pause.
  if (former.settled) return fresh;
  const reaction = former.reaction === 'tentative-pause' ? 'duck' : former.reaction;
  return { ...fresh, reaction, stopAtMs: former.stopAtMs, meant: former.meant };
}

function voiced(
  speech: OverlapSpeech,
  event: At & { voicedMs: number; levelDb: number },
  mine: boolean,
  rules: InterruptionRules,
): OverlapSpeech {
  const { voicedMs, levelDb, atMs } = event;
  const settled = speech.settled && speech.endedAtMs === undefined;
  const loudestDb = Math.max(speech.loudestDb, levelDb);
  const sounds = voicedMs > speech.voicedMs && loudestDb - levelDb < rules.voiceEndDropDb;
  const now = {
    voicedMs,
    levelDb,
    settled,
    sounding: true,
    endedAtMs: undefined,
    loudestDb,
    lastVoiceMs: sounds ? atMs : speech.lastVoiceMs,
  };
  const heard = { ...speech, ...now };
  const reaction = reactionOf(heard, { atMs, mine }, rules);
  return reaction === heard.reaction ? heard : { ...heard, reaction };
}

type Moment = { readonly atMs: number; readonly mine: boolean };

function reactionOf(
  speech: OverlapSpeech,
  moment: Moment,
  rules: InterruptionRules,
): SpeechReaction {
  const { reaction, voicedMs, explainedMs, loudestDb, levelDb } = speech;
  const newMs = voicedMs - explainedMs;
  const isGone = loudestDb - levelDb >= rules.voiceEndDropDb;
  if (reaction === 'pause' || (!isGone && isLong(speech, moment, rules))) return 'pause';
  if (isTentative(speech, moment, rules)) return 'tentative-pause';
  if (reaction === 'tentative-pause' || (newMs >= rules.minDuckDurationMs && !isGone))
    return 'duck';
  return reaction;
}

function isLong(
  { voicedMs, explainedMs, fromMs }: OverlapSpeech,
  { atMs, mine }: Moment,
  rules: InterruptionRules,
) {
  if (!mine) return voicedMs - explainedMs >= rules.minBystanderDurationMs;
  return voicedMs > explainedMs && atMs - fromMs >= rules.minPauseDurationMs;
}

function isTentative(
  { reaction, voicedMs, explainedMs, fromMs }: OverlapSpeech,
  { atMs, mine }: Moment,
  rules: InterruptionRules,
) {
  const lasts = voicedMs > explainedMs && atMs - fromMs >= rules.minTentativePauseDurationMs;
  return reaction === 'tentative-pause' || (mine && lasts);
}

function silenced(speech: OverlapSpeech, rules: InterruptionRules): OverlapSpeech {
  const { beforeMs, explainedMs, voicedMs } = speech;
  const harmless = explainedMs > beforeMs && voicedMs - explainedMs < rules.minPauseDurationMs;
  const reaction = speech.reaction === 'tentative-pause' ? 'duck' : speech.reaction;
  return { ...speech, sounding: false, reaction: harmless ? 'none' : reaction };
}

/** Marks speech as explained: a backchannel or noise so far, or an echo altogether. */
export function explained(
  speech: OverlapSpeech,
  by: 'fine' | 'echo',
  isFinal: boolean,
): OverlapSpeech {
  const settled = speech.settled || isFinal;
  const harmless = { ...speech, settled, stopAtMs: undefined };
  if (by === 'echo') {
    return { ...harmless, reaction: 'none', explainedMs: Number.POSITIVE_INFINITY };
  }
  const { reaction, sounding, voicedMs, lastVoiceMs: fromMs } = speech;
  const still =
    reaction === 'tentative-pause' || (reaction === 'pause' && isFinal) ? 'duck' : reaction;
  return { ...harmless, reaction: sounding ? still : 'none', explainedMs: voicedMs, fromMs };
}

/** Words of the asker pause the bot. Words of others end a pause that a "stop" began. */
export function worded(
  speech: OverlapSpeech,
  isFinal: boolean,
  mine: boolean,
  rules: InterruptionRules,
): OverlapSpeech {
  const { beforeMs, voicedMs } = speech;
  const settled = speech.settled || isFinal;
  const short = voicedMs - beforeMs < rules.minBystanderDurationMs;
  const eased = speech.reaction === 'pause' && short ? 'duck' : speech.reaction;
  const reaction = mine ? 'pause' : eased;
  return { ...speech, settled, reaction, explainedMs: beforeMs, stopAtMs: undefined };
}

export function carried(speech: OverlapSpeech): OverlapSpeech {
  const { explainedMs, voicedMs, sounding, stopAtMs, lastVoiceMs: fromMs } = speech;
  const ducks = sounding && voicedMs >= explainedMs && speech.reaction !== 'none';
  const reaction = stopAtMs !== undefined ? 'pause' : ducks ? 'duck' : 'none';
  // Earlier voice counts no more, but ducks while it lasts.
  const knownMs = Math.max(explainedMs, voicedMs);
  return { ...speech, reaction, fromMs, beforeMs: voicedMs, explainedMs: knownMs };
}

/** Changes a speech by time alone. `mine` means that its words are for the bot. */
export function overdue(
  speech: OverlapSpeech,
  atMs: number,
  mine: boolean,
  rules: InterruptionRules,
): OverlapSpeech | 'stop' | 'yield' {
  const { reaction, lastVoiceMs, stopAtMs } = speech;
  if (stopAtMs !== undefined) {
    return atMs - Math.max(stopAtMs, lastVoiceMs) >= rules.partialStopTimeoutMs ? 'stop' : speech;
  }
  switch (reaction) {
    case 'none':
      return speech;
    case 'tentative-pause':
    case 'duck': {
      if (atMs - lastVoiceMs >= rules.duckTimeoutMs) return { ...speech, reaction: 'none' };
      return reaction === 'tentative-pause' &&
        atMs - lastVoiceMs >= rules.falseInterruptionTimeoutMs
        ? { ...speech, reaction: 'duck' }
        : speech;
    }
    case 'pause':
      return unanswered(speech, atMs, mine, rules);
  }
}

function unanswered(speech: OverlapSpeech, atMs: number, mine: boolean, rules: InterruptionRules) {
  // Others are done when they end, but words for the bot have some time to come.
  const overMs = speech.endedAtMs ?? speech.lastVoiceMs + rules.lostSpeechTimeoutMs;
  if (atMs < overMs + (mine ? rules.finalTextTimeoutMs : 0)) return speech;
  if (mine && speech.voicedMs - speech.beforeMs >= rules.minQuestionDurationMs) return 'yield';
  const settled = speech.settled || mine;
  return { ...speech, settled, reaction: 'none' } as const;
}
