import { z } from 'zod';
import type { ToolEffect } from '#src/conversation/machine/state.ts';
import type { Right } from '#src/people/rights.ts';

/** Rules of the operator for a tool. */
export type ToolRules = {
  /** Right that running it needs. */
  readonly who: Right;
  readonly effect: Exclude<ToolEffect, 'change'>;
  /** Longest run, in ms. */
  readonly deadlineMs: number;
  /** Longest result that a model is told, in characters. */
  readonly resultChars: number;
};

/** A tool that is not the bot's own but of an MCP server. */
export type ExternalTool = {
  /** Unique name for models. */
  readonly name: string;
  /** Name for people. */
  readonly title: string;
  /** Description for models, in words that are not ours. */
  readonly description: string;
  /** JSON Schema of an object, with the arguments in it. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly rules: ToolRules;
  /** Errors: BotError `tool.*`. Aborting `signal` throws `signal.reason`, and ends the run. */
  run(call: ExternalCall, signal: AbortSignal): Promise<ExternalResult>;
};

/** Arguments of a call, and who asked for it. */
export type ExternalCall = {
  readonly given: Readonly<Record<string, unknown>>;
  readonly asker: {
    readonly id: string;
    readonly name?: string;
    /** Where the answer is given; absent: only the asker reads it. */
    readonly channelId?: ChannelId;
    /** Language that the server's setting fixes, BCP 47; absent: that of the asker. */
    readonly language?: string;
  };
};

/** Result of a tool; content other than text and structured data is left out. */
export type ExternalResult = {
  readonly text: string;
  /** Structured data as JSON. */
  readonly structured?: string;
  /** Kinds of content that were left out, say `image`. */
  readonly leftOut: readonly string[];
  /** True where the tool says itself that it failed. */
  readonly isError: boolean;
};

/** Tools that are on or off, in sentences for the operator. */
export type ToolNews = (message: string) => void;

/** Rules where a file says nothing. */
export const defaultRules: ToolRules = {
  who: 'manage',
  effect: 'last',
  deadlineMs: 10_000,
  resultChars: 2_000,
};

/** Longest deadline, in s: a person in a call awaits no later answer. */
const maxDeadlineSeconds = 300;
const maxResultChars = 20_000;

/** Rules as the operator writes them. */
export const ruleFields = {
  who: z.enum(['anyone', 'room', 'dj', 'manage']).optional(),
  /** `always`: it destroys, so it waits for Confirm each time. */
  confirm: z.enum(['always', 'asked']).optional(),
  /** The tool changes nothing, so it needs no Confirm. */
  effect: z.literal('read').optional(),
  deadlineSeconds: z.number().min(1).max(maxDeadlineSeconds).optional(),
  resultCharacters: z.number().int().min(100).max(maxResultChars).optional(),
};

/** Rules of a server or tool in the operator's file. */
export const writtenRules = z.strictObject(ruleFields);

const effects = { always: 'destroy', asked: 'last' } as const;

/** Rules of which `written` says a part. */
export function parseRules(
  written: z.infer<typeof writtenRules>,
  rest: ToolRules = defaultRules,
): ToolRules {
  const { who, confirm, effect, deadlineSeconds, resultCharacters } = written;
  return {
    who: who ?? rest.who,
    effect: effect ?? (confirm && effects[confirm]) ?? rest.effect,
    deadlineMs: deadlineSeconds === undefined ? rest.deadlineMs : deadlineSeconds * 1_000,
    resultChars: resultCharacters ?? rest.resultChars,
  };
}
