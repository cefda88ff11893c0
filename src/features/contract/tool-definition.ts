import { z } from 'zod';
import {
  checkForeignValue,
  toolArgumentLimits,
  tryParseForeignJson,
} from '#src/base/json.ts';
import type {
  FittingCall,
  PreparedAction,
  ServerToolPorts,
  ToolEntry,
  ToolOutcome,
  ToolPorts,
} from '#src/conversation/tools/tool-entry.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';

/** Each shard binds it to the objects of its feature. */
export type FeatureTool<Own = object> = Omit<
  ToolEntry,
  'parseArguments' | 'isOffered'
> & {
  bind(own: Own): ToolEntry;
};

export type ToolDefinition<T, Own> = Pick<
  ToolEntry,
  'name' | 'description' | 'right'
> & {
  isOffered?(own: Own): NonNullable<ToolEntry['isOffered']>;
  readonly schema: z.ZodType<T>;
} & (
    | (ToolAction<T, Own> & {
        readonly effect: 'read' | 'change';
        /** The result holds words that people chose, such as names. */
        readonly quotesOthers?: true;
      })
    | (ToolAction<T, Own> & {
        readonly effect: 'last' | 'destroy';
        /** True if this call is only a change. Default: false. */
        readonly isChange?: (call: T) => boolean;
        readonly ask: (call: T) => TextLine<'name'>;
        readonly files?: (call: T) => readonly ReplyFile[];
      })
    | {
        readonly effect: 'last' | 'destroy';
        /** Prepares a call that needs no channel. */
        prepare(
          call: T,
          ports: ServerToolPorts,
          own: Own,
          signal: AbortSignal,
        ): Promise<PreparedAction<ServerToolPorts>>;
      }
  );

/** `own` are the objects of the tool's feature. Throws BotError. The model gets its code. */
type ToolAction<T, Own> =
  | {
      run(
        call: T,
        ports: ToolPorts,
        own: Own,
        signal: AbortSignal,
      ): Promise<ToolOutcome>;
    }
  /** Needs no channel, so written answers may use it too. */
  | {
      runAnywhere(
        call: T,
        ports: ServerToolPorts,
        own: Own,
        signal: AbortSignal,
      ): Promise<ToolOutcome>;
    };

/**
 * Defines a tool: data plus one action.
 *
 * @example
 * import { z } from 'zod';
 * import { defineTool } from '#src/features/contract/tool-definition.ts';
 *
 * const coin = defineTool({
 *   name: 'coin',
 *   description: 'Flips a coin.',
 *   schema: z.strictObject({}),
 *   right: 'anyone',
 *   effect: 'read',
 *   runAnywhere: async () => ({ facts: { side: 'heads' } }),
 * });
 * coin.isAnywhere; // true
 */
export function defineTool<T, Own = object>(
  definition: ToolDefinition<T, Own>,
): FeatureTool<Own> {
  const { name, description, right, effect, schema } = definition;
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  const face = {
    name,
    description,
    right,
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
      definition.prepare(call, ports, own, signal);
    return { effect: definition.effect, prepare, prepareAnywhere: prepare };
  }
  const isChange = 'isChange' in definition && definition.isChange?.(call) === true;
  const effect = isChange ? 'change' : definition.effect;
  const asked = 'ask' in definition ? definition : undefined;
  const question = asked?.ask(call) ?? { id: 'slow.voice' };
  const files = asked?.files?.(call);
  if ('runAnywhere' in definition) {
    const run = (ports: ServerToolPorts, signal: AbortSignal) =>
      definition.runAnywhere(call, ports, own, signal);
    const prepare = async () => ({ kind: 'ready', question, files, run }) as const;
    return { effect, prepare, prepareAnywhere: prepare };
  }
  const run = (ports: ToolPorts, signal: AbortSignal) =>
    definition.run(call, ports, own, signal);
  return { effect, prepare: async () => ({ kind: 'ready', question, files, run }) };
}

export function toOutcome(line: TextLine): ToolOutcome {
  return { facts: { outcome: formatText(line.id, line.with) }, line };
}

export function toUnchangedOutcome(line: TextLine): ToolOutcome {
  return { ...toOutcome(line), line, hasChangedNothing: true };
}
