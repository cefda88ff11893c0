import type { InterruptionRules } from './interruption-rules.ts';
import {
  carried,
  explained,
  meaningOf,
  type OverlapKind,
  type OverlapSpeech,
  overdue,
  type SpeechEvent,
  stepSpeech,
  unheard,
  worded,
} from './interruption-speech.ts';

/** Events come in the order of `atMs`, with a `tick` every 20 ms while the bot speaks. */
export type InterruptionEvent = { readonly atMs: number } & (
  | {
      /** First frame of a reply. `replyTo` is the asker, and undefined for an announcement. */
      readonly kind: 'reply-began';
      readonly replyTo?: string;
      readonly interruptible: boolean;
    }
  | { readonly kind: 'reply-over' }
  | ({ readonly personId: PersonId } & SpeechEvent)
  | {
      /** All words of this person's latest speech so far. Words that are being answered do not come here. */
      readonly kind: 'heard-as';
      readonly personId: PersonId;
      readonly what: OverlapKind;
      readonly isFinal: boolean;
      readonly meant: boolean;
      /** No further word could change the kind. */
      readonly sure?: boolean;
    }
  | { readonly kind: 'left'; readonly personId: PersonId }
  | { readonly kind: 'tick' }
);

export type BargeInAction = 'stop' | 'yield' | 'finish-clause';

/** `stop` and `yield` end the reply. `pause` and `finish-clause` do not outlive it. */
export type InterruptionEffect =
  | { readonly kind: 'duck' | 'unduck' | 'pause' | 'resume' }
  /** Stop the speech, drop the rest of the answer, and answer nothing. */
  | { readonly kind: 'stop' }
  /** Stop the reply and answer this person. */
  | { readonly kind: 'yield'; readonly personId: PersonId }
  /** Let the clause end, then yield. */
  | { readonly kind: 'finish-clause'; readonly personId: PersonId }
  /** Play a cue before a long pause ends. */
  | { readonly kind: 'go-on-cue' };

type Reply = {
  readonly replyTo?: string;
  readonly interruptible: boolean;
  readonly fromMs: number;
  readonly ducked: boolean;
  readonly paused: boolean;
  readonly hold?: { readonly personId: PersonId; readonly untilMs: number };
  readonly leaving: boolean;
};

export type Interruption = {
  readonly reply?: Reply;
  readonly speeches: readonly OverlapSpeech[];
};

const noEffects: readonly InterruptionEffect[] = [];

export const uninterrupted: Interruption = { speeches: [] };

type InterruptionStep = {
  readonly state: Interruption;
  readonly effects: readonly InterruptionEffect[];
};
type OverlapText = Extract<InterruptionEvent, { kind: 'heard-as' }>;

/**
 * One step of barge-in: the reaction to a voice while the bot speaks.
 *
 * @example
 * import { stepInterruption, uninterrupted } from '#src/turn/overlap/interruption.ts';
 * import { interruptionRules } from '#src/turn/overlap/interruption-rules.ts';
 *
 * const began = { kind: 'reply-began', replyTo: '1', interruptible: true, atMs: 0 } as const;
 * const speaking = stepInterruption(uninterrupted, began, interruptionRules).state;
 * const stop = { kind: 'heard-as', personId: '2', what: 'stop', isFinal: true, meant: false, atMs: 900 } as const;
 * stepInterruption(speaking, stop, interruptionRules).effects; // [{ kind: 'stop' }]
 */
export function stepInterruption(
  state: Interruption,
  event: InterruptionEvent,
  rules: InterruptionRules,
): InterruptionStep {
  const { atMs } = event;
  switch (event.kind) {
    case 'reply-began':
      return beginReply(state, event, rules);
    case 'reply-over':
      return { state: { ...state, reply: undefined }, effects: released(state.reply) };
    case 'left':
      return settle(without(state, event.personId), atMs, rules);
    case 'heard-as':
      return hear(state, event, rules);
    case 'tick':
      return settle(state, atMs, rules);
    default: {
      const former = speechOf(state, event);
      const speech = stepSpeech(former, event, answers(state, event.personId), rules);
      return settle(withSpeech(state, speech), atMs, rules);
    }
  }
}

function hear(state: Interruption, event: OverlapText, rules: InterruptionRules): InterruptionStep {
  const { personId, isFinal, atMs } = event;
  const former = speechOf(state, event);
  const speech = { ...former, meant: former.meant || event.meant };
  const mine = answers(state, personId);
  const hasSay = mine || speech.meant || state.reply?.replyTo === undefined;
  const meaning = meaningOf(event, hasSay);
  if (former.settled && !isFinal && meaning !== 'stop') return settle(state, atMs, rules);
  switch (meaning) {
    case 'nothing':
      return settle(withSpeech(state, speech), atMs, rules);
    case 'fine':
    case 'echo': {
      const goesOn = event.what === 'go-on' && isFinal && (hasSay || holds(state, personId));
      const next = goesOn ? withReply(state, { hold: undefined }) : state;
      return settle(withSpeech(next, explained(speech, meaning, isFinal)), atMs, rules);
    }
    case 'stop':
    case 'drop':
      return stopped(withSpeech(state, explained(speech, 'fine', true)), atMs);
    case 'perhaps-stop': {
      const stopAtMs = speech.stopAtMs ?? atMs;
      return settle(withSpeech(state, { ...speech, reaction: 'pause', stopAtMs }), atMs, rules);
    }
    case 'hold': {
      const hold = { personId, untilMs: atMs + rules.maxHoldDurationMs };
      const next = withSpeech(state, explained(speech, 'fine', true));
      return settle(withReply(next, { hold }), atMs, rules);
    }
    case 'words':
      return hearWords(withSpeech(state, speech), event, speech, rules);
  }
}

/** Words of the asker, or with the bot's name, interrupt the bot. Those of others do not. */
function hearWords(
  state: Interruption,
  event: OverlapText,
  speech: OverlapSpeech,
  rules: InterruptionRules,
) {
  const { personId, isFinal, atMs } = event;
  const { reply } = state;
  const old = reply !== undefined && isOld(speech, reply, atMs);
  const mine = answers(state, personId) && !old;
  const next = withSpeech(state, worded(speech, isFinal, mine, rules));
  if (!reply?.interruptible || !isFinal || old || !(mine || speech.meant)) {
    return settle(next, atMs, rules);
  }
  if (mine || reply.paused) return ended(next, { kind: 'yield', personId });
  if (reply.leaving) return settle(next, atMs, rules);
  const step = settle(withReply(next, { leaving: true }), atMs, rules);
  return { ...step, effects: [...step.effects, { kind: 'finish-clause', personId } as const] };
}

function beginReply(
  state: Interruption,
  event: Extract<InterruptionEvent, { kind: 'reply-began' }>,
  rules: InterruptionRules,
): InterruptionStep {
  const { replyTo, interruptible, atMs: fromMs } = event;
  const ducked = state.reply?.ducked ?? false;
  const reply = { replyTo, interruptible, fromMs, ducked, paused: false, leaving: false };
  return settle({ ...state, speeches: state.speeches.map(carried), reply }, fromMs, rules);
}

function settle(state: Interruption, atMs: number, rules: InterruptionRules): InterruptionStep {
  const speeches: OverlapSpeech[] = [];
  let isSame = true;
  for (const speech of state.speeches) {
    const { personId, meant } = speech;
    const next = overdue(speech, atMs, meant || answers(state, personId), rules);
    const kept = typeof next === 'string' ? explained(speech, 'fine', true) : next;
    if (next === 'stop') return stopped(withSpeech(state, kept), atMs);
    if (next === 'yield' && state.reply?.interruptible) {
      return ended(withSpeech(state, kept), { kind: 'yield', personId });
    }
    isSame &&= kept === speech;
    speeches.push(kept);
  }
  return weigh(isSame ? state : { ...state, speeches }, atMs);
}

function weigh(state: Interruption, atMs: number): InterruptionStep {
  const { reply, speeches } = state;
  if (!reply) return { state, effects: noEffects };
  const claimed = speeches.some(
    ({ reaction }) => reaction === 'pause' || reaction === 'tentative-pause',
  );
  const held = reply.hold !== undefined && atMs < reply.hold.untilMs;
  const paused = reply.interruptible && (claimed || held);
  const ducked = speeches.some(({ reaction }) => reaction !== 'none');
  const hold = paused ? reply.hold : undefined;
  if (ducked === reply.ducked && paused === reply.paused && hold === reply.hold)
    return { state, effects: noEffects };
  const next = { ...reply, ducked, paused, hold };
  return { state: { ...state, reply: next }, effects: changes(reply, next) };
}

function changes(former: Reply, { ducked, paused }: Reply): InterruptionEffect[] {
  const effects: InterruptionEffect[] = [];
  if (ducked !== former.ducked) effects.push({ kind: ducked ? 'duck' : 'unduck' });
  if (paused === former.paused) return effects;
  if (former.hold && !paused) effects.push({ kind: 'go-on-cue' });
  return [...effects, { kind: paused ? 'pause' : 'resume' }];
}

function stopped(state: Interruption, atMs: number): InterruptionStep {
  return state.reply?.interruptible ? ended(state, { kind: 'stop' }) : weigh(state, atMs);
}

function ended(state: Interruption, effect: InterruptionEffect): InterruptionStep {
  const speeches = state.speeches.map((speech) => ({ ...speech, reaction: 'none' as const }));
  return { state: { speeches }, effects: [effect, ...released(state.reply)] };
}

function released(reply: Reply | undefined): InterruptionEffect[] {
  return reply?.ducked ? [{ kind: 'unduck' }] : [];
}

function isOld({ beforeMs, voicedMs, endedAtMs }: OverlapSpeech, { fromMs }: Reply, atMs: number) {
  // Speech said mostly before the reply began interrupted no reply.
  return (endedAtMs ?? atMs) < fromMs || beforeMs > voicedMs / 2;
}

function answers({ reply }: Interruption, personId: PersonId): boolean {
  return reply?.replyTo === personId;
}

function speechOf(
  { speeches }: Interruption,
  event: { personId: PersonId; atMs: number },
): OverlapSpeech {
  return speeches.find(({ personId }) => personId === event.personId) ?? unheard(event);
}

function withSpeech(state: Interruption, speech: OverlapSpeech): Interruption {
  const speeches = state.speeches.filter(({ personId }) => personId !== speech.personId);
  speeches.push(speech);
  return { ...state, speeches };
}

function withReply(state: Interruption, change: Partial<Reply>): Interruption {
  return state.reply ? { ...state, reply: { ...state.reply, ...change } } : state;
}

function holds({ reply }: Interruption, personId: PersonId) {
  return reply?.hold?.personId === personId;
}

function without(state: Interruption, leaver: string): Interruption {
  const speeches = state.speeches.filter(({ personId }) => personId !== leaver);
  const rest = { ...state, speeches };
  return holds(state, leaver) ? withReply(rest, { hold: undefined }) : rest;
}
