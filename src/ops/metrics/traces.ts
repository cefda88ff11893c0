import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Clock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

type Answered = Extract<SessionEvent, { kind: 'answered' }>;
type Called = Extract<SessionEvent, { kind: 'tool' }>;
type ToolCall = { readonly call: Called; readonly endedAtMs: number };
type Time = Pick<Clock, 'nowMs' | 'wallMs'>;

/** Further tool calls are not traced. */
const maxToolCalls = 100;

/** How much traces tell. */
export type TracesOptions = {
  /** Adds the words of answers, which are private. */
  readonly hasWords: boolean;
};

/**
 * Makes OpenTelemetry spans from events of ended turns, by the conventions for
 * generative AI.
 */
export class Traces {
  readonly #tracer;
  readonly #clock;
  readonly #hasWords;
  /** Calls since the asker's last turn, by server. */
  readonly #callsByGuild = new Map<GuildId, readonly ToolCall[]>();

  constructor(tracer: Tracer, clock: Time, { hasWords }: TracesOptions) {
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
    const turn = this.#startSpan('turn', heardAtMs, ROOT_CONTEXT, {
      'parley.server.id': guildId,
      'parley.turn.finish': event.finish,
      'parley.turn.typed': event.typed === true,
    });
    if (event.finish === 'failed') turn.setStatus({ code: SpanStatusCode.ERROR });
    this.#traceStage(turn, 'recognition', heardAtMs, recognisedAtMs);
    this.#traceStage(turn, 'chat', recognisedAtMs ?? endedAtMs, writtenAtMs, {
      'gen_ai.operation.name': 'chat',
      ...(this.#hasWords && { 'gen_ai.output.messages': toMessage(event.text) }),
    });
    this.#traceStage(turn, 'first sound', writtenAtMs, firstSentAtMs);
    for (const { call, endedAtMs: toMs } of calls)
      this.#traceStage(turn, `execute_tool ${call.tool}`, toMs - call.tookMs, toMs, {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': call.tool,
        'parley.tool.end': call.how,
      });
    turn.end(this.#clock.wallMs());
  }

  /** Adds a span between two known instants, which may be swapped. */
  #traceStage(
    turn: Span,
    name: string,
    fromMs: number | undefined,
    toMs: number | undefined,
    attributes: Attributes = {},
  ) {
    if (fromMs === undefined || toMs === undefined) return;
    // A preemptive answer begins before recognition ends.
    const context = trace.setSpan(ROOT_CONTEXT, turn);
    const stage = this.#startSpan(name, Math.min(fromMs, toMs), context, attributes);
    stage.end(this.#toWallMs(toMs));
  }

  #startSpan(name: string, fromMs: number, context: Context, attributes: Attributes) {
    const startTime = this.#toWallMs(fromMs);
    return this.#tracer.startSpan(name, { startTime, attributes }, context);
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
): Traces | undefined {
  const tracer = trace.getTracer('parley');
  if (!isSpanContextValid(tracer.startSpan('start').spanContext())) return undefined;
  const hasWords =
    environment.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT === 'true';
  return new Traces(tracer, clock, { hasWords });
}
