import type { InterruptionRules } from './interruption-rules.ts';

/** What one voice wants of a speaking bot; the heaviest of all voices is done. */
export type Claim = 'none' | 'duck' | 'pause';

/** One person's latest speech, as far as it bears on what the bot is saying. */
export type Speech = {
  readonly personId: string;
  readonly claim: Claim;
  readonly voicedMs: number;
  /** So much of it came before the bot began. */
  readonly beforeMs: number;
  /** So much of it is explained: what came before, a backchannel, noise. Infinite: an echo. */
  readonly explainedMs: number;
  readonly loudestDb: number;
  readonly lastVoiceMs: number;
  readonly sounding: boolean;
  readonly endedAtMs?: number | undefined;
  /** Since when all its words are a stop that more words could still turn around. */
  readonly stopAtMs?: number | undefined;
  /** By name, to the bot. */
  readonly meant: boolean;
  /** Its final words came, or came too late. */
  readonly settled: boolean;
};

export type SpeechEvent =
  | { readonly kind: 'began'; readonly fromMs: number }
  /** All voice since it began, 32 ms more each time; the window's loudness in dBFS. */
  | { readonly kind: 'voiced'; readonly voicedMs: number; readonly levelDb?: number }
  | { readonly kind: 'paused' }
  | { readonly kind: 'ended'; readonly voicedMs: number };

type At = { readonly personId: string; readonly atMs: number };

export function unheard({ personId, atMs }: At): Speech {
  return {
    personId,
    claim: 'none',
    voicedMs: 0,
    beforeMs: 0,
    explainedMs: 0,
    loudestDb: Number.NEGATIVE_INFINITY,
    lastVoiceMs: atMs,
    sounding: false,
    meant: false,
    settled: false,
  };
}

/** `pauseMs`: how much voice of this person pauses the bot. */
export function stepSpeech(
  speech: Speech,
  event: At & SpeechEvent,
  pauseMs: number,
  rules: InterruptionRules,
): Speech {
  const { voicedMs } = speech;
  switch (event.kind) {
    case 'began':
      return begun(speech, event);
    case 'voiced':
      return voiced(speech, event, pauseMs, rules);
    case 'paused':
      return hushed(speech, rules);
    case 'ended': {
      const all = { ...speech, voicedMs: Math.max(voicedMs, event.voicedMs) };
      return { ...hushed(all, rules), endedAtMs: event.atMs };
    }
  }
}

/** What still waits for its words keeps its pause: speech that goes on belongs together. */
function begun(former: Speech, event: At): Speech {
  const fresh = { ...unheard(event), sounding: true };
  if (former.settled) return fresh;
  return { ...fresh, claim: former.claim, stopAtMs: former.stopAtMs, meant: former.meant };
}

function voiced(
  speech: Speech,
  { voicedMs, levelDb, atMs }: { voicedMs: number; levelDb?: number; atMs: number },
  pauseMs: number,
  rules: InterruptionRules,
): Speech {
  const loudestDb = Math.max(speech.loudestDb, levelDb ?? speech.loudestDb);
  const belowDb = levelDb === undefined ? 0 : loudestDb - levelDb;
  const newMs = voicedMs - speech.explainedMs;
  const lateMs = Math.max(pauseMs, rules.lateMs);
  const pauses =
    (newMs >= pauseMs && belowDb < rules.fadingDb) || (newMs >= lateMs && belowDb < rules.goneDb);
  const ducks = newMs >= rules.duckMs && belowDb < rules.goneDb;
  const claim = pauses || speech.claim === 'pause' ? 'pause' : ducks ? 'duck' : speech.claim;
  const settled = speech.settled && speech.endedAtMs === undefined;
  const now = { voicedMs, loudestDb, claim, settled, lastVoiceMs: atMs } as const;
  return { ...speech, ...now, sounding: true, endedAtMs: undefined };
}

function hushed(speech: Speech, rules: InterruptionRules): Speech {
  const { beforeMs, explainedMs, voicedMs } = speech;
  const harmless = explainedMs > beforeMs && voicedMs - explainedMs < rules.pauseMs;
  return { ...speech, sounding: false, claim: harmless ? 'none' : speech.claim };
}

/** It was a backchannel or noise so far, or an echo altogether. */
export function explained(speech: Speech, by: 'fine' | 'echo', isFinal: boolean): Speech {
  const settled = speech.settled || isFinal;
  const harmless = { ...speech, settled, stopAtMs: undefined };
  if (by === 'echo') {
    return { ...harmless, claim: 'none', explainedMs: Number.POSITIVE_INFINITY };
  }
  const { claim, sounding, voicedMs } = speech;
  const still = claim === 'pause' && isFinal ? 'duck' : claim;
  return { ...harmless, claim: sounding ? still : 'none', explainedMs: voicedMs };
}

/** It has words: from the person being answered they pause the bot, from others they ease what a "stop" had paused. */
export function worded(
  speech: Speech,
  isFinal: boolean,
  mine: boolean,
  rules: InterruptionRules,
): Speech {
  const { beforeMs, voicedMs } = speech;
  const settled = speech.settled || isFinal;
  const short = voicedMs - beforeMs < rules.otherMs;
  const eased = speech.claim === 'pause' && short ? 'duck' : speech.claim;
  const claim = mine ? 'pause' : eased;
  return { ...speech, settled, claim, explainedMs: beforeMs, stopAtMs: undefined };
}

/** For what the bot begins to say now: voice from before counts no more, but it ducks while it lasts. */
export function carried(speech: Speech): Speech {
  const { explainedMs, voicedMs, sounding, stopAtMs } = speech;
  const ducks = sounding && voicedMs >= explainedMs && speech.claim !== 'none';
  const claim = stopAtMs !== undefined ? 'pause' : ducks ? 'duck' : 'none';
  return { ...speech, claim, beforeMs: voicedMs, explainedMs: Math.max(explainedMs, voicedMs) };
}

/** What time alone decides about one speech. `mine`: its words are for the bot. */
export function overdue(
  speech: Speech,
  atMs: number,
  mine: boolean,
  rules: InterruptionRules,
): Speech | 'stop' | 'yield' {
  const { claim, lastVoiceMs, stopAtMs } = speech;
  if (stopAtMs !== undefined) {
    return atMs - Math.max(stopAtMs, lastVoiceMs) >= rules.aloneMs ? 'stop' : speech;
  }
  switch (claim) {
    case 'none':
      return speech;
    case 'duck':
      return atMs - lastVoiceMs >= rules.fullMs ? { ...speech, claim: 'none' } : speech;
    case 'pause':
      return unanswered(speech, atMs, mine, rules);
  }
}

/** Others are done when they end; words for the bot have some time to come. */
function unanswered(speech: Speech, atMs: number, mine: boolean, rules: InterruptionRules) {
  const overMs = speech.endedAtMs ?? speech.lastVoiceMs + rules.lostMs;
  if (atMs < overMs + (mine ? rules.textMs : 0)) return speech;
  if (mine && speech.voicedMs - speech.beforeMs >= rules.longMs) return 'yield';
  const settled = speech.settled || mine;
  return { ...speech, settled, claim: 'none' } as const;
}
