import {
  type EndpointingEffect,
  type EndpointingEvent,
  quietVoice,
  endpointRules as rules,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';

export type NotedEffect = EndpointingEffect & { readonly notedAtMs: number };

/** Every effect, with the instant of the event that caused it. */
export function runEvents(events: readonly EndpointingEvent[]): NotedEffect[] {
  const noted: NotedEffect[] = [];
  let voice = quietVoice;
  for (const event of events) {
    const step = stepEndpointing(voice, event, rules);
    voice = step.voice;
    for (const effect of step.effects) noted.push({ ...effect, notedAtMs: event.atMs });
  }
  return noted;
}

/** VAD windows of 32 ms, the first of them over at `fromMs` + 32. */
export function makeWindows(
  fromMs: number,
  ...probabilities: readonly number[]
): EndpointingEvent[] {
  return probabilities.map((probability, at) => ({
    kind: 'window',
    probability,
    atMs: fromMs + 32 * (at + 1),
  }));
}

export function makeTicks(fromMs: number, toMs: number): EndpointingEvent[] {
  return Array.from({ length: Math.floor((toMs - fromMs) / 20) }, (_, at) => ({
    kind: 'tick',
    atMs: fromMs + 20 * (at + 1),
  }));
}

export function sortEvents(...events: readonly EndpointingEvent[]) {
  return events.toSorted((a, b) => a.atMs - b.atMs);
}

export const listKinds = (noted: readonly NotedEffect[]) =>
  noted.map(({ kind }) => kind);
export const wordEvent = [0.9, 0.9, 0.9, 0.9, 0.9];
export const wordEndMs = 5 * 32;
