import { SpanKind, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { openTraces } from '#src/ops/metrics/traces.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { toLogged } from '#test/fakes/to-logged.ts';

const chatModel = toLogged('gpt-4o-mini');
const clock = { nowMs: () => 2_000, wallMs: () => 1_000_000 };
const who = { speakerId: toPersonId('adam'), name: 'Adam' };
const tool: SessionEvent = {
  kind: 'tool',
  ...who,
  tool: toLogged('timer'),
  how: 'ran',
  tookMs: 40,
};
const answered: SessionEvent = {
  kind: 'answered',
  answerId: 1,
  ...who,
  text: 'The timer runs.',
  heardText: 'The timer runs.',
  finish: 'completed',
  usage: { inputTokens: 812, outputTokens: 9 },
  instants: {
    heardAtMs: 1_000,
    endedAtMs: 1_200,
    recognisedAtMs: 1_250,
    firstTokenAtMs: 1_500,
    firstClauseAtMs: 1_600,
    firstSentAtMs: 1_700,
  },
};

afterEach(() => trace.disable());

/** Spans of these events, with an SDK as `--import` registers one. */
function spansOf(environment: NodeJS.ProcessEnv, ...events: readonly SessionEvent[]) {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  const traces = openTraces(clock, environment, chatModel);
  for (const event of events) traces?.report(toGuildId('g'), event);
  return exporter.getFinishedSpans();
}

function toMs([s, ns]: readonly [number, number]) {
  return s * 1_000 + ns / 1e6;
}

test('a turn is a trace of its recognition, chat model, first sound and tools', () => {
  const spans = spansOf({}, tool, answered);
  const shown = spans.map(({ name, startTime, endTime }) => [
    name,
    toMs(startTime),
    toMs(endTime),
  ]);
  expect(shown).toEqual([
    ['recognition', 999_000, 999_250],
    ['chat gpt-4o-mini', 999_250, 999_600],
    ['first sound', 999_600, 999_700],
    ['execute_tool timer', 999_960, 1_000_000],
    ['turn', 999_000, 1_000_000],
  ]);
  const [turn] = spans.slice(-1);
  for (const part of spans.slice(0, -1))
    expect(part.parentSpanContext?.spanId).toBe(turn?.spanContext().spanId);
  expect(spans[1]?.kind).toBe(SpanKind.CLIENT);
  expect(spans[1]?.attributes).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.usage.input_tokens': 812,
    'gen_ai.usage.output_tokens': 9,
  });
});

test("a tool call belongs to its asker's turn alone, and ends with the session", () => {
  const other = { ...answered, speakerId: toPersonId('ben') };
  const left: SessionEvent = {
    kind: 'left',
    channel: { guildId: toGuildId('g'), channelId: toChannelId('c'), name: 'c' },
    why: 'asked',
  };
  const names = spansOf({}, tool, other, left, answered).map(({ name }) => name);
  expect(names.filter((name) => name === 'turn')).toHaveLength(2);
  expect(names).not.toContain('execute_tool timer');
});

test('words are traced only where the variable of OpenTelemetry asks for them', () => {
  const request = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' };
  const listTold = (environment: NodeJS.ProcessEnv) =>
    JSON.stringify(spansOf(environment, answered).map(({ attributes }) => attributes));
  expect(listTold(request)).toContain('The timer runs.');
  trace.disable();
  expect(listTold({})).not.toContain('timer');
});

test('without an SDK nothing is traced', () =>
  expect(openTraces(clock, {})).toBeUndefined());
