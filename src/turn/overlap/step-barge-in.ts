import type { PersonId } from '#src/base/ids.ts';
import type { BargeInRules, BargeInTimeouts } from './barge-in-rules.ts';
import {
  applyWords,
  carryToNextReply,
  createOverlapSpeech,
  expireSpeech,
  explainSpeech,
  getMeaning,
  type OverlapKind,
  type OverlapSpeaker,
  type OverlapSpeech,
  type SpeechEvent,
  stepSpeech,
} from './overlap-speech.ts';

/** Events come in the order of `atMs`, with a `tick` every 20 ms while the bot speaks. */
export type BargeInEvent = { readonly atMs: number } & (
  | {
      /** First frame of a reply. `replyTo` is the asker, and undefined for an announcement. */
      readonly kind: 'reply-began';
      readonly replyTo?: PersonId;
      readonly interruptible: boolean;
    }
  | { readonly kind: 'reply-over' }
  | ({ readonly personId: PersonId } & SpeechEvent)
  | {
      /** All words of this person's latest speech so far. Words that are being answered do not come here. */
      readonly kind: 'heard-as';
      readonly personId: PersonId;
      readonly meaning: OverlapKind;
      readonly isFinal: boolean;
      /** By name or by context. */
      readonly isMeant: boolean;
      readonly isSure?: boolean;
    }
  | { readonly kind: 'left'; readonly personId: PersonId }
  | { readonly kind: 'tick' }
);

/** How barge-in ends a reply. */
export type BargeInAction =
  /** Stop the speech, drop the rest of the answer, and answer nothing. */
  | 'stop'
  /** Stop the reply and answer the voice over it. */
  | 'yield'
  /** Let the clause end, then yield. */
  | 'finish-clause';

/** `stop` and `yield` end the reply. `pause` and `finish-clause` do not outlive it. */
export type BargeInEffect =
  | 'duck'
  | 'unduck'
  | 'pause'
  | 'resume'
  /** Play a cue before a long pause ends. */
  | 'go-on-cue'
  | BargeInAction;

type OverlappedReply = {
  readonly replyTo?: PersonId;
  readonly interruptible: boolean;
  readonly fromMs: number;
  readonly isDucked: boolean;
  readonly isPaused: boolean;
  /** A pause ended by itself, so whoever made it did not go on. */
  readonly hasResumed: boolean;
  readonly hold?: { readonly personId: PersonId; readonly untilMs: number };
  readonly isLeaving: boolean;
};

/** State of barge-in for one session. Begin with `initialBargeIn`. */
export type BargeInState = {
  readonly reply?: OverlappedReply;
  readonly speeches: readonly OverlapSpeech[];
};

const noEffects: readonly BargeInEffect[] = [];

/** Nobody speaks over the bot. */
export const initialBargeIn: BargeInState = { speeches: [] };

type BargeInStep = {
  readonly state: BargeInState;
  readonly effects: readonly BargeInEffect[];
};
/** Meaning of one person's words over the bot. */
export type OverlapText = Extract<BargeInEvent, { kind: 'heard-as' }>;

/**
 * Returns the next state of barge-in and its effects: the reaction to a voice while the bot speaks.
 *
 * @example
 * import { toPersonId } from '#src/base/ids.ts';
 * import { initialBargeIn, stepBargeIn } from '#src/turn/overlap/step-barge-in.ts';
 * import { bargeInRules } from '#src/turn/overlap/barge-in-rules.ts';
 *
 * const [ana, ben] = [toPersonId('1'), toPersonId('2')];
 * const began = { kind: 'reply-began', replyTo: ana, interruptible: true, atMs: 0 } as const;
 * const speaking = stepBargeIn(initialBargeIn, began, bargeInRules).state;
 * const stop = { kind: 'heard-as', personId: ben, meaning: 'stop', isFinal: true, isMeant: false, atMs: 900 } as const;
 * stepBargeIn(speaking, stop, bargeInRules).effects; // ['stop']
 */
export function stepBargeIn(
  state: BargeInState,
  event: BargeInEvent,
  rules: BargeInRules,
): BargeInStep {
  const { atMs } = event;
  const { timeouts } = rules;
  switch (event.kind) {
    case 'reply-began':
      return beginReply(state, event, timeouts);
    case 'reply-over':
      return {
        state: { ...state, reply: undefined },
        effects: releaseDucking(state.reply),
      };
    case 'left':
      return settleByTime(removePerson(state, event.personId), atMs, timeouts);
    case 'heard-as':
      return applyOverlapText(state, event, rules);
    case 'tick':
      return settleByTime(state, atMs, timeouts);
    default: {
      const lastSpeech = getSpeech(state, event);
      const speaker = getSpeaker(state, lastSpeech, rules);
      const speech = stepSpeech(lastSpeech, event, speaker, rules.reaction);
      return settleByTime(putSpeech(state, speech), atMs, timeouts);
    }
  }
}

function applyOverlapText(
  state: BargeInState,
  event: OverlapText,
  rules: BargeInRules,
): BargeInStep {
  const { personId, isFinal, atMs } = event;
  const { timeouts } = rules;
  const lastSpeech = getSpeech(state, event);
  const isMeant = lastSpeech.isMeant || event.isMeant;
  const speech: OverlapSpeech = { ...lastSpeech, isMeant };
  const isAsker = isAnswering(state, personId);
  const isEntitled = isAsker || isMeant || state.reply?.replyTo === undefined;
  const meaning = getMeaning(event, isEntitled);
  if (lastSpeech.isSettled && !isFinal && meaning !== 'stop')
    return settleByTime(state, atMs, timeouts);
  switch (meaning) {
    case 'nothing':
      return settleByTime(putSpeech(state, speech), atMs, timeouts);
    case 'fine':
      return applyHarmlessText(state, event, speech, isEntitled, timeouts);
    case 'stop':
    case 'drop':
      return stopReply(putSpeech(state, explainSpeech(speech, true)), atMs);
    case 'perhaps-stop': {
      const stopAtMs = speech.stopAtMs ?? atMs;
      const pausing: OverlapSpeech = { ...speech, reaction: 'pause', stopAtMs };
      return settleByTime(putSpeech(state, pausing), atMs, timeouts);
    }
    case 'hold': {
      const hold = { personId, untilMs: atMs + rules.maxPauseAfterWaitMs };
      const next = putSpeech(state, explainSpeech(speech, true));
      return settleByTime(updateReply(next, { hold }), atMs, timeouts);
    }
    case 'words':
      return applyOverlapWords(putSpeech(state, speech), event, speech, rules);
  }
}

/** Explains a backchannel, noise or an aside. A "go on" also ends a hold. */
function applyHarmlessText(
  state: BargeInState,
  { meaning, isFinal, personId, atMs }: OverlapText,
  speech: OverlapSpeech,
  isEntitled: boolean,
  timeouts: BargeInTimeouts,
): BargeInStep {
  const isGoOn = meaning === 'go-on' && isFinal;
  const endsHold = isGoOn && (isEntitled || hasHold(state, personId));
  const next = endsHold ? updateReply(state, { hold: undefined }) : state;
  return settleByTime(putSpeech(next, explainSpeech(speech, isFinal)), atMs, timeouts);
}

function applyOverlapWords(
  state: BargeInState,
  event: OverlapText,
  speech: OverlapSpeech,
  { reaction, timeouts }: BargeInRules,
): BargeInStep {
  const { personId, isFinal, atMs } = event;
  const { reply } = state;
  const isOld = reply !== undefined && isOldSpeech(speech, reply, atMs);
  // Words of the asker, or with the bot's name, interrupt the bot. Those of others do not.
  const isAsker = isAnswering(state, personId) && !isOld;
  const next = putSpeech(state, applyWords(speech, isFinal, isAsker, reaction));
  if (!reply?.interruptible || !isFinal || isOld || !(isAsker || speech.isMeant)) {
    return settleByTime(next, atMs, timeouts);
  }
  if (isAsker || reply.isPaused) return endReply(next, 'yield');
  if (reply.isLeaving) return settleByTime(next, atMs, timeouts);
  const step = settleByTime(updateReply(next, { isLeaving: true }), atMs, timeouts);
  return {
    ...step,
    effects: [...step.effects, 'finish-clause'],
  };
}

function beginReply(
  state: BargeInState,
  event: Extract<BargeInEvent, { kind: 'reply-began' }>,
  timeouts: BargeInTimeouts,
): BargeInStep {
  const { replyTo, interruptible, atMs: fromMs } = event;
  const reply = {
    replyTo,
    interruptible,
    fromMs,
    isDucked: state.reply?.isDucked ?? false,
    isPaused: false,
    hasResumed: false,
    isLeaving: false,
  };
  return settleByTime(
    { ...state, speeches: state.speeches.map(carryToNextReply), reply },
    fromMs,
    timeouts,
  );
}

function settleByTime(
  state: BargeInState,
  atMs: number,
  timeouts: BargeInTimeouts,
): BargeInStep {
  const speeches: OverlapSpeech[] = [];
  let isSame = true;
  for (const speech of state.speeches) {
    const { personId, isMeant } = speech;
    const next = expireSpeech(
      speech,
      atMs,
      isMeant || isAnswering(state, personId),
      timeouts,
    );
    const nextSpeech = typeof next === 'string' ? explainSpeech(speech, true) : next;
    if (next === 'stop') return stopReply(putSpeech(state, nextSpeech), atMs);
    if (next === 'yield' && state.reply?.interruptible) {
      return endReply(putSpeech(state, nextSpeech), 'yield');
    }
    isSame &&= nextSpeech === speech;
    speeches.push(nextSpeech);
  }
  return applyReactions(isSame ? state : { ...state, speeches }, atMs);
}

function applyReactions(state: BargeInState, atMs: number): BargeInStep {
  const { reply, speeches } = state;
  if (!reply) return { state, effects: noEffects };
  const isClaimed = speeches.some(
    ({ reaction }) => reaction === 'pause' || reaction === 'tentative-pause',
  );
  const isHeld = reply.hold !== undefined && atMs < reply.hold.untilMs;
  const isPaused = reply.interruptible && (isClaimed || isHeld);
  const isDucked = speeches.some(({ reaction }) => reaction !== 'none');
  const hold = isPaused ? reply.hold : undefined;
  const isSame = isDucked === reply.isDucked && isPaused === reply.isPaused;
  if (isSame && hold === reply.hold) return { state, effects: noEffects };
  const hasResumed = reply.hasResumed || (reply.isPaused && !isPaused);
  const next: OverlappedReply = { ...reply, isDucked, isPaused, hasResumed, hold };
  return { state: { ...state, reply: next }, effects: listReplyChanges(reply, next) };
}

function listReplyChanges(
  lastReply: OverlappedReply,
  { isDucked, isPaused }: OverlappedReply,
): BargeInEffect[] {
  const effects: BargeInEffect[] = [];
  if (isDucked !== lastReply.isDucked) effects.push(isDucked ? 'duck' : 'unduck');
  if (isPaused === lastReply.isPaused) return effects;
  if (lastReply.hold && !isPaused) effects.push('go-on-cue');
  return [...effects, isPaused ? 'pause' : 'resume'];
}

function stopReply(state: BargeInState, atMs: number): BargeInStep {
  return state.reply?.interruptible
    ? endReply(state, 'stop')
    : applyReactions(state, atMs);
}

function endReply(state: BargeInState, effect: BargeInEffect): BargeInStep {
  const speeches = state.speeches.map((speech) => ({
    ...speech,
    reaction: 'none' as const,
  }));
  return { state: { speeches }, effects: [effect, ...releaseDucking(state.reply)] };
}

function releaseDucking(reply: OverlappedReply | undefined): BargeInEffect[] {
  return reply?.isDucked ? ['unduck'] : [];
}

function isOldSpeech(
  { beforeMs, sound }: OverlapSpeech,
  { fromMs }: OverlappedReply,
  atMs: number,
) {
  // Speech said mostly before the reply began interrupted no reply.
  return (sound.endedAtMs ?? atMs) < fromMs || beforeMs > sound.voicedMs / 2;
}

function isAnswering({ reply }: BargeInState, personId: PersonId) {
  return reply?.replyTo === personId;
}

function getSpeaker(
  { reply }: BargeInState,
  { fromMs, personId }: OverlapSpeech,
  { goesOnMs }: BargeInRules,
): OverlapSpeaker {
  if (!reply || reply.replyTo !== personId) return 'other';
  const isSoon = fromMs - reply.fromMs <= goesOnMs;
  return isSoon && !reply.hasResumed ? 'goes-on' : 'asker';
}

function getSpeech(
  { speeches }: BargeInState,
  event: { personId: PersonId; atMs: number },
) {
  return (
    speeches.find(({ personId }) => personId === event.personId) ??
    createOverlapSpeech(event)
  );
}

function putSpeech(state: BargeInState, speech: OverlapSpeech) {
  const speeches = state.speeches.filter(
    ({ personId }) => personId !== speech.personId,
  );
  speeches.push(speech);
  return { ...state, speeches };
}

function updateReply(state: BargeInState, change: Partial<OverlappedReply>) {
  return state.reply ? { ...state, reply: { ...state.reply, ...change } } : state;
}

function hasHold({ reply }: BargeInState, personId: PersonId) {
  return reply?.hold?.personId === personId;
}

function removePerson(state: BargeInState, leaverId: PersonId) {
  const speeches = state.speeches.filter(({ personId }) => personId !== leaverId);
  const remaining = { ...state, speeches };
  return hasHold(state, leaverId)
    ? updateReply(remaining, { hold: undefined })
    : remaining;
}
