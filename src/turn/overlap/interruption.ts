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

/** Events come in order of `atMs`. While the bot speaks a `tick` every 20 ms: silence sends nothing. */
export type InterruptionEvent = { readonly atMs: number } & (
  | {
      /** The first frame of a reply. `replyTo`: the person who is answered; a text read out answers no person. */
      readonly kind: 'reply-began';
      readonly replyTo?: string;
      readonly interruptible: boolean;
    }
  /** The reply is over, however it ended. */
  | { readonly kind: 'reply-over' }
  | ({ readonly personId: string } & SpeechEvent)
  | {
      /** All words of this person's latest speech so far. Never of words that are being answered. */
      readonly kind: 'heard-as';
      readonly personId: string;
      readonly what: OverlapKind;
      readonly isFinal: boolean;
      /** Said to the bot, by name. */
      readonly meant: boolean;
      /** No word that might follow could change it. */
      readonly sure?: boolean;
    }
  | { readonly kind: 'left'; readonly personId: string }
  | { readonly kind: 'tick' }
);

/** `stop` and `yield` end the reply, paused or not; `pause` and `finish-clause` do not outlive it. */
export type InterruptionEffect =
  | { readonly kind: 'duck' | 'unduck' | 'pause' | 'resume' }
  /** Stop the speech, drop the rest of this answer, answer nothing. */
  | { readonly kind: 'stop' }
  /** Stops the reply like `stop`, but this person's words get an answer. */
  | { readonly kind: 'yield'; readonly personId: string }
  /** Let the clause end, then yield. */
  | { readonly kind: 'finish-clause'; readonly personId: string }
  /** Play a cue first: it waited long enough and resumes. */
  | { readonly kind: 'go-on-cue' };

type Reply = {
  readonly replyTo?: string;
  readonly interruptible: boolean;
  readonly fromMs: number;
  readonly ducked: boolean;
  readonly paused: boolean;
  /** A person said "wait". */
  readonly hold?: { readonly personId: string; readonly untilMs: number };
  readonly leaving: boolean;
};

/** Speakers over the bot's voice, and their effect on its reply. One entry per person in the channel. */
export type Interruption = {
  readonly reply?: Reply;
  readonly speeches: readonly OverlapSpeech[];
  /** Level of the loudest packets of people's answered utterances, in dBFS. */
  readonly usualDb: ReadonlyMap<string, number>;
  /** Time of a "stop" that came while there was nothing to stop. */
  readonly stopAtMs?: number;
};

const noEffects: readonly InterruptionEffect[] = [];

export const uninterrupted: Interruption = { speeches: [], usualDb: new Map() };

type InterruptionStep = {
  readonly state: Interruption;
  readonly effects: readonly InterruptionEffect[];
};
type OverlapText = Extract<InterruptionEvent, { kind: 'heard-as' }>;

/** One step of barge-in: the reaction to sound while the bot speaks. */
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
      const mine = answers(state, event.personId) && !isFar(state, louder(former, event), rules);
      const speech = stepSpeech(former, event, mine, rules);
      return settle(withSpeech(state, speech), atMs, rules);
    }
  }
}

/**
 * Whether this person's latest voice is far quieter than in their answered utterances: another person near the
 * microphone, or a television.
 */
export function isFarField(state: Interruption, personId: string, rules: InterruptionRules) {
  const speech = state.speeches.find((one) => one.personId === personId);
  return speech !== undefined && isFar(state, speech, rules);
}

type Loudness = Pick<OverlapSpeech, 'personId' | 'loudestDb'>;

function isFar(
  { usualDb }: Interruption,
  { personId, loudestDb }: Loudness,
  { farFieldDropDb }: InterruptionRules,
): boolean {
  const usual = usualDb.get(personId);
  return usual !== undefined && loudestDb < usual - farFieldDropDb;
}

function louder({ personId, loudestDb }: Loudness, event: SpeechEvent): Loudness {
  const levelDb = event.kind === 'voiced' ? event.levelDb : loudestDb;
  return { personId, loudestDb: Math.max(loudestDb, levelDb) };
}

/** Half of it by the latest. */
function learned(state: Interruption, { personId, loudestDb }: Loudness): Interruption {
  if (!Number.isFinite(loudestDb)) return state;
  const former = state.usualDb.get(personId) ?? loudestDb;
  const usualDb = new Map(state.usualDb).set(personId, (former + loudestDb) / 2);
  return { ...state, usualDb };
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

/** Words of the person being answered, or with the bot's name, interrupt the bot; those of others are just talk. */
function hearWords(
  state: Interruption,
  event: OverlapText,
  speech: OverlapSpeech,
  rules: InterruptionRules,
) {
  const { personId, isFinal, atMs } = event;
  const { reply } = state;
  const old = reply !== undefined && isOld(speech, reply, atMs);
  const mine = answers(state, personId) && !old && !isFar(state, speech, rules);
  const known = isFinal && speech.meant ? learned(state, speech) : state;
  const next = withSpeech(known, worded(speech, isFinal, mine, rules));
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
  const begun = { ...state, stopAtMs: undefined, speeches: state.speeches.map(carried), reply };
  const { stopAtMs } = state;
  const stops = stopAtMs !== undefined && fromMs - stopAtMs <= rules.earlyStopWindowMs;
  return stops && interruptible ? stopped(begun, fromMs) : settle(begun, fromMs, rules);
}

/** Decides by time, and then by all claims together. */
function settle(state: Interruption, atMs: number, rules: InterruptionRules): InterruptionStep {
  const speeches: OverlapSpeech[] = [];
  let isSame = true;
  for (const speech of state.speeches) {
    const { personId, meant } = speech;
    const mine = answers(state, personId) && !isFar(state, speech, rules);
    const next = overdue(speech, atMs, meant || mine, rules);
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

/** Applies the heaviest claim; gives the effects that have changed. */
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

/** While nothing interruptible is said, it is kept for the first frame that follows at once. */
function stopped(state: Interruption, atMs: number): InterruptionStep {
  const { reply } = state;
  if (reply?.interruptible) return ended(state, { kind: 'stop' });
  return weigh({ ...state, stopAtMs: atMs }, atMs);
}

function ended(state: Interruption, effect: InterruptionEffect): InterruptionStep {
  const speeches = state.speeches.map((speech) => ({ ...speech, reaction: 'none' as const }));
  const { usualDb } = state;
  return { state: { speeches, usualDb }, effects: [effect, ...released(state.reply)] };
}

function released(reply: Reply | undefined): InterruptionEffect[] {
  return reply?.ducked ? [{ kind: 'unduck' }] : [];
}

/** Most of it was said before the reply began: it interrupted no reply. */
function isOld(
  { beforeMs, voicedMs, endedAtMs }: OverlapSpeech,
  { fromMs }: Reply,
  atMs: number,
): boolean {
  return (endedAtMs ?? atMs) < fromMs || beforeMs > voicedMs / 2;
}

function answers({ reply }: Interruption, personId: string): boolean {
  return reply?.replyTo === personId;
}

function speechOf(
  { speeches }: Interruption,
  event: { personId: string; atMs: number },
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

function holds({ reply }: Interruption, personId: string): boolean {
  return reply?.hold?.personId === personId;
}

function without(state: Interruption, leaver: string): Interruption {
  const speeches = state.speeches.filter(({ personId }) => personId !== leaver);
  const rest = { ...state, speeches };
  return holds(state, leaver) ? withReply(rest, { hold: undefined }) : rest;
}
