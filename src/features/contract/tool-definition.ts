import { z } from 'zod';
import { checkForeign, foreignJson, toolArgumentLimits } from '#src/base/json.ts';
import type {
  Fitting,
  PreparedAction,
  ServerToolPorts,
  ToolEntry,
  ToolOutcome,
  ToolPorts,
} from '#src/conversation/tools/tool-entry.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import { type PlainTextId, type TextLine, text } from '#src/texts/texts.ts';

/** Parts that a tool may use, and the objects of its feature. */
export type Owned<Own, Ports = ToolPorts> = Ports & { readonly own: Own };

/** A tool as its feature declares it. A shard binds it to the objects of that feature there. */
export type FeatureTool<Own = object> = Omit<ToolEntry, 'fit' | 'isOffered'> & {
  bind(own: Own): ToolEntry;
};

export type ToolDefinition<T, Own> = Pick<ToolEntry, 'name' | 'description' | 'right'> & {
  /** Whether it is offered now, in a session or where the bot sits nowhere. Default: always. */
  isOffered?(own: Own): NonNullable<ToolEntry['isOffered']>;
  /** Schema of the arguments, an object; unknown fields are refused. */
  readonly schema: z.ZodType<T>;
  /** Text of the panel while it runs, which the bot says if that takes long. Default: `slow.voice`. */
  readonly doing?: PlainTextId;
} & (
    | (Runs<T, Own> & {
        readonly effect: 'read' | 'change';
        /** Its result holds words that people chose, as their names. */
        readonly quotesOthers?: true;
      })
    | (Runs<T, Own> & {
        readonly effect: 'last' | 'destroy';
        /** Whether this call is only a change. Default: false. */
        readonly isChange?: (call: T) => boolean;
        /** As of `ConfirmableAction`. */
        readonly ask: (call: T) => TextLine<'name'>;
        /** Content that is too long for that sentence. */
        readonly files?: (call: T) => readonly ReplyFile[];
      })
    | {
        readonly effect: 'last' | 'destroy';
        /** Prepares the action; it needs no channel. Errors and abort: as `run` of the others. */
        prepare(
          call: T,
          ports: Owned<Own, ServerToolPorts>,
          signal: AbortSignal,
        ): Promise<PreparedAction<ServerToolPorts>>;
      }
  );

/** Errors: BotError; the model gets its code. Aborting `signal` throws `signal.reason`. */
type Runs<T, Own> =
  | { run(call: T, ports: Owned<Own>, signal: AbortSignal): Promise<ToolOutcome> }
  /** It needs no channel: answers in writing may use it, too. */
  | {
      runAnywhere(
        call: T,
        ports: Owned<Own, ServerToolPorts>,
        signal: AbortSignal,
      ): Promise<ToolOutcome>;
    };

const usualDoing = 'slow.voice';

/** A tool is data plus one action, like a command. */
export function tool<T, Own = object>(definition: ToolDefinition<T, Own>): FeatureTool<Own> {
  const { name, description, right, doing = usualDoing, effect, schema } = definition;
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  const face = {
    name,
    description,
    right,
    doing,
    effect,
    parameters,
    quotesOthers: 'quotesOthers' in definition,
    isAnywhere: !('run' in definition),
  };
  return {
    ...face,
    bind: (own) => ({
      ...face,
      isOffered: definition.isOffered?.(own),
      fit(argumentsJson) {
        const read = checkForeign(schema, foreignJson(argumentsJson, toolArgumentLimits));
        if (!read.success) return { unfit: z.prettifyError(read.error) };
        return fitting(read.data, definition, own);
      },
    }),
  };
}

function fitting<T, Own>(call: T, definition: ToolDefinition<T, Own>, own: Own): Fitting {
  if ('prepare' in definition) {
    const prepare = (ports: ServerToolPorts, signal: AbortSignal) =>
      definition.prepare(call, { ...ports, own }, signal);
    return { effect: definition.effect, prepare, prepareAnywhere: prepare };
  }
  const isChange = 'isChange' in definition && definition.isChange?.(call) === true;
  const effect = isChange ? 'change' : definition.effect;
  const ask = 'ask' in definition ? definition.ask(call) : { id: definition.doing ?? usualDoing };
  const files = 'ask' in definition ? (definition.files?.(call) ?? []) : [];
  if ('runAnywhere' in definition) {
    const run = (ports: ServerToolPorts, signal: AbortSignal) =>
      definition.runAnywhere(call, { ...ports, own }, signal);
    const prepare = async () => ({ kind: 'ready', ask, files, run }) as const;
    return { effect, prepare, prepareAnywhere: prepare };
  }
  const run = (ports: ToolPorts, signal: AbortSignal) =>
    definition.run(call, { ...ports, own }, signal);
  return { effect, prepare: async () => ({ kind: 'ready', ask, files, run }) };
}

/** What a line tells, to the model and in the channel. */
export function outcomeOf(line: TextLine): ToolOutcome {
  return { facts: { outcome: text(line.id, line.with) }, line };
}

/** What a line tells of a call that has changed nothing. */
export function vainOutcome(line: TextLine): ToolOutcome {
  return { facts: { outcome: text(line.id, line.with) }, line, isVain: true };
}
