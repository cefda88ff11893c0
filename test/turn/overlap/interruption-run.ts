import { type PersonId, toPersonId } from '#src/base/ids.ts';
import { bargeInRules as rules } from '#src/turn/overlap/barge-in-rules.ts';
import type { OverlapKind } from '#src/turn/overlap/overlap-speech.ts';
import {
  type BargeInEffect,
  type BargeInEvent,
  initialBargeIn,
  stepBargeIn,
} from '#src/turn/overlap/step-barge-in.ts';

export type TimedEffect = { readonly kind: BargeInEffect; readonly atMs: number };

/** In order of time, a tick every 20 ms until `untilMs` between them; a reply that ended is reported as over. */
export function runEvents(
  events: readonly BargeInEvent[],
  untilMs: number,
): TimedEffect[] {
  const ticks = Array.from(
    { length: Math.floor(untilMs / 20) },
    (_, n) => (n + 1) * 20,
  );
  const allEvents = [
    ...events,
    ...ticks.map((atMs) => ({ kind: 'tick', atMs }) as const),
  ];
  allEvents.sort((a, b) => a.atMs - b.atMs);
  let state = initialBargeIn;
  const done: TimedEffect[] = [];
  for (const event of allEvents) {
    const step = stepBargeIn(state, event, rules);
    state = step.state;
    done.push(...step.effects.map((kind) => ({ kind, atMs: event.atMs })));
  }
  return done;
}

/** Effects of `play` in short form: `pause 388`. */
export function runReports(events: readonly BargeInEvent[], untilMs = 30_000) {
  return runEvents(events, untilMs).map(({ atMs, kind }) => `${kind} ${atMs}`);
}

export const makeAnswering = (replyTo = toPersonId('ann'), atMs = 0): BargeInEvent => ({
  kind: 'reply-began',
  replyTo,
  interruptible: true,
  atMs,
});

export const announcementBegan: BargeInEvent = {
  kind: 'reply-began',
  interruptible: true,
  atMs: 0,
};

export const reportingRules: BargeInEvent = {
  kind: 'reply-began',
  replyTo: toPersonId('ann'),
  interruptible: false,
  atMs: 0,
};

/** Voice from `fromMs` on, noticed window by window, evenly loud where no levels are given; it ends 200 ms after the last. */
export function makeVoice(
  personId: PersonId,
  fromMs: number,
  voicedMs: number,
  levelsDb: readonly number[] = [],
): BargeInEvent[] {
  const windows = Array.from(
    { length: Math.floor(voicedMs / 32) },
    (_, n): BargeInEvent => {
      const [levelDb = -20, atMs] = [levelsDb[n], fromMs + (n + 1) * 32];
      return { kind: 'voiced', personId, voicedMs: (n + 1) * 32, levelDb, atMs };
    },
  );
  const toMs = fromMs + windows.length * 32;
  const noticedMs = fromMs + 32;
  return [
    {
      kind: 'began',
      personId,
      fromMs: noticedMs - rules.reaction.usualNoticeMs,
      atMs: noticedMs,
    },
    ...windows,
    { kind: 'paused', personId, atMs: toMs + 64 },
    { kind: 'ended', personId, voicedMs: windows.length * 32, atMs: toMs + 200 },
  ];
}

type Words = {
  readonly isFinal?: boolean;
  readonly meant?: boolean;
  readonly sure?: boolean;
};

export function makeWords(
  personId: PersonId,
  meaning: OverlapKind,
  atMs: number,
  { isFinal = true, meant = false, sure = false }: Words = {},
): BargeInEvent {
  return {
    kind: 'heard-as',
    personId,
    meaning,
    isFinal,
    isMeant: meant,
    isSure: sure,
    atMs,
  };
}

export const makePartial = (
  personId: PersonId,
  what: OverlapKind,
  atMs: number,
  more: Words = {},
) => makeWords(personId, what, atMs, { ...more, isFinal: false });
