import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import { foreignJson, toolArgumentLimits } from '#src/base/json.ts';
import type { Tool } from '#src/chat/ports.ts';
import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { Right } from '#src/people/rights.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import type { ReplyFile } from './command.ts';
import type { LeaveOutcome } from './command-ports.ts';
import type { TrackAction, TrackSetting } from './tracks.ts';

/** Parts of the session that tools may use in their channel. */
export interface ToolPorts {
  readonly clock: Pick<Clock, 'wallMs'>;
  /** IANA name of the zone of times that people read here. */
  readonly timeZone: string;
  /** People in the channel besides the bot. */
  company(): PeopleHere;
  /** Into the chat of the channel; pings nobody. Errors and abort: as `ChannelMessages.write`. */
  post(text: string, signal: AbortSignal): Promise<void>;
  leave(): Promise<LeaveOutcome>;
  /**
   * Looks up lines that answer a question, of those that all people there may know; `about` as in `TranscriptQuestion`. Errors:
   * none. Aborting `signal` throws `signal.reason`.
   */
  findInCaptions(question: string, about: string, signal: AbortSignal): Promise<FoundInCaptions>;
  /** Tracks, with the rights of the asker. */
  readonly tracks: ToolTracks;
  /** Memories of the server, with the rights of the asker. */
  readonly memories: ToolMemories;
  /** Reminders of the asker. */
  readonly reminders: ToolReminders;
}

/** Reminders and timers of one asker; the outcome of each call is a sentence. Errors: BotError `store.*`. */
export interface ToolReminders {
  set(draft: ReminderDraft): Promise<ToolOutcome>;
  list(): Promise<ToolOutcome>;
  /** By its number; left out: the only one. */
  cancel(number: number | undefined): Promise<ToolOutcome>;
}

export type ReminderDraft = {
  /** Time in the form that `readTime` reads. */
  readonly when: string;
  /** Left out: a timer. */
  readonly text?: string | undefined;
};

/** Memories of the server; a refusal is a sentence. Errors: BotError `store.*`. */
export interface ToolMemories {
  /** Finds the person who has to press Confirm: the asker, or the person the memory is about. Nothing is written before `run`. */
  remember(draft: MemoryDraft, signal: AbortSignal): Promise<PreparedAction>;
  /** One by its number: of the asker, about them, or any where they manage the server. */
  forget(number: number, signal: AbortSignal): Promise<PreparedAction>;
}

export type MemoryDraft = {
  readonly text: string;
  /** Name of the person it is about, if not the asker. */
  readonly about?: string | undefined;
};

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
  run(ports: ToolPorts, signal: AbortSignal): Promise<ToolOutcome>;
};

/** The only person who may press a button. */
export type Presser = { readonly id: string; readonly name: string };

/** Outcome of a search for lines: a quote of them, or the reason why there are none. */
export type FoundInCaptions = { readonly lines: number; readonly quote: Quote };

/** Words that the bot says itself, and the people whom they quote: they are deleted with the words of those people. */
export type Quote = { readonly text: ConfidentialText; readonly aboutIds: readonly string[] };

/** Names only of people who agreed to be heard; the others are counted. */
export type PeopleHere = {
  readonly names: readonly string[];
  readonly others: number;
  readonly bots: number;
};

/** A requested sound of the library. */
export type SoundRequest = {
  /** Name as the asker says it. */
  readonly sound: string;
  /** True where that is its full name. */
  readonly isName?: boolean | undefined;
  /** Left out: the usual one. */
  readonly track?: string | undefined;
  readonly loop?: boolean | undefined;
  /** Before all that wait. */
  readonly next?: boolean | undefined;
};

export type SoundPlay = {
  /** Outcome as a sentence. */
  readonly line: TextLine;
  /** True when it is heard at once. */
  readonly isHeard: boolean;
  /** Asks which of several sounds is meant. */
  readonly question?: Quote;
};

/** Tracks of people; sounds of others change only with the right to do so. */
export interface ToolTracks {
  /**
   * Plays what lies here, for the last who asked; of several that fit nothing is played, and they are asked which. Errors: none
   * for what cannot be played. Aborting `signal` throws `signal.reason`.
   */
  play(request: SoundRequest, signal: AbortSignal): Promise<SoundPlay>;
  /** The earlier request, with the sound that these words choose among the offered ones. */
  chosen(words: string): SoundRequest | undefined;
  /**
   * `called` is a track, what sounds there, or `all`; left out: the one that is meant first. Of the bot's own tracks only the
   * volume can be changed. What became of each, in words. Aborting `signal` throws `signal.reason`.
   */
  change(
    change: TrackChange,
    called: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly [TextLine, ...TextLine[]]>;
}

export type TrackChange =
  | { readonly kind: TrackAction }
  | { readonly kind: 'volume'; readonly level: number }
  | { readonly kind: 'volume'; readonly by: number }
  | Exclude<TrackSetting, { kind: 'volume' }>;

/** Own tracks of the bot whose volume can be changed. */
export type TrackName = 'voice' | 'cues';

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
  /** Text of the panel while it runs, which the bot says if that takes long. */
  readonly doing: PlainTextId;
  /** Setting of the server without which it is not offered. */
  readonly setting?: SwitchSetting;
  /** Offered only where there is something of it: captions that are on, or transcripts that are kept. */
  readonly needs?: 'transcripts';
  /** The call that an asker's own words ask for because they answer what this tool has asked them. */
  readonly answered?: (words: string, ports: ToolPorts) => T | undefined;
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

type Runs<T> = {
  /** Errors: BotError; the model gets its code. Aborting `signal` throws `signal.reason`. */
  run(call: T, ports: ToolPorts, signal: AbortSignal): Promise<ToolOutcome>;
};

/** Settings that turn tools on. */
export type SwitchSetting = 'memory';

/** Longest run of any tool, in ms: upper limit of the operator's setting. */
export const longestToolMs = 300_000;

/** A tool as the session sees it: its arguments are validated before it can run. */
export type ToolEntry = Pick<
  ToolDefinition<unknown>,
  'name' | 'description' | 'right' | 'doing' | 'needs'
> & {
  readonly isDestructive: boolean;
  readonly effect: Effect;
  readonly needsOwnWords?: boolean;
  readonly setting?: SwitchSetting;
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
  /** The action that waits for a button, if any. Errors and abort: as `run` of the tool. */
  prepare(ports: ToolPorts, signal: AbortSignal): Promise<PreparedAction>;
  /** Does it at once; a tool that has to be prepared refuses. */
  run(ports: ToolPorts, signal: AbortSignal): Promise<ToolOutcome>;
};
export type Unfit = { readonly unfit: string };

/** A tool is data plus one action, like a command. */
export function tool<T>(definition: ToolDefinition<T>): ToolEntry {
  const { name, description, right, doing, isDestructive, effect, needs, schema, setting } =
    definition;
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  const needsOwnWords = 'prepare' in definition && definition.needsOwnWords === true;
  return {
    name,
    description,
    right,
    doing,
    isDestructive,
    effect,
    ...(needs && { needs }),
    parameters,
    needsOwnWords,
    ...(setting && { setting }),
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
  if ('prepare' in definition) {
    return {
      prepare: (ports, signal) => definition.prepare(call, ports, signal),
      run: async () => ({ facts: { waiting: 'Only a button does that.' } }),
    };
  }
  const run = (ports: ToolPorts, signal: AbortSignal) => definition.run(call, ports, signal);
  const ask = 'ask' in definition ? definition.ask(call) : { id: definition.doing };
  const files = 'ask' in definition ? (definition.files?.(call) ?? []) : [];
  return { prepare: async () => ({ kind: 'ready', ask, files, run }), run };
}
