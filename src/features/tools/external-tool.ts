import { z } from 'zod';
import type { ChannelId } from '#src/base/ids.ts';
import type { ToolEffect } from '#src/conversation/machine/state.ts';
import type { ExternalToolLimits } from '#src/conversation/tools/tool-entry.ts';
import type { Right } from '#src/people/rights.ts';

export type ToolRules = ExternalToolLimits & {
  readonly who: Right;
  readonly effect: Exclude<ToolEffect, 'change'>;
};

export type ExternalTool = {
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
};

export type ExternalCall = {
  readonly given: Readonly<Record<string, unknown>>;
  readonly asker: {
    readonly id: string;
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

export type ToolNews = (message: string) => void;

export const defaultRules: ToolRules = {
  who: 'manage',
  effect: 'last',
  deadlineMs: 10_000,
  resultChars: 2_000,
};

/** A person in a call waits for no later answer. */
const maxDeadlineSeconds = 300;
const maxResultChars = 20_000;

export const ruleFields = {
  who: z.enum(['anyone', 'room', 'dj', 'manage']).optional(),
  /** `always` asks for Confirm each time, since the tool destroys. */
  confirm: z.enum(['always', 'asked']).optional(),
  /** A tool that only reads needs no Confirm. */
  effect: z.literal('read').optional(),
  deadlineSeconds: z.number().min(1).max(maxDeadlineSeconds).optional(),
  resultCharacters: z.number().int().min(100).max(maxResultChars).optional(),
};

export const writtenRules = z.strictObject(ruleFields);

const effects = { always: 'destroy', asked: 'last' } as const;

export function parseRules(
  written: z.infer<typeof writtenRules>,
  rest: ToolRules = defaultRules,
): ToolRules {
  const { who, confirm, effect, deadlineSeconds, resultCharacters } = written;
  return {
    who: who ?? rest.who,
    effect: effect ?? (confirm && effects[confirm]) ?? rest.effect,
    deadlineMs:
      deadlineSeconds === undefined ? rest.deadlineMs : deadlineSeconds * 1_000,
    resultChars: resultCharacters ?? rest.resultChars,
  };
}
