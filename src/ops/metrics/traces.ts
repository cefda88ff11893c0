import {
  type Attributes,
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
const mostTools = 100;

export type Traces = ReturnType<typeof createTraces>;

/**
 * Makes OpenTelemetry spans from events of ended turns, by the conventions for
 * generative AI.
 */
export function createTraces(tracer: Tracer, clock: Time, { hasWords = false } = {}) {
  /** Calls since the asker's last turn, by server. */
  const callsByGuild = new Map<string, readonly ToolCall[]>();

  function traceTurn(guildId: GuildId, event: Answered, calls: readonly ToolCall[]) {
    const { heardAtMs, endedAtMs, recognisedAtMs, firstSentAtMs, ...answer } =
      event.instants;
    const writtenAtMs = answer.firstClauseAtMs ?? answer.firstTokenAtMs;
    const turn = startSpan('turn', heardAtMs, ROOT_CONTEXT, {
      'parley.server.id': guildId,
      'parley.turn.finish': event.finish,
      'parley.turn.typed': event.typed === true,
    });
    if (event.finish === 'failed') turn.setStatus({ code: SpanStatusCode.ERROR });
    tracePart(turn, 'recognition', heardAtMs, recognisedAtMs);
    tracePart(turn, 'chat', recognisedAtMs ?? endedAtMs, writtenAtMs, {
      'gen_ai.operation.name': 'chat',
      ...(hasWords && { 'gen_ai.output.messages': toMessage(event.text) }),
    });
    tracePart(turn, 'first sound', writtenAtMs, firstSentAtMs);
    for (const { call, endedAtMs: toMs } of calls)
      tracePart(turn, `execute_tool ${call.tool}`, toMs - call.tookMs, toMs, {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': call.tool,
        'parley.tool.end': call.how,
      });
    turn.end(clock.wallMs());
  }

  /** Adds a span between two known instants, which may be swapped. */
  function tracePart(
    turn: Span,
    name: string,
    fromMs: number | undefined,
    toMs: number | undefined,
    attributes: Attributes = {},
  ) {
    if (fromMs === undefined || toMs === undefined) return;
    // A preemptive answer begins before recognition ends.
    const within = trace.setSpan(ROOT_CONTEXT, turn);
    const part = startSpan(name, Math.min(fromMs, toMs), within, attributes);
    part.end(toWallMs(toMs));
  }

  function startSpan(
    name: string,
    fromMs: number,
    within: typeof ROOT_CONTEXT,
    attributes: Attributes,
  ) {
    const startTime = toWallMs(fromMs);
    return tracer.startSpan(name, { startTime, attributes }, within);
  }

  function toWallMs(atMs: number) {
    return clock.wallMs() - clock.nowMs() + atMs;
  }

  return {
    report(guildId: GuildId, event: SessionEvent) {
      const calls = callsByGuild.get(guildId) ?? [];
      if (event.kind === 'left') callsByGuild.delete(guildId);
      if (event.kind === 'tool') {
        const called = { call: event, endedAtMs: clock.nowMs() };
        callsByGuild.set(guildId, [...calls, called].slice(-mostTools));
      }
      if (event.kind === 'answered') {
        const isOwn = ({ call }: ToolCall) => call.speakerId === event.speakerId;
        callsByGuild.set(
          guildId,
          calls.filter((one) => !isOwn(one)),
        );
        traceTurn(guildId, event, calls.filter(isOwn));
      }
    },
  };
}

function toMessage(content: string) {
  return JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content }] }]);
}

/** Opens traces. Undefined unless `--import` registered an SDK. */
export function openTraces(
  clock: Time,
  environment: NodeJS.ProcessEnv,
): Traces | undefined {
  const tracer = trace.getTracer('parley');
  if (!isSpanContextValid(tracer.startSpan('start').spanContext())) return undefined;
  const hasWords =
    environment.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT === 'true';
  return createTraces(tracer, clock, { hasWords });
}
