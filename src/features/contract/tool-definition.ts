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
import { type AnyLine, formatText, type TextLine } from '#src/texts/texts.ts';

/** A tool as its feature declares it. Each shard binds the tool to the objects of the feature. */
export type FeatureTool<Ports = object> = Omit<
  ToolEntry,
  'parseArguments' | 'isOffered'
> & {
  /** Returns the tool for conversations of one shard. */
  bind(ports: Ports): ToolEntry;
};

export type ToolDefinition<T, Ports> = Pick<
  ToolEntry,
  'name' | 'description' | 'right'
> & {
  /** Tests whether a model is offered the tool now. Absent: always. */
  isOffered?(ports: Ports): NonNullable<ToolEntry['isOffered']>;
  readonly schema: z.ZodType<T>;
} & (
    | (ToolAction<T, Ports> & {
        readonly effect: 'read' | 'change';
        /** The result holds words that people chose, such as names. */
        readonly quotesOthers?: true;
      })
    | (ToolAction<T, Ports> & {
        readonly effect: 'last' | 'destroy';
        /** Tests whether this call is only a change, which needs no Confirm. Default: false. */
        readonly isChange?: (call: T) => boolean;
        /** Builds the question before the buttons Confirm and No. */
        readonly ask: (call: T) => AnyLine<'name'>;
        /** Files beside the question. */
        readonly files?: (call: T) => readonly ReplyFile[];
      })
    | {
        readonly effect: 'last' | 'destroy';
        /** Prepares a call that needs no channel. */
        prepare(
          call: T,
          toolPorts: ServerToolPorts,
          ports: Ports,
          signal: AbortSignal,
        ): Promise<PreparedAction<ServerToolPorts>>;
      }
  );

/** `ports` are the objects of the tool's feature. Throws BotError. The model gets its code. */
type ToolAction<T, Ports> =
  | {
      /** Performs a call in a session. */
      run(
        call: T,
        toolPorts: ToolPorts,
        ports: Ports,
        signal: AbortSignal,
      ): Promise<ToolOutcome>;
    }
  /** Needs no channel, so written answers may use it too. */
  | {
      /** Performs a call, with or without a session. */
      runAnywhere(
        call: T,
        toolPorts: ServerToolPorts,
        ports: Ports,
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
export function defineTool<T, Ports = object>(
  definition: ToolDefinition<T, Ports>,
): FeatureTool<Ports> {
  const { name, description, right, effect, schema } = definition;
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  const declaration = {
    name,
    description,
    right,
    effect,
    parameters,
    quotesOthers: 'quotesOthers' in definition,
    isAnywhere: !('run' in definition),
  };
  return {
    ...declaration,
    bind: (ports) => ({
      ...declaration,
      isOffered: definition.isOffered?.(ports),
      parseArguments(argumentsJson) {
        const parsed = checkForeignValue(
          schema,
          tryParseForeignJson(argumentsJson, toolArgumentLimits),
        );
        if (!parsed.success) return { unfit: z.prettifyError(parsed.error) };
        return prepareFittingCall(parsed.data, definition, ports);
      },
    }),
  };
}

function prepareFittingCall<T, Ports>(
  call: T,
  definition: ToolDefinition<T, Ports>,
  ports: Ports,
): FittingCall {
  if ('prepare' in definition) {
    const prepareCall = (toolPorts: ServerToolPorts, signal: AbortSignal) =>
      definition.prepare(call, toolPorts, ports, signal);
    return {
      effect: definition.effect,
      prepare: prepareCall,
      prepareAnywhere: prepareCall,
    };
  }
  const isChange = 'isChange' in definition && definition.isChange?.(call) === true;
  const effect = isChange ? 'change' : definition.effect;
  const confirmable = 'ask' in definition ? definition : undefined;
  const question = confirmable?.ask(call) ?? { id: 'slow.voice' };
  const files = confirmable?.files?.(call);
  if ('runAnywhere' in definition) {
    const runCall = (toolPorts: ServerToolPorts, signal: AbortSignal) =>
      definition.runAnywhere(call, toolPorts, ports, signal);
    const prepare = async () =>
      ({ kind: 'ready', question, files, run: runCall }) as const;
    return { effect, prepare, prepareAnywhere: prepare };
  }
  const runCall = (toolPorts: ToolPorts, signal: AbortSignal) =>
    definition.run(call, toolPorts, ports, signal);
  return {
    effect,
    prepare: async () => ({ kind: 'ready', question, files, run: runCall }),
  };
}

/** Returns the outcome of a call that people are told by a line. */
export function toOutcome(textLine: TextLine): ToolOutcome {
  return {
    facts: { outcome: formatText(textLine.id, textLine.with) },
    line: textLine,
  };
}

/** Returns the outcome of a call that was allowed, and still changed nothing. */
export function toUnchangedOutcome(textLine: TextLine): ToolOutcome {
  return { ...toOutcome(textLine), line: textLine, hasChangedNothing: true };
}
