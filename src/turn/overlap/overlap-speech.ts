import type { PersonId } from '#src/base/ids.ts';
import type { BargeInTimeouts, ReactionRules } from './barge-in-rules.ts';
import { classifyInterjection, type Interjection } from './interjections.ts';

/** `aside` is said to other people, `noise` has no words. */
export type OverlapKind = Interjection['kind'] | 'aside' | 'noise';

/** `drop` and `hold` are a stop and a wait of a person who has a say. */
type Meaning = 'nothing' | 'fine' | 'words' | 'perhaps-stop' | 'stop' | 'drop' | 'hold';

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
};

/** Gets the meaning of words over the bot. `isSure` means that no further word could change their kind. */
export function getMeaning(
  {
    meaning: kind,
    isFinal,
    isSure = false,
  }: { meaning: OverlapKind; isFinal: boolean; isSure?: boolean },
  hasSay: boolean,
): Meaning {
  const meaning =
    overlapMeanings[kind][isFinal || (kind === 'stop' && isSure) ? 'final' : 'partial'];
  return (meaning === 'drop' || meaning === 'hold') && !hasSay ? 'words' : meaning;
}

/**
 * Classifies the words that a recogniser has for a voice over the bot so far. `isOfPause`: these are all of its words up
 * to a pause.
 */
export function classifyPartial(
  text: string,
  names: readonly string[],
  isOfPause: boolean,
): { readonly meaning: OverlapKind; readonly isSure: boolean } {
  const interjection = classifyInterjection(text, { isFinal: false, names });
  // A voice without words so far was a laugh or a cough. In the middle of speech the words may be late.
  if (isOfPause && interjection.kind === 'empty')
    return { meaning: 'noise', isSure: false };
  // "He" may become "here", so short words stay open.
  const isOpen = interjection.kind === 'backchannel' && isWordBeginning(text);
  return {
    meaning: isOpen ? 'empty' : interjection.kind,
    isSure: 'sure' in interjection && interjection.sure,
  };
}

function isWordBeginning(text: string) {
  return /^\P{L}*[\p{L}&&\p{Script=Latin}]{1,2}\P{L}*$/v.test(text);
}

/** Effect of one voice on the speaking bot. The heaviest effect of all voices counts. */
type SpeechReaction = 'none' | 'duck' | 'tentative-pause' | 'pause';

type OverlapSound = {
  readonly voicedMs: number;
  readonly loudestDb: number;
  readonly levelDb: number;
  readonly lastVoiceMs: number;
  readonly isSounding: boolean;
  readonly endedAtMs?: number;
};

/** Whose voice it is. `goes-on`: of the person who is answered, so soon that the question was not over. */
export type OverlapSpeaker = 'goes-on' | 'asker' | 'other';

/** One person's voice over the speaking bot, and the reaction to it. */
export type OverlapSpeech = {
  readonly personId: PersonId;
  readonly reaction: SpeechReaction;
  readonly sound: OverlapSound;
  /** Voice from before the bot began. */
  readonly beforeMs: number;
  /** Voice that is explained: earlier sound, a backchannel, noise. */
  readonly explainedMs: number;
  /** Start of the speech, or of its unexplained part. */
  readonly fromMs: number;
  /** Since then all words are a stop that more words could still change. */
  readonly stopAtMs?: number;
  readonly isMeant: boolean;
  /** The final words came, or came too late. */
  readonly isSettled: boolean;
  /** Words of the voice before this one are still to come. */
  readonly isAwaited?: boolean;
};

/** Events of a voice over the speaking bot. */
export type SpeechEvent =
  | { readonly kind: 'began'; readonly fromMs: number }
  /** Every packet of voice, with all voice since the beginning and the level in dBFS. */
  | { readonly kind: 'voiced'; readonly voicedMs: number; readonly levelDb: number }
  | { readonly kind: 'paused' }
  /** `isWordless`: it was too little for a recogniser, so no words will come. */
  | {
      readonly kind: 'ended';
      readonly voicedMs: number;
      readonly isWordless?: boolean;
    };

type At = { readonly personId: PersonId; readonly atMs: number };

/** Creates the state of a voice that begins over the bot, or was there before. */
export function createOverlapSpeech(
  { personId, atMs }: At,
  isSounding: boolean = false,
): OverlapSpeech {
  const silenceDb = Number.NEGATIVE_INFINITY;
  return {
    personId,
    reaction: 'none',
    sound: {
      voicedMs: 0,
      loudestDb: silenceDb,
      levelDb: silenceDb,
      lastVoiceMs: atMs,
      isSounding,
    },
    beforeMs: 0,
    explainedMs: 0,
    fromMs: atMs,
    isMeant: false,
    isSettled: false,
  };
}

/** Updates one person's speech over the bot. */
export function stepSpeech(
  speech: OverlapSpeech,
  event: At & SpeechEvent,
  speaker: OverlapSpeaker,
  rules: ReactionRules,
): OverlapSpeech {
  switch (event.kind) {
    case 'began':
      return beginSpeech(speech, event, rules);
    case 'voiced':
      return addVoice(speech, event, speaker, rules);
    case 'paused':
      return silenceSpeech(speech, {}, rules);
    case 'ended': {
      const voicedMs = Math.max(speech.sound.voicedMs, event.voicedMs);
      const change = { voicedMs, endedAtMs: event.atMs };
      const silent = silenceSpeech(speech, change, rules);
      return event.isWordless && !speech.isAwaited
        ? explainSpeech(silent, true)
        : silent;
    }
  }
}

function beginSpeech(
  lastSpeech: OverlapSpeech,
  event: At & { fromMs: number },
  { usualNoticeMs }: ReactionRules,
): OverlapSpeech {
  const fresh = {
    ...createOverlapSpeech(event, true),
    fromMs: event.fromMs + usualNoticeMs,
  };
  // A voice that still waits for its words keeps its pause.
  if (lastSpeech.isSettled) return fresh;
  const reaction =
    lastSpeech.reaction === 'tentative-pause' ? 'duck' : lastSpeech.reaction;
  return {
    ...fresh,
    reaction,
    stopAtMs: lastSpeech.stopAtMs,
    isMeant: lastSpeech.isMeant,
    isAwaited: reaction === 'pause',
  };
}

function addVoice(
  speech: OverlapSpeech,
  event: At & { voicedMs: number; levelDb: number },
  speaker: OverlapSpeaker,
  rules: ReactionRules,
): OverlapSpeech {
  const { voicedMs, levelDb, atMs } = event;
  const { sound } = speech;
  const loudestDb = Math.max(sound.loudestDb, levelDb);
  const isVoice =
    voicedMs > sound.voicedMs && loudestDb - levelDb < rules.voiceEndDropDb;
  const voiced: OverlapSpeech = {
    ...speech,
    isSettled: speech.isSettled && sound.endedAtMs === undefined,
    sound: {
      voicedMs,
      loudestDb,
      levelDb,
      lastVoiceMs: isVoice ? atMs : sound.lastVoiceMs,
      isSounding: true,
    },
  };
  const reaction = decideReaction(voiced, atMs, speaker, rules);
  return { ...voiced, reaction };
}

function decideReaction(
  { explainedMs, fromMs, reaction, sound }: OverlapSpeech,
  atMs: number,
  speaker: OverlapSpeaker,
  rules: ReactionRules,
) {
  const isAsker = speaker !== 'other';
  const newMs = sound.voicedMs - explainedMs;
  // Of the asker, the time since any new voice counts. Of others, the new voice.
  const askedMs = isAsker && newMs > 0 ? atMs - fromMs : 0;
  const isLong =
    askedMs >= rules.minPauseDurationMs ||
    (!isAsker && newMs >= rules.minBystanderDurationMs);
  const isGone = sound.loudestDb - sound.levelDb >= rules.voiceEndDropDb;
  if (reaction === 'pause' || (isLong && !isGone)) return 'pause';
  if (reaction === 'tentative-pause' || askedMs >= rules.minTentativePauseDurationMs)
    return 'tentative-pause';
  if (newMs < rules.minDuckDurationMs || isGone) return reaction;
  return speaker === 'goes-on' ? 'tentative-pause' : 'duck';
}

function silenceSpeech(
  speech: OverlapSpeech,
  change: Partial<OverlapSound>,
  rules: ReactionRules,
): OverlapSpeech {
  const { beforeMs, explainedMs } = speech;
  const sound = { ...speech.sound, ...change, isSounding: false };
  const isHarmless =
    explainedMs > beforeMs && sound.voicedMs - explainedMs < rules.minPauseDurationMs;
  const reaction = speech.reaction === 'tentative-pause' ? 'duck' : speech.reaction;
  return { ...speech, sound, reaction: isHarmless ? 'none' : reaction };
}

/** Marks speech so far as explained: a backchannel or noise. */
export function explainSpeech(speech: OverlapSpeech, isFinal: boolean): OverlapSpeech {
  const { reaction, sound } = speech;
  const milderReaction =
    reaction === 'tentative-pause' || (reaction === 'pause' && isFinal)
      ? 'duck'
      : reaction;
  return {
    ...speech,
    isSettled: speech.isSettled || isFinal,
    stopAtMs: undefined,
    reaction: sound.isSounding ? milderReaction : 'none',
    explainedMs: sound.voicedMs,
    fromMs: sound.lastVoiceMs,
  };
}

/**
 * Updates the reaction to words: those of the asker pause the bot, those of others end a pause that a "stop" began.
 */
export function applyWords(
  speech: OverlapSpeech,
  isFinal: boolean,
  isAsker: boolean,
  rules: ReactionRules,
): OverlapSpeech {
  const { beforeMs, sound } = speech;
  const isSettled = speech.isSettled || isFinal;
  const isShort = sound.voicedMs - beforeMs < rules.minBystanderDurationMs;
  const easedReaction =
    speech.reaction === 'pause' && isShort ? 'duck' : speech.reaction;
  const reaction = isAsker ? 'pause' : easedReaction;
  return { ...speech, isSettled, reaction, explainedMs: beforeMs, stopAtMs: undefined };
}

/** Prepares a speech for the next reply, which it must not interrupt by what came before. */
export function carryToNextReply(speech: OverlapSpeech): OverlapSpeech {
  const { sound, stopAtMs } = speech;
  const { voicedMs, isSounding, lastVoiceMs: fromMs } = sound;
  const ducks = isSounding && speech.reaction !== 'none';
  const reaction = stopAtMs !== undefined ? 'pause' : ducks ? 'duck' : 'none';
  // Earlier voice counts no more, but ducks while it lasts.
  return { ...speech, reaction, fromMs, beforeMs: voicedMs, explainedMs: voicedMs };
}

/** Ends reactions whose time is over. `isForBot` means that the words are for the bot. */
export function expireSpeech(
  speech: OverlapSpeech,
  atMs: number,
  isForBot: boolean,
  timeouts: BargeInTimeouts,
): OverlapSpeech | 'stop' | 'yield' {
  const { reaction, sound, stopAtMs } = speech;
  const { lastVoiceMs } = sound;
  if (stopAtMs !== undefined) {
    return atMs - Math.max(stopAtMs, lastVoiceMs) >= timeouts.partialStopTimeoutMs
      ? 'stop'
      : speech;
  }
  switch (reaction) {
    case 'none':
      return speech;
    case 'tentative-pause':
    case 'duck': {
      if (atMs - lastVoiceMs >= timeouts.duckTimeoutMs)
        return { ...speech, reaction: 'none' };
      return reaction === 'tentative-pause' &&
        atMs - lastVoiceMs >= timeouts.falseInterruptionTimeoutMs
        ? { ...speech, reaction: 'duck' }
        : speech;
    }
    case 'pause':
      return expirePause(speech, atMs, isForBot, timeouts);
  }
}

function expirePause(
  speech: OverlapSpeech,
  atMs: number,
  isForBot: boolean,
  timeouts: BargeInTimeouts,
) {
  // Others are done when they end, but words for the bot have some time to come.
  const { endedAtMs, lastVoiceMs, voicedMs } = speech.sound;
  const overMs = endedAtMs ?? lastVoiceMs + timeouts.lostSpeechTimeoutMs;
  if (atMs < overMs + (isForBot ? timeouts.finalTextTimeoutMs : 0)) return speech;
  if (isForBot && voicedMs - speech.beforeMs >= timeouts.minQuestionDurationMs)
    return 'yield';
  const isSettled = speech.isSettled || isForBot;
  return { ...speech, isSettled, reaction: 'none' } as const;
}

/**
 * Silero v5 on test/fixtures/speech: after a first window above 0.5, "seven" falls to 0.2 for 100 ms. A voice is
 * noticed 60 ms (p50) to 140 ms (p95) after its first loud packet, so the level shows its start.
 */
const overlapVoiceRules = {
  startProbability: 0.5,
  /** Far below that of endpointing, as consonants are hardly voiced. */
  keepProbability: 0.15,
  windowMs: 32,
  /** Packets still count as voice for this time after the last voiced window. */
  hangoverMs: 40,
  endSilenceMs: 120,
  /** Quieter sound before a voice is the room. */
  maxOnsetDropDb: 25,
  maxOnsetMs: 120,
} as const;

const noOverlapEvents: readonly OverlapVoiceEvent[] = [];

const packetMs = 20;

/** Measurements of one microphone: windows of voice activity detection, and packets. */
export type OverlapVoiceInput =
  | {
      readonly kind: 'window';
      readonly probability: number;
      readonly levelDb: number;
      readonly atMs: number;
    }
  /** Level of one packet in dBFS. It comes after the windows that the packet completes. */
  | { readonly kind: 'packet'; readonly levelDb: number; readonly atMs: number }
  /** The microphone closed, or time passed, without an utterance. */
  | { readonly kind: 'closed' | 'tick'; readonly atMs: number };

/** Beginning, length and end of a voice over the bot. */
export type OverlapVoiceEvent =
  /** `fromMs` is the first loud packet, or the first window. */
  | { readonly kind: 'overlap-began'; readonly fromMs: number }
  /** `voicedMs` is all voice since the overlap began. The level is that of the latest packet. */
  | { readonly kind: 'voiced'; readonly voicedMs: number; readonly levelDb: number }
  | { readonly kind: 'overlap-ended'; readonly voicedMs: number };

type BeforeVoice = {
  readonly kind: 'before';
  readonly packets: readonly OverlapPacket[];
};
type Voice = {
  readonly kind: 'voice';
  readonly voicedMs: number;
  readonly lastVoiceMs: number;
};
/** State of noticing a voice. Undefined: no voice and no packets. */
export type OverlapVoice = BeforeVoice | Voice | undefined;

type OverlapWindow = Extract<OverlapVoiceInput, { kind: 'window' }>;
type OverlapPacket = Extract<OverlapVoiceInput, { kind: 'packet' }>;
type OverlapStep = {
  readonly overlap: OverlapVoice;
  readonly events: readonly OverlapVoiceEvent[];
};

/** One step of noticing a voice over the bot: by its first window, and then measured with every packet. */
export function stepOverlapVoice(
  overlap: OverlapVoice,
  event: OverlapVoiceInput,
): OverlapStep {
  switch (event.kind) {
    case 'window':
      return measureWindow(overlap, event);
    case 'packet':
      return overlap?.kind === 'voice'
        ? { overlap, events: reportLevel(overlap, event) }
        : keepOverlap(addPacketBeforeVoice(overlap, event));
    case 'closed':
      return endVoice(overlap);
    case 'tick': {
      const isVoice = overlap?.kind === 'voice';
      const isOver =
        isVoice && event.atMs - overlap.lastVoiceMs >= overlapVoiceRules.endSilenceMs;
      return isOver ? endVoice(overlap) : keepOverlap(overlap);
    }
  }
}

function measureWindow(overlap: OverlapVoice, window: OverlapWindow): OverlapStep {
  const { probability, atMs } = window;
  const { startProbability, keepProbability, windowMs } = overlapVoiceRules;
  if (overlap?.kind !== 'voice') {
    if (probability < startProbability) return keepOverlap(overlap);
    const fromMs = Math.min(
      atMs - windowMs,
      findOnsetMs(overlap?.packets ?? [], window),
    );
    const events = [{ kind: 'overlap-began', fromMs } as const];
    return {
      overlap: { kind: 'voice', voicedMs: windowMs, lastVoiceMs: atMs },
      events,
    };
  }
  if (probability < keepProbability) return keepOverlap(overlap);
  return keepOverlap({
    kind: 'voice',
    voicedMs: overlap.voicedMs + windowMs,
    lastVoiceMs: atMs,
  });
}

function findOnsetMs(packets: readonly OverlapPacket[], window: OverlapWindow) {
  const { hangoverMs, maxOnsetDropDb, maxOnsetMs } = overlapVoiceRules;
  let [fromMs, loudestDb] = [window.atMs, window.levelDb];
  for (const { levelDb, atMs } of packets.toReversed()) {
    loudestDb = Math.max(loudestDb, levelDb);
    if (fromMs - atMs > hangoverMs || levelDb < loudestDb - maxOnsetDropDb) break;
    fromMs = atMs - packetMs;
  }
  return Math.max(fromMs, window.atMs - maxOnsetMs);
}

function addPacketBeforeVoice(
  overlap: BeforeVoice | undefined,
  packet: OverlapPacket,
): BeforeVoice {
  // A voice found later began in one of them.
  const packets = [...(overlap?.packets ?? []), packet].slice(
    -overlapVoiceRules.maxOnsetMs / packetMs,
  );
  return { kind: 'before', packets };
}

function reportLevel(
  { voicedMs, lastVoiceMs }: Voice,
  { levelDb, atMs }: OverlapPacket,
): readonly OverlapVoiceEvent[] {
  return atMs - lastVoiceMs > overlapVoiceRules.hangoverMs
    ? []
    : [{ kind: 'voiced', voicedMs, levelDb }];
}

function endVoice(overlap: OverlapVoice): OverlapStep {
  if (overlap?.kind !== 'voice') return keepOverlap(undefined);
  return {
    overlap: undefined,
    events: [{ kind: 'overlap-ended', voicedMs: overlap.voicedMs }],
  };
}

function keepOverlap(overlap: OverlapVoice): OverlapStep {
  return { overlap, events: noOverlapEvents };
}
