import type { ChannelId, PersonId } from '#src/base/ids.ts';
import type { ToolRules } from '#src/ports/tool-servers.ts';

/** A tool of a server that the operator configured. */
export interface ExternalTool {
  /** Unique name for models. */
  readonly name: string;
  /** Name for people. */
  readonly title: string;
  /** The work of the tool, as its server says it to people. Absent: its title. */
  readonly work?: string | undefined;
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
