import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Clock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import { admitLiteral, type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

type Answered = Extract<SessionEvent, { kind: 'answered' }>;
type Called = Extract<SessionEvent, { kind: 'tool' }>;
type ToolCall = { readonly call: Called; readonly endedAtMs: number };
type Time = Pick<Clock, 'nowMs' | 'wallMs'>;

/** Fields of a span. A plain string does not compile. */
type SpanFields = Readonly<Record<string, LoggedText | GuildId | number | boolean>>;

/** Further tool calls are not traced. */
const maxToolCalls = 100;

/** How much traces tell. */
export type TracesOptions = {
  /** The chat model that is asked. Undefined for the stand-in. */
  readonly chatModel: LoggedText | undefined;
  /** Adds the words of answers, which are private. */
  readonly hasWords: boolean;
};

/**
 * Makes OpenTelemetry spans from events of ended turns, by the conventions for generative AI:
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
 */
export class Traces {
  readonly #tracer;
  readonly #clock;
  readonly #hasWords;
  readonly #chatModel;
  /** Calls since the asker's last turn, by server. */
  readonly #callsByGuild = new Map<GuildId, readonly ToolCall[]>();

  constructor(tracer: Tracer, clock: Time, { chatModel, hasWords }: TracesOptions) {
    this.#chatModel = chatModel;
    this.#tracer = tracer;
    this.#clock = clock;
    this.#hasWords = hasWords;
  }

  /** Traces a turn that has ended. Keeps tool calls until then, and ignores other events. */
  report(guildId: GuildId, event: SessionEvent): void {
    const calls = this.#callsByGuild.get(guildId) ?? [];
    if (event.kind === 'left') this.#callsByGuild.delete(guildId);
    if (event.kind === 'tool') {
      const newCall = { call: event, endedAtMs: this.#clock.nowMs() };
      this.#callsByGuild.set(guildId, [...calls, newCall].slice(-maxToolCalls));
    }
    if (event.kind === 'answered') {
      const isOfAsker = ({ call }: ToolCall) => call.speakerId === event.speakerId;
      this.#callsByGuild.set(
        guildId,
        calls.filter((toolCall) => !isOfAsker(toolCall)),
      );
      this.#traceTurn(guildId, event, calls.filter(isOfAsker));
    }
  }

  #traceTurn(guildId: GuildId, event: Answered, calls: readonly ToolCall[]) {
    const { heardAtMs, endedAtMs, recognisedAtMs, firstSentAtMs, ...answer } =
      event.instants;
    const writtenAtMs = answer.firstClauseAtMs ?? answer.firstTokenAtMs;
    const turn = this.#startSpan(admitLiteral('turn'), heardAtMs, ROOT_CONTEXT, {
      'parley.server.id': guildId,
      'parley.turn.finish': admitLiteral(event.finish),
      'parley.turn.typed': event.typed === true,
    });
    if (event.finish === 'failed') turn.setStatus({ code: SpanStatusCode.ERROR });
    this.#traceStage(turn, admitLiteral('recognition'), heardAtMs, recognisedAtMs);
    const chat = this.#describeChat();
    const tokens = event.usage && {
      'gen_ai.usage.input_tokens': event.usage.inputTokens,
      'gen_ai.usage.output_tokens': event.usage.outputTokens,
    };
    const words = this.#hasWords ? event.text : undefined;
    this.#traceStage(
      turn,
      chat.name,
      recognisedAtMs ?? endedAtMs,
      writtenAtMs,
      { ...chat.fields, ...tokens },
      words,
    );
    this.#traceStage(turn, admitLiteral('first sound'), writtenAtMs, firstSentAtMs);
    for (const { call, endedAtMs: toMs } of calls)
      this.#traceStage(
        turn,
        writeSentence`execute_tool ${call.tool}`,
        toMs - call.tookMs,
        toMs,
        {
          'gen_ai.operation.name': admitLiteral('execute_tool'),
          'gen_ai.tool.name': call.tool,
          'parley.tool.end': admitLiteral(call.how),
        },
      );
    turn.end(this.#clock.wallMs());
  }

  /** A span of a model has the model's name; a server that speaks OpenAI's API counts as `openai`. */
  #describeChat() {
    const model = this.#chatModel;
    const operation = { 'gen_ai.operation.name': admitLiteral('chat') };
    if (model === undefined) {
      const provider = { 'gen_ai.provider.name': admitLiteral('parley') };
      return { name: admitLiteral('chat'), fields: { ...operation, ...provider } };
    }
    const fields = {
      ...operation,
      'gen_ai.provider.name': admitLiteral('openai'),
      'gen_ai.request.model': model,
    };
    return { name: writeSentence`chat ${model}`, fields };
  }

  /** Adds a span between two known instants, which may be swapped. `words` come only where the operator turned them on. */
  #traceStage(
    turn: Span,
    name: LoggedText,
    fromMs: number | undefined,
    toMs: number | undefined,
    attributes: SpanFields = {},
    words?: string,
  ) {
    if (fromMs === undefined || toMs === undefined) return;
    // A preemptive answer begins before recognition ends.
    const context = trace.setSpan(ROOT_CONTEXT, turn);
    const stage = this.#startSpan(name, Math.min(fromMs, toMs), context, attributes);
    if (words !== undefined)
      stage.setAttribute('gen_ai.output.messages', toMessage(words));
    stage.end(this.#toWallMs(toMs));
  }

  #startSpan(
    name: LoggedText,
    fromMs: number,
    context: Context,
    attributes: SpanFields,
  ) {
    const startTime = this.#toWallMs(fromMs);
    const isOfModel = 'gen_ai.request.model' in attributes;
    const kind = isOfModel ? SpanKind.CLIENT : SpanKind.INTERNAL;
    return this.#tracer.startSpan(name, { startTime, attributes, kind }, context);
  }

  #toWallMs(atMs: number) {
    return this.#clock.wallMs() - this.#clock.nowMs() + atMs;
  }
}

function toMessage(content: string) {
  return JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content }] }]);
}

/**
 * Opens traces, which `Traces` makes of events. Undefined unless Node's `--import` has registered an SDK of
 * OpenTelemetry.
 */
export function openTraces(
  clock: Time,
  environment: NodeJS.ProcessEnv,
  chatModel?: LoggedText,
): Traces | undefined {
  const tracer = trace.getTracer('parley');
  if (!isSpanContextValid(tracer.startSpan('start').spanContext())) return undefined;
  const hasWords =
    environment.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT === 'true';
  return new Traces(tracer, clock, { chatModel, hasWords });
}
