import { z } from 'zod';
import type { TimerFact, ToolFact } from '#src/ports/room-view.ts';
import type { TrackFact } from '#src/ports/track-fact.ts';
import { formatText, type Locale, type TextId } from '#src/texts/texts.ts';

/** A fact as it comes from the bot's process, where ids and words are plain strings. */
type Sent<Fact> = {
  readonly [Key in keyof Fact]: Fact[Key] extends number ? number : string;
};
export type KnownTimer = Sent<TimerFact>;
/** `state` is `running`, or how the call ended. */
export type ShownTool = Sent<ToolFact>;

/** A sentence of the bot that each page formats in its language. Words of people in it are escaped. */
export type FactLine = {
  readonly id: string;
  readonly with?: Readonly<Record<string, string | number>> | undefined;
};

type ShownPanel<Line> = {
  readonly kind: 'panel';
  /** Name of the voice channel. */
  readonly channel: string;
  readonly mood: 'waiting' | 'listening' | 'thinking' | 'speaking';
  readonly people: readonly {
    readonly name: string;
    readonly isHeard: boolean;
    readonly answer: 'agreed' | 'undecided' | 'refused' | 'barred';
  }[];
  readonly headline: Line;
  readonly notes: readonly Line[];
};

/** Facts of the bot that the page draws. Each replaces the one before of its kind. */
export type FactEvent =
  | { readonly kind: 'tracks'; readonly tracks: readonly TrackFact[] }
  | { readonly kind: 'timers'; readonly timers: readonly KnownTimer[] }
  | { readonly kind: 'tools'; readonly tools: readonly ShownTool[] }
  | ShownPanel<FactLine>;

/** Most tracks, timers or tools in one event. */
const maxShown = 120;
const wordsSchema = z.string().max(500);
const trackSchema = z.object({
  name: wordsSchema,
  title: wordsSchema.optional(),
  isBusy: z.boolean(),
  percent: z.number(),
  isMuted: z.boolean(),
  isPaused: z.boolean(),
  isLooping: z.boolean(),
  waiting: z.number(),
  positionMs: z.number().optional(),
  lengthMs: z.number().optional(),
  gainPercent: z.number(),
});
const timerSchema = z.object({
  id: wordsSchema,
  personId: wordsSchema,
  text: wordsSchema,
  setAtWallMs: z.number(),
  dueAtWallMs: z.number(),
});
const toolSchema = z.object({ id: wordsSchema, tool: wordsSchema, state: wordsSchema });

export const lineSchema: z.ZodType<FactLine> = z.object({
  id: wordsSchema,
  with: z.record(wordsSchema, z.union([z.string().max(4_000), z.number()])).optional(),
});
const presenceSchema = z.object({
  name: wordsSchema,
  isHeard: z.boolean(),
  answer: z.enum(['agreed', 'undecided', 'refused', 'barred']),
});

export const factEventSchema: z.ZodType<FactEvent> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('tracks'),
    tracks: z.array(trackSchema).max(maxShown).readonly(),
  }),
  z.object({
    kind: z.literal('timers'),
    timers: z.array(timerSchema).max(maxShown).readonly(),
  }),
  z.object({
    kind: z.literal('tools'),
    tools: z.array(toolSchema).max(maxShown).readonly(),
  }),
  z.object({
    kind: z.literal('panel'),
    channel: wordsSchema,
    mood: z.enum(['waiting', 'listening', 'thinking', 'speaking']),
    people: z.array(presenceSchema).max(maxShown).readonly(),
    headline: lineSchema,
    notes: z.array(lineSchema).max(maxShown).readonly(),
  }),
]);

type KeptFact = { readonly event: FactEvent; readonly atWallMs: number };

/** A fact as the page gets it: times count from the moment at which it is sent. */
export type PageFact =
  | {
      readonly kind: 'tracks';
      readonly ageMs: number;
      readonly tracks: readonly TrackFact[];
    }
  | {
      readonly kind: 'timers';
      readonly timers: readonly {
        readonly id: string;
        readonly text: string;
        readonly totalMs: number;
        readonly remainingMs: number;
      }[];
    }
  | { readonly kind: 'tools'; readonly tools: readonly ShownTool[] }
  | ShownPanel<string>;

/**
 * The latest facts of the bot, for pages that open later. The clock of a page may be another one, so it gets durations. A
 * page is told the timers of its own person alone.
 */
export class RoomFacts {
  readonly #readerId: string;
  readonly #facts = new Map<FactEvent['kind'], KeptFact>();

  constructor(readerId: string) {
    this.#readerId = readerId;
  }

  /** Keeps a fact in place of the one before of its kind. Returns how a page in a language gets it now. */
  keep(event: FactEvent, atWallMs: number): (locale: Locale) => PageFact {
    this.#facts.set(event.kind, { event, atWallMs });
    const reader = { id: this.#readerId, nowWallMs: atWallMs };
    return (locale) => toPageFact({ event, atWallMs }, { ...reader, locale });
  }

  /** Lists the facts as a page in a language gets them at `nowWallMs`. Tools that are over are none. */
  list(nowWallMs: number, locale: Locale): readonly PageFact[] {
    const reader = { id: this.#readerId, nowWallMs, locale };
    return [...this.#facts.values()].map((fact) => {
      const { event } = fact;
      if (event.kind !== 'tools') return toPageFact(fact, reader);
      const tools = event.tools.filter(({ state }) => state === 'running');
      return { kind: 'tools', tools };
    });
  }
}

/** The line of the panel about tracks, which the page shows as faders. */
const mixerNote = 'panel.tracks';

type FactReader = {
  readonly id: string;
  readonly nowWallMs: number;
  readonly locale: Locale;
};

function toPageFact(
  { event, atWallMs }: KeptFact,
  { id: readerId, nowWallMs, locale }: FactReader,
): PageFact {
  switch (event.kind) {
    case 'tracks':
      return { ...event, ageMs: nowWallMs - atWallMs };
    case 'timers': {
      const timers = event.timers.filter(({ personId }) => personId === readerId);
      return {
        kind: 'timers',
        timers: timers.map(({ id, text, setAtWallMs, dueAtWallMs }) => ({
          id,
          text,
          totalMs: dueAtWallMs - setAtWallMs,
          remainingMs: dueAtWallMs - nowWallMs,
        })),
      };
    }
    case 'tools':
      return event;
    case 'panel': {
      const { headline, notes } = event;
      return {
        ...event,
        headline: formatFactLine(headline, locale),
        notes: notes
          .filter(({ id }) => id !== mixerNote)
          .map((note) => formatFactLine(note, locale)),
      };
    }
  }
}

/** Formats a sentence of the bot for a page in a language. */
export function formatFactLine({ id, with: values }: FactLine, locale: Locale): string {
  // The bot's process runs the same version, so it sends ids that exist. An unknown one shows itself.
  return formatText(id as TextId, values, locale);
}
