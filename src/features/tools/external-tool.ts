import { z } from 'zod';
import type { ChannelId, PersonId } from '#src/base/ids.ts';
import type { ToolEffect } from '#src/conversation/machine/state.ts';
import type { ExternalToolLimits } from '#src/conversation/tools/tool-entry.ts';
import type { Right } from '#src/people/rights.ts';

/** Rules of the operator for a tool: who may call it, and with which limits. */
export type ToolRules = ExternalToolLimits & {
  readonly who: Right;
  readonly effect: Exclude<ToolEffect, 'change'>;
};

/** A tool of a server that the operator configured. */
export interface ExternalTool {
  /** Unique name for models. */
  readonly name: string;
  /** Name for people. */
  readonly title: string;
  /** Description for models. The words are not ours. */
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly rules: ToolRules;
  /**
   * Runs the tool. Throws BotError `tool.*`. Aborting `signal` throws `signal.reason`
   * and ends the run.
   */
  run(call: ExternalCall, signal: AbortSignal): Promise<ExternalResult>;
}

/** Arguments of a call by name, as the model wrote them. */
export type ToolArguments = Readonly<Record<string, unknown>>;

export type ExternalCall = {
  readonly args: ToolArguments;
  readonly asker: {
    readonly id: PersonId;
    readonly name?: string;
    /** Absent if only the asker reads the answer. */
    readonly channelId?: ChannelId;
    readonly language?: string;
  };
};

/** Text and structured data. Other content is left out. */
export type ExternalResult = {
  readonly text: string;
  readonly structured?: string;
  readonly leftOut: readonly string[];
  /** The tool says itself that it failed. */
  readonly isError: boolean;
};

/** Tells the operator news of a tool server, as a sentence without values of the configuration. */
export type ToolNews = (message: string) => void;

/** Rules of a server or tool without rules of its own. */
export const defaultRules: ToolRules = {
  who: 'manage',
  effect: 'last',
  deadlineMs: 10_000,
  resultChars: 2_000,
};

/** A person in a call waits for no later answer. */
const maxDeadlineSeconds = 300;
const maxResultChars = 20_000;

/** Rules as an operator writes them for a server or a tool. */
export interface WrittenRules {
  readonly who?: Right | undefined;
  readonly confirm?: 'always' | 'asked' | undefined;
  readonly effect?: 'read' | undefined;
  readonly deadlineSeconds?: number | undefined;
  readonly resultCharacters?: number | undefined;
}

type RuleFields = {
  readonly [Key in keyof WrittenRules]-?: z.ZodOptional<
    z.ZodType<NonNullable<WrittenRules[Key]>>
  >;
};

/** Fields of `WrittenRules`, for schemas that have more fields. */
export const ruleFields: RuleFields = {
  who: z.enum(['anyone', 'room', 'dj', 'manage']).optional(),
  /** `always` asks for Confirm each time, since the tool destroys. */
  confirm: z.enum(['always', 'asked']).optional(),
  /** A tool that only reads needs no Confirm. */
  effect: z.literal('read').optional(),
  deadlineSeconds: z.number().min(1).max(maxDeadlineSeconds).optional(),
  resultCharacters: z.number().int().min(100).max(maxResultChars).optional(),
};

export const writtenRules: z.ZodType<WrittenRules> = z.strictObject(ruleFields);

const effects = { always: 'destroy', asked: 'last' } as const;

/** Converts rules. Missing fields are taken from `defaults`. */
export function parseRules(
  written: WrittenRules,
  defaults: ToolRules = defaultRules,
): ToolRules {
  const { who, confirm, effect, deadlineSeconds, resultCharacters } = written;
  return {
    who: who ?? defaults.who,
    effect: effect ?? (confirm && effects[confirm]) ?? defaults.effect,
    deadlineMs:
      deadlineSeconds === undefined ? defaults.deadlineMs : deadlineSeconds * 1_000,
    resultChars: resultCharacters ?? defaults.resultChars,
  };
}
