import { z } from 'zod';

/** A track as the page draws it. */
export type ShownTrack = {
  readonly name: string;
  readonly title?: string | undefined;
  readonly isBusy: boolean;
  /** 0 to 200, as people set it. */
  readonly percent: number;
  readonly isMuted: boolean;
  readonly isPaused: boolean;
  readonly isLooping: boolean;
  /** Sounds that wait behind the current one. */
  readonly waiting: number;
  readonly positionMs?: number | undefined;
  readonly lengthMs?: number | undefined;
  /** Percentage of the sound that leaves now, with fades and ducking. */
  readonly gainPercent: number;
};

/** A timer of a person, by the wall clock. */
export type KnownTimer = {
  readonly id: string;
  readonly personId: string;
  readonly text: string;
  readonly setAtWallMs: number;
  readonly dueAtWallMs: number;
};

/** A tool call. `state` is `running`, or how it ended. */
export type ShownTool = {
  readonly id: string;
  readonly tool: string;
  readonly state: string;
};

/** Facts of the bot that the page draws. Each replaces the one before of its kind. */
export type FactEvent =
  | { readonly kind: 'tracks'; readonly tracks: readonly ShownTrack[] }
  | { readonly kind: 'timers'; readonly timers: readonly KnownTimer[] }
  | { readonly kind: 'tools'; readonly tools: readonly ShownTool[] };

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
]);

type KeptFact = { readonly event: FactEvent; readonly atWallMs: number };

/** A fact as the page gets it: times count from the moment at which it is sent. */
export type PageFact =
  | {
      readonly kind: 'tracks';
      readonly ageMs: number;
      readonly tracks: readonly ShownTrack[];
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
  | { readonly kind: 'tools'; readonly tools: readonly ShownTool[] };

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

  /** Keeps a fact in place of the one before of its kind. Returns it as pages get it now. */
  keep(event: FactEvent, atWallMs: number): PageFact {
    this.#facts.set(event.kind, { event, atWallMs });
    return toPageFact({ event, atWallMs }, this.#readerId, atWallMs);
  }

  /** Lists the facts as a page gets them at `nowWallMs`. Tools that are over are none. */
  list(nowWallMs: number): readonly PageFact[] {
    return [...this.#facts.values()].map((fact) => {
      const { event } = fact;
      if (event.kind !== 'tools') return toPageFact(fact, this.#readerId, nowWallMs);
      const tools = event.tools.filter(({ state }) => state === 'running');
      return { kind: 'tools', tools };
    });
  }
}

function toPageFact(
  { event, atWallMs }: KeptFact,
  readerId: string,
  nowWallMs: number,
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
  }
}
