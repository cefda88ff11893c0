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

/** What tools may do in the channel they were asked in. */
export interface ToolPorts {
  readonly clock: Pick<Clock, 'wallMs'>;
  /** IANA name of the zone in which times are told here. */
  readonly timeZone: string;
  /** Who is there besides the bot itself. */
  company(): PeopleHere;
  /** Into the chat of the channel; pings nobody. Errors and abort: as `ChannelMessages.write`. */
  post(text: string, signal: AbortSignal): Promise<void>;
  leave(): Promise<LeaveOutcome>;
  /**
   * Looks up lines that answer a question, of those that everybody there may know; `about` as in `TranscriptQuestion`. Errors:
   * none. Aborting `signal` throws `signal.reason`.
   */
  findInCaptions(question: string, about: string, signal: AbortSignal): Promise<FoundInCaptions>;
  /** Tracks, with the rights of the asker. */
  readonly tracks: ToolTracks;
  /** What the server has the bot remember, with the rights of the asker. */
  readonly memories: ToolMemories;
  /** Reminders of the asker. */
  readonly reminders: ToolReminders;
}

/** Reminders and timers of one asker; what came of each call is a sentence. Errors: BotError `store.*`. */
export interface ToolReminders {
  set(draft: ReminderDraft): Promise<ToolOutcome>;
  list(): Promise<ToolOutcome>;
  /** By its number; left out: the only one. */
  cancel(number: number | undefined): Promise<ToolOutcome>;
}

export type ReminderDraft = {
  /** As `readTime` reads it. */
  readonly when: string;
  /** Left out: a timer. */
  readonly text?: string | undefined;
};

/** Memories of the server; whatever is refused comes back as a sentence. Errors: BotError `store.*`. */
export interface ToolMemories {
  /** Finds out who has to press Confirm: the asker, or whom the memory is about. Nothing is written before `run`. */
  remember(draft: MemoryDraft, signal: AbortSignal): Promise<PreparedAction>;
  /** One by its number: of the asker, about them, or any where they manage the server. */
  forget(number: number, signal: AbortSignal): Promise<PreparedAction>;
}

export type MemoryDraft = {
  readonly text: string;
  /** Name of whom it is about, if not the asker. */
  readonly about?: string | undefined;
};

/** What a press of Confirm does, and whose; or why there is nothing to be confirmed. */
export type PreparedAction =
  | { readonly kind: 'refused'; readonly line: TextLine }
  | (ConfirmableAction & { readonly kind: 'ready' });

export type ConfirmableAction = {
  /** What is asked beside the button; `{name}` of the presser and `{s}` are filled in. */
  readonly ask: TextLine<'name' | 's'>;
  /** What is too long for that sentence. */
  readonly files?: readonly ReplyFile[];
  /** Default: the asker. */
  readonly presser?: Presser;
  run(ports: ToolPorts, signal: AbortSignal): Promise<ToolOutcome>;
};

/** Who alone may press a button. */
export type Presser = { readonly id: string; readonly name: string };

/** What is said of lines that were looked for: they are quoted, or why there are none. */
export type FoundInCaptions = { readonly lines: number; readonly quote: Quote };

/** Words that the bot says itself, and the people whose words they hold: they go with what those said. */
export type Quote = { readonly text: ConfidentialText; readonly aboutIds: readonly string[] };

/** Names only of those who agreed to be heard: the others are nobody's to be told about. */
export type PeopleHere = {
  readonly names: readonly string[];
  readonly others: number;
  readonly bots: number;
};

/** A sound of the library somebody wants to hear. */
export type SoundWish = {
  /** What they call it. */
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
  /** What became of it. */
  readonly line: TextLine;
  /** True when it is heard at once. */
  readonly isHeard: boolean;
  /** Asks which of several sounds is meant. */
  readonly question?: Quote;
};

/** Tracks of people; of somebody else's sounds nothing is changed without the right to it. */
export interface ToolTracks {
  /**
   * Plays what lies here, for the last who asked; of several that fit nothing is played, and they are asked which. Errors: none
   * for what cannot be played. Aborting `signal` throws `signal.reason`.
   */
  play(wish: SoundWish, signal: AbortSignal): Promise<SoundPlay>;
  /** What was wished before, with the sound that these words of theirs choose of those they were asked about. */
  chosen(words: string): SoundWish | undefined;
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

/** What can be made louder by name. */
export type TrackName = 'voice' | 'cues';

export type ToolOutcome = {
  /** What the model is told, as data. */
  readonly facts: Facts;
  /** What the channel reads of it where somebody pressed a button for it; left out: that it is done. */
  readonly line?: TextLine;
  /** What whoever asked hears of it at the next pause where somebody pressed a button for it; left out: nothing. */
  readonly aloud?: TextLine;
  /** True when everybody notices the effect: an asker who spoke gets no words on it. */
  readonly isPlain?: boolean;
  /** True when nothing was changed, so that another call for the same words may. */
  readonly isVain?: boolean;
  /** Said in place of whatever the model would say from now on in this answer. */
  readonly quote?: Quote;
};
export type Facts = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * What a call does, beside telling the model something.
 *
 * `none`: nothing. `change`: something by arguments that whoever asks has said. `words`: it hands on words of the answer.
 */
type Effect = 'none' | 'change' | 'words';

export type ToolDefinition<T> = {
  readonly name: string;
  /** For the model: what it is for. */
  readonly description: string;
  /** An object; what it does not name is refused. */
  readonly schema: z.ZodType<T>;
  /** Every asker of a turn must hold it, at the moment of the run. */
  readonly right: Right;
  /** What the panel says while it runs, and the bot where that takes long. */
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
      /** What is asked beside a button; `{name}` and `{s}` are filled in. */
      readonly ask: (call: T) => TextLine<'name' | 's'>;
      /** What is too long for that sentence. */
      readonly files?: (call: T) => readonly ReplyFile[];
    })
  | {
      readonly effect: 'change';
      readonly isDestructive: true;
      /** True when there is not even a button unless one asker's own words ask for it; its arguments are of those words. */
      readonly needsOwnWords?: boolean;
      /** What its button does, once it is known. Errors and abort: as `run` of the others. */
      prepare(call: T, ports: ToolPorts, signal: AbortSignal): Promise<PreparedAction>;
    }
);

type Runs<T> = {
  /** Errors: BotError; the model is told the code. Aborting `signal` throws `signal.reason`. */
  run(call: T, ports: ToolPorts, signal: AbortSignal): Promise<ToolOutcome>;
};

/** Settings that turn tools on. */
export type SwitchSetting = 'memory';

/** Longest run of any tool, in ms: the operator may give no more. */
export const longestToolMs = 300_000;

/** A tool as the session sees it: whatever its arguments are, they fit before it can run. */
export type RoomTool = Pick<
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
  /** Longest result that the model is told, in characters. Default: 2,000. */
  readonly resultChars?: number;
  /** What it is called where it is asked whether somebody wants it, as its description is not ours. Default: that. */
  readonly neutral?: Pick<Tool, 'description' | 'parameters'>;
  fit(argumentsJson: string): Fitting | Unfit;
};

/** A call whose arguments fit. */
export type Fitting = {
  /** What waits for a button, where it does. Errors and abort: as `run` of the tool. */
  prepare(ports: ToolPorts, signal: AbortSignal): Promise<PreparedAction>;
  /** Does it at once; a tool that has to be prepared refuses. */
  run(ports: ToolPorts, signal: AbortSignal): Promise<ToolOutcome>;
};
export type Unfit = { readonly unfit: string };

/** A tool is data plus one deed, like a command. */
export function tool<T>(definition: ToolDefinition<T>): RoomTool {
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
