import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import { foreignJson, toolArgumentLimits } from '#src/base/json.ts';
import type { Tool } from '#src/chat/ports.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { Right } from '#src/people/rights.ts';
import { type PlainTextId, type TextLine, text } from '#src/texts/texts.ts';
import type { LeaveOutcome } from './command-ports.ts';
import type { ReplyFile } from './voice-channel-chat-poster.ts';
import type { ChannelRef } from './voice-link.ts';

/** Parts that tools may use which need no channel. */
export interface ServerToolPorts extends Pick<SessionContext, 'port'> {
  /** Ids of the people whose words ask for it. */
  readonly askerIds: readonly string[];
  readonly guildId: string;
  /** Where what comes later is written; undefined where only the asker reads the answer. */
  readonly place: ChannelRef | undefined;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** IANA name of the zone of times that people read here. */
  readonly timeZone: string;
}

/** Parts of the session that tools may use in their channel. */
export interface ToolPorts extends ServerToolPorts {
  readonly context: SessionContext;
  /** People in the channel besides the bot. */
  company(): PeopleHere;
  /** Into the chat of the channel; pings nobody. Errors and abort: as `VoiceChannelChatPoster.write`. */
  post(text: string, signal: AbortSignal): Promise<void>;
  leave(): Promise<LeaveOutcome>;
}

/** Action of a press of Confirm, and the person who may press; or the reason why there is nothing to confirm. */
export type PreparedAction =
  | { readonly kind: 'refused'; readonly line: TextLine }
  | (ConfirmableAction & { readonly kind: 'ready' });

export type ConfirmableAction = {
  /** Question beside the button; `{name}` of the presser and `{s}` are filled in. */
  readonly ask: TextLine<'name' | 's'>;
  /** Content that is too long for that sentence. */
  readonly files?: readonly ReplyFile[];
  /** Default: the asker. */
  readonly presser?: Presser;
  /** True where it concerns the asker alone: their own words are enough, and there is no button. */
  readonly isOwn?: boolean;
  run(ports: ToolPorts, signal: AbortSignal): Promise<ToolOutcome>;
};

/** The only person who may press a button. */
export type Presser = { readonly id: string; readonly name: string };

/** Words that the bot says itself, and the people whom they quote: they are deleted with the words of those people. */
export type Quote = {
  readonly text: ConfidentialText;
  readonly aboutIds: readonly string[];
  /** Called when all of it was heard. */
  readonly onHeard?: () => void;
};

/** Names only of people who agreed to be heard; the others are counted. */
export type PeopleHere = {
  readonly names: readonly string[];
  readonly others: number;
  readonly bots: number;
};

/** What a line tells, to the model and in the channel. */
export function outcomeOf(line: TextLine): ToolOutcome {
  return { facts: { outcome: text(line.id, line.with) }, line };
}

export type ToolOutcome = {
  /** Data for the model. */
  readonly facts: Facts;
  /** Text for the channel after a press of a button; left out: that it is done. */
  readonly line?: TextLine;
  /** Speech for the asker at the next pause after a press of a button; left out: nothing. */
  readonly aloud?: TextLine;
  /** True when everybody notices the effect: an asker who spoke gets no words on it. */
  readonly isPlain?: boolean;
  /** True when nothing was changed, so that another call for the same words may. */
  readonly isVain?: boolean;
  /** Said in place of the rest of the model's answer. */
  readonly quote?: Quote;
  /** True when an answer in writing shows it to the asker alone. */
  readonly isPrivate?: boolean;
};
export type Facts = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Effect of a call, besides its result for the model.
 *
 * `none`: nothing. `change`: something changes, by arguments that the asker has said. `words`: it hands on words of the answer.
 */
type Effect = 'none' | 'change' | 'words';

export type ToolDefinition<T> = {
  readonly name: string;
  /** Purpose of the tool, for the model. */
  readonly description: string;
  /** Schema of the arguments, an object; unknown fields are refused. */
  readonly schema: z.ZodType<T>;
  /** Every asker of a turn must hold it, at the moment of the run. */
  readonly right: Right;
  /** Text of the panel while it runs, which the bot says if that takes long. Default: `slow.voice`. */
  readonly doing?: PlainTextId;
  /** Whether it is offered in a session now. Default: always. */
  readonly isOffered?: (context: SessionContext) => boolean;
  /** The call that an asker's own words ask for because they answer what this tool has asked them. */
  readonly answered?: (words: string, ports: ToolPorts) => T | undefined;
  /** The call that an asker's own words ask for in so many words, where it is what the model wants by `call`; no model is asked then. */
  readonly said?: (words: string, call: T, ports: ToolPorts) => T | undefined;
} & (
  | (Runs<T> & { readonly effect: 'none'; readonly isDestructive: false })
  | (Runs<T> & {
      readonly effect: 'change' | 'words';
      /** True when it never runs without a button pressed by the asker. */
      readonly isDestructive: boolean;
      /** Question beside the button; `{name}` and `{s}` are filled in. */
      readonly ask: (call: T) => TextLine<'name' | 's'>;
      /** Content that is too long for that sentence. */
      readonly files?: (call: T) => readonly ReplyFile[];
    })
  | {
      readonly effect: 'change';
      readonly isDestructive: true;
      /** True when there is not even a button unless one asker's own words ask for it; its arguments are of those words. */
      readonly needsOwnWords?: boolean;
      /** Prepares the action of its button. Errors and abort: as `run` of the others. */
      prepare(call: T, ports: ToolPorts, signal: AbortSignal): Promise<PreparedAction>;
    }
);

/** Errors: BotError; the model gets its code. Aborting `signal` throws `signal.reason`. */
type Runs<T> =
  | { run(call: T, ports: ToolPorts, signal: AbortSignal): Promise<ToolOutcome> }
  /** It needs no channel: answers in writing may use it, too. */
  | { runAnywhere(call: T, ports: ServerToolPorts, signal: AbortSignal): Promise<ToolOutcome> };

/** Longest run of any tool, in ms: upper limit of the operator's setting. */
export const longestToolMs = 300_000;

/** A tool as the session sees it: its arguments are validated before it can run. */
export type ToolEntry = Pick<
  ToolDefinition<unknown>,
  'name' | 'description' | 'right' | 'isOffered'
> & {
  readonly doing: PlainTextId;
  readonly isDestructive: boolean;
  readonly effect: Effect;
  readonly needsOwnWords?: boolean;
  /** Whether its calls have `runAnywhere`. */
  readonly isAnywhere?: boolean;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The call by which these words of an asker answer what this tool has asked them. */
  answered(words: string, ports: ToolPorts): Fitting | undefined;
  /** Longest run, in ms, `longestToolMs` at most. Default: 10 s; what takes longer is done in the background. */
  readonly deadlineMs?: number;
  /** Longest result that the model gets, in characters. Default: 2,000. */
  readonly resultChars?: number;
  /** Neutral description for the check of the asker's intent, as the operator wrote the real one. Default: the real one. */
  readonly neutral?: Pick<Tool, 'description' | 'parameters'>;
  fit(argumentsJson: string): Fitting | Unfit;
};

/** A call whose arguments fit. */
export type Fitting = {
  /** Its arguments by name. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** The call of this kind that these words of an asker ask for in so many words. */
  said?(words: string, ports: ToolPorts): Fitting | undefined;
  /** The action that waits for a button, if any. Errors and abort: as `run` of the tool. */
  prepare(ports: ToolPorts, signal: AbortSignal): Promise<PreparedAction>;
  /** Does it at once; a tool that has to be prepared refuses. */
  run(ports: ToolPorts, signal: AbortSignal): Promise<ToolOutcome>;
  /** Same as `run`, of a tool that needs no channel. */
  runAnywhere?(ports: ServerToolPorts, signal: AbortSignal): Promise<ToolOutcome>;
};
export type Unfit = { readonly unfit: string };

const usualDoing = 'slow.voice';

/** A tool is data plus one action, like a command. */
export function tool<T>(definition: ToolDefinition<T>): ToolEntry {
  const {
    name,
    description,
    right,
    doing = usualDoing,
    isDestructive,
    effect,
    isOffered,
    schema,
  } = definition;
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  const needsOwnWords = 'prepare' in definition && definition.needsOwnWords === true;
  return {
    name,
    description,
    right,
    doing,
    isDestructive,
    effect,
    ...(isOffered && { isOffered }),
    parameters,
    needsOwnWords,
    isAnywhere: 'runAnywhere' in definition,
    answered(words, ports) {
      const call = definition.answered?.(words, ports);
      return call && fitting(call, definition);
    },
    fit(argumentsJson) {
      const read = schema.safeParse(foreignJson(argumentsJson, toolArgumentLimits));
      return read.success ? fitting(read.data, definition) : { unfit: z.prettifyError(read.error) };
    },
  };
}

function fitting<T>(call: T, definition: ToolDefinition<T>): Fitting {
  const given = Object.fromEntries(Object.entries(call ?? {}));
  const said = (words: string, ports: ToolPorts) => {
    const own = definition.said?.(words, call, ports);
    return own && fitting(own, definition);
  };
  if ('prepare' in definition) {
    return {
      given,
      said,
      prepare: (ports, signal) => definition.prepare(call, ports, signal),
      run: async () => ({ facts: { waiting: 'Only a button does that.' } }),
    };
  }
  const ask = 'ask' in definition ? definition.ask(call) : { id: definition.doing ?? usualDoing };
  const files = 'ask' in definition ? (definition.files?.(call) ?? []) : [];
  if ('runAnywhere' in definition) {
    const run = (ports: ServerToolPorts, signal: AbortSignal) =>
      definition.runAnywhere(call, ports, signal);
    const prepare = async () => ({ kind: 'ready', ask, files, run }) as const;
    return { given, said, prepare, run, runAnywhere: run };
  }
  const run = (ports: ToolPorts, signal: AbortSignal) => definition.run(call, ports, signal);
  return { given, said, prepare: async () => ({ kind: 'ready', ask, files, run }), run };
}
