import { z } from 'zod';
import {
  checkForeignValue,
  toolArgumentLimits,
  tryParseForeignJson,
} from '#src/base/json.ts';
import {
  type ChangeAct,
  type DestroyingAct,
  judgeAct,
  type LastingAct,
  type ReadAct,
  type ToolWish,
} from '#src/conversation/machine/wish.ts';
import type {
  ChangeOutcome,
  ConfirmableAction,
  FittingCall,
  PreparedAction,
  ServerToolPorts,
  ToolEntry,
  ToolOutcome,
  ToolPorts,
} from '#src/conversation/tools/tool-entry.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import {
  type AnyLine,
  formatText,
  type PlainTextId,
  type TextLine,
} from '#src/texts/texts.ts';

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
  'name' | 'description' | 'right' | 'needsSession'
> & {
  /** Tests whether a model is offered the tool now. Absent: always. */
  isOffered?(ports: Ports): NonNullable<ToolEntry['isOffered']>;
  readonly schema: z.ZodType<T>;
  /** Says what the tool does, while people wait for it. Absent: "One moment." */
  readonly step?: PlainTextId;
  /** The result holds words that people chose, such as names. */
  readonly quotesOthers?: true;
} & (
    | (ToolAction<T, Ports, ToolOutcome> & { readonly act: ReadAct })
    | (ToolAction<T, Ports, ChangeOutcome> & { readonly act: ChangeAct })
    | (ToolAction<T, Ports, ToolOutcome> &
        Question<T> & { readonly act: LastingAct | DestroyingAct })
    | (ToolAction<T, Ports, ChangeOutcome> &
        Question<T> & {
          readonly act: LastingAct;
          /** Returns what this call does. */
          readonly judgeCall: (call: T) => LastingAct | ChangeAct;
        })
    | {
        readonly act: LastingAct | DestroyingAct;
        /** Prepares a call that needs no channel. */
        prepare(
          call: T,
          toolPorts: ServerToolPorts,
          ports: Ports,
          signal: AbortSignal,
        ): Promise<PreparedCall>;
      }
  );

/** A call that was checked, with what it does where that is less than its tool may do. */
export type PreparedCall =
  | Extract<PreparedAction<ServerToolPorts>, { kind: 'refused' }>
  | (ReadyCall & { readonly act?: undefined; run: RunCall<ToolOutcome> })
  | (ReadyCall & { readonly act: LastingAct | ChangeAct; run: RunCall<ChangeOutcome> });

type ReadyCall = Omit<ConfirmableAction<ServerToolPorts>, 'effect' | 'run'> & {
  readonly kind: 'ready';
};

type RunCall<Outcome> = (
  wish: ToolWish,
  ports: ServerToolPorts,
  signal: AbortSignal,
) => Promise<Outcome>;

type Question<T> = {
  /** Builds the question before the buttons Confirm and No. */
  readonly ask: (call: T) => AnyLine<'name'>;
  /** Files beside the question. */
  readonly files?: (call: T) => readonly ReplyFile[];
};

/** `ports` are the objects of the tool's feature. Throws BotError. The model gets its code. */
type ToolAction<T, Ports, Outcome> =
  | {
      /** Performs a call in a session. */
      run(
        call: T,
        toolPorts: ToolPorts,
        ports: Ports,
        signal: AbortSignal,
      ): Promise<Outcome>;
    }
  /** Needs no channel, so written answers may use it too. */
  | {
      /** Performs a call, with or without a session. */
      runAnywhere(
        call: T,
        toolPorts: ServerToolPorts,
        ports: Ports,
        signal: AbortSignal,
      ): Promise<Outcome>;
    };

/**
 * Defines a tool: data plus one action. Its effect follows from its act.
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
 *   act: { writes: 'nothing' },
 *   runAnywhere: async () => ({ facts: { side: 'heads' } }),
 * });
 * coin.isAnywhere; // true
 */
export function defineTool<T, Ports = object>(
  definition: ToolDefinition<T, Ports>,
): FeatureTool<Ports> {
  const { act, name, description, needsSession, right, schema, step } = definition;
  const parameters = describeParameters(schema);
  const declaration = {
    name,
    description,
    right,
    effect: judgeAct(act),
    parameters,
    quotesOthers: definition.quotesOthers === true,
    step: step && { id: step },
    isAnywhere: !('run' in definition),
    needsSession,
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

/**
 * Describes arguments for a model. Each request sends this for each tool, so it leaves out what a call is held to anyway: lengths of texts,
 * and that there are no other fields.
 */
function describeParameters(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      for (const name of ['minLength', 'maxLength', 'additionalProperties'] as const)
        delete jsonSchema[name];
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return parameters;
}

function prepareFittingCall<T, Ports>(
  call: T,
  definition: ToolDefinition<T, Ports>,
  ports: Ports,
): FittingCall {
  if ('prepare' in definition) {
    const prepareCall = async (toolPorts: ServerToolPorts, signal: AbortSignal) => {
      const prepared = await definition.prepare(call, toolPorts, ports, signal);
      if (prepared.kind === 'refused') return prepared;
      const { act = definition.act, ...action } = prepared;
      return { ...action, effect: judgeAct(act) };
    };
    const effect = judgeAct(definition.act);
    return { effect, prepare: prepareCall, prepareAnywhere: prepareCall };
  }
  const act = 'judgeCall' in definition ? definition.judgeCall(call) : definition.act;
  const effect = judgeAct(act);
  const confirmable = 'ask' in definition ? definition : undefined;
  const question = confirmable?.ask(call) ?? { id: 'slow.voice' };
  const files = confirmable?.files?.(call);
  if ('runAnywhere' in definition) {
    const runCall: RunCall<ToolOutcome> = (_wish, toolPorts, signal) =>
      definition.runAnywhere(call, toolPorts, ports, signal);
    const prepare = async () =>
      ({ kind: 'ready', question, files, effect, run: runCall }) as const;
    return { effect, prepare, prepareAnywhere: prepare };
  }
  const runCall = (_wish: ToolWish, toolPorts: ToolPorts, signal: AbortSignal) =>
    definition.run(call, toolPorts, ports, signal);
  return {
    effect,
    prepare: async () => ({ kind: 'ready', question, files, effect, run: runCall }),
  };
}

/** Returns the outcome of a call that people are told by a line. */
export function toOutcome(textLine: TextLine): ChangeOutcome {
  return {
    facts: { outcome: formatText(textLine.id, textLine.with) },
    line: textLine,
  };
}

/** Returns the outcome of a call that was allowed, and still changed nothing. */
export function toUnchangedOutcome(textLine: TextLine): ChangeOutcome {
  return { ...toOutcome(textLine), line: textLine, hasChangedNothing: true };
}
