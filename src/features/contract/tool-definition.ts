import { z } from 'zod';
import { checkForeignValue, toolArgumentLimits, tryParseForeignJson } from '#src/base/json.ts';
import type {
  FittingCall,
  PreparedAction,
  ServerToolPorts,
  ToolEntry,
  ToolOutcome,
  ToolPorts,
} from '#src/conversation/tools/tool-entry.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import { formatText, type PlainTextId, type TextLine } from '#src/texts/texts.ts';

/** Parts that a tool may use, and the objects of its feature. */
export type WithOwnObjects<Own, Ports = ToolPorts> = Ports & { readonly own: Own };

/** A tool as its feature declares it. A shard binds it to the objects of that feature there. */
export type FeatureTool<Own = object> = Omit<ToolEntry, 'parseArguments' | 'isOffered'> & {
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
    | (ToolAction<T, Own> & {
        readonly effect: 'read' | 'change';
        /** Its result holds words that people chose, as their names. */
        readonly quotesOthers?: true;
      })
    | (ToolAction<T, Own> & {
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
          ports: WithOwnObjects<Own, ServerToolPorts>,
          signal: AbortSignal,
        ): Promise<PreparedAction<ServerToolPorts>>;
      }
  );

/** Errors: BotError; the model gets its code. Aborting `signal` throws `signal.reason`. */
type ToolAction<T, Own> =
  | { run(call: T, ports: WithOwnObjects<Own>, signal: AbortSignal): Promise<ToolOutcome> }
  /** It needs no channel: answers in writing may use it, too. */
  | {
      runAnywhere(
        call: T,
        ports: WithOwnObjects<Own, ServerToolPorts>,
        signal: AbortSignal,
      ): Promise<ToolOutcome>;
    };

const defaultDoingText = 'slow.voice';

/** A tool is data plus one action, like a command. */
export function defineTool<T, Own = object>(definition: ToolDefinition<T, Own>): FeatureTool<Own> {
  const { name, description, right, doing = defaultDoingText, effect, schema } = definition;
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  const face = {
    name,
    description,
    right,
    progressText: doing,
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
      parseArguments(argumentsJson) {
        const read = checkForeignValue(
          schema,
          tryParseForeignJson(argumentsJson, toolArgumentLimits),
        );
        if (!read.success) return { unfit: z.prettifyError(read.error) };
        return prepareFittingCall(read.data, definition, own);
      },
    }),
  };
}

function prepareFittingCall<T, Own>(
  call: T,
  definition: ToolDefinition<T, Own>,
  own: Own,
): FittingCall {
  if ('prepare' in definition) {
    const prepare = (ports: ServerToolPorts, signal: AbortSignal) =>
      definition.prepare(call, { ...ports, own }, signal);
    return { effect: definition.effect, prepare, prepareAnywhere: prepare };
  }
  const isChange = 'isChange' in definition && definition.isChange?.(call) === true;
  const effect = isChange ? 'change' : definition.effect;
  const question =
    'ask' in definition ? definition.ask(call) : { id: definition.doing ?? defaultDoingText };
  const files = 'ask' in definition ? (definition.files?.(call) ?? []) : [];
  if ('runAnywhere' in definition) {
    const run = (ports: ServerToolPorts, signal: AbortSignal) =>
      definition.runAnywhere(call, { ...ports, own }, signal);
    const prepare = async () => ({ kind: 'ready', question, files, run }) as const;
    return { effect, prepare, prepareAnywhere: prepare };
  }
  const run = (ports: ToolPorts, signal: AbortSignal) =>
    definition.run(call, { ...ports, own }, signal);
  return { effect, prepare: async () => ({ kind: 'ready', question, files, run }) };
}

/** What a line tells, to the model and in the channel. */
export function toOutcome(line: TextLine): ToolOutcome {
  return { facts: { outcome: formatText(line.id, line.with) }, line };
}

/** What a line tells of a call that has changed nothing. */
export function toUnchangedOutcome(line: TextLine): ToolOutcome {
  return { facts: { outcome: formatText(line.id, line.with) }, line, hasChangedNothing: true };
}
