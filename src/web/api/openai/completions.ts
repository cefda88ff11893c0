import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Context, Hono } from 'hono';
import type { Usage } from '#src/chat/ports.ts';
import type { ProgramPorts } from '#src/conversation/ports/http-api-ports.ts';
import { ProgramAnswers } from '#src/features/typed/program-answers.ts';
import { ProgramTranscriptions } from '#src/features/typed/program-transcriptions.ts';
import { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import { type ApiDoor, authorise } from '#src/web/api/authorise.ts';
import { refusalOf, whileThere } from '#src/web/api/failed-line.ts';
import { type ApiRefusal, refusal } from '#src/web/api/refusal.ts';
import { checked, jsonOf } from '#src/web/api/request-body.ts';
import { payerIdOf } from '#src/web/api/tokens/token-budgets.ts';
import { type CompletionHead, completionOf } from './completion.ts';
import { type CompletionQuestion, completionRequest, questionOf } from './completion-request.ts';
import { chunksOf } from './completion-stream.ts';
import { commented, eventHeaders } from './server-events.ts';

export type CompletionParts = ApiDoor & {
  readonly clock: { wallMs(): number };
  onBug(error: unknown): void;
};

/** `POST /v1/chat/completions`: one question to the pipeline of a server, in OpenAI's shape. */
export function serveCompletions(app: Hono, parts: CompletionParts): void {
  const answers = new SpokenAnswers(parts.clock);
  app.post('/v1/chat/completions', (context) => complete(context, answers, parts));
}

async function complete(
  context: Context,
  answers: SpokenAnswers,
  parts: CompletionParts,
): Promise<Response> {
  const header = context.req.header('authorization');
  const { token, ports, encoders } = await authorise(header, 'chat', undefined, parts);
  const request = checked(
    completionRequest,
    await jsonOf(context, { token, bodies: parts.bodies }),
  );
  const payerId = payerIdOf(token);
  await setImmediate(); // frames of sound leave before its sound is unpacked
  const { format, ...question } = questionOf(request, (id) => answers.textOf(id, payerId));
  const { guildId } = token;
  const pipelines = ports.port(ProgramAnswers).pipelines(guildId);
  const pipeline = pipelines.find((name) => name === request.model);
  refuseModels(question, pipeline ?? pipelines[0], ports);
  const taken: Usage[] = [];
  const late = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, late.signal]);
  using stack = new DisposableStack();
  if (!request.stream)
    stack.adopt(
      setTimeout(() => late.abort(tooLate()), longestWholeMs),
      clearTimeout,
    );
  const answer = await ports.port(ProgramAnswers).answer(
    {
      ...question,
      guildId,
      asker: { id: payerId, name: token.name },
      pipeline,
      onUsage: (usage) => void taken.push(usage),
    },
    signal,
  );
  if (answer.kind === 'failed') throw refusalOf(answer.line);
  const head: CompletionHead = {
    id: `chatcmpl-${randomUUID()}`,
    audioId: `audio_${randomUUID()}`,
    created: Math.floor(parts.clock.wallMs() / 1_000),
    expiresAt: answers.expiresAt(),
    model: request.model,
    reportsTier: (request.service_tier ?? undefined) !== undefined,
    isSpoken: question.isSpoken,
    format,
    taken,
    onSpoken: (text) => answers.keep(head.audioId, payerId, text),
  };
  if (!request.stream) return context.json(await completionOf(answer.parts, head, encoders));
  const begun = await whenBegun(commented(answer.parts));
  const includesUsage = request.stream_options?.include_usage === true;
  const onBug = whileThere(parts.onBug, signal);
  const chunks = chunksOf(begun, head, { includesUsage, onBug });
  return new Response(ReadableStream.from(chunks), { headers: eventHeaders });
}

/** Time, in ms, for an answer in one piece: connections on which nothing moves end after 2 minutes. */
const longestWholeMs = 110_000;

function tooLate(): ApiRefusal {
  const message = 'The answer takes too long: at most 110 s in one piece. Ask with stream.';
  return refusal(504, 'answer.late', message);
}

/** Models that are named and may not be chosen, or cannot be used by this pipeline. Errors: `ApiRefusal`. */
function refuseModels(
  { speechModel, transcriptionModel, isSpoken }: Omit<CompletionQuestion, 'format'>,
  pipeline: PipelineName | undefined,
  { port }: ProgramPorts,
): void {
  const named = [
    ['speech_model', speechModel, port(VoicesAndPreviews).models()],
    ['transcription_model', transcriptionModel, port(ProgramTranscriptions).models()],
  ] as const;
  for (const [field, model, models] of named) {
    if (model === undefined) continue;
    if (!models.includes(model)) throw unlisted(field, model, models);
    if (pipeline !== 'audio-model' || !isSpoken) continue;
    const message = `The audio-model hears and speaks itself: leave ${field} out, or ask the model chained.`;
    throw refusal(400, 'invalid_value', message, field);
  }
}

function unlisted(field: string, model: string, models: readonly string[]): ApiRefusal {
  const names = new Intl.ListFormat('en', { type: 'disjunction' }).format(models);
  const message =
    models.length > 0
      ? `There is no model ${model} for ${field}: choose ${names}.`
      : `There is no choice of models here: leave ${field} out.`;
  return refusal(404, 'model_not_found', message, field);
}

/** Stream whose first part is there: a failure before it is an answer with a status of its own. */
export async function whenBegun<T>(parts: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* read(): AsyncGenerator<T> {
    try {
      for (let next = first; !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return read();
}

/** Answers kept at a time; the oldest goes first. */
const mostKept = 1_000;
/** Time, in ms, that an answer is known by its id: as long as OpenAI's. */
const keptMs = 3_600_000;

type KeptAnswer = { readonly text: string; readonly untilWallMs: number; readonly payerId: string };

/** Words of spoken answers, in memory, so that a program may name one by its id in its next request. */
class SpokenAnswers {
  readonly #clock: { wallMs(): number };
  readonly #kept = new Map<string, KeptAnswer>();

  constructor(clock: { wallMs(): number }) {
    this.#clock = clock;
  }

  /** When an answer that is given now will be forgotten, in s since 1970. */
  expiresAt(): number {
    return Math.floor((this.#clock.wallMs() + keptMs) / 1_000);
  }

  keep(id: string, payerId: string, text: string): void {
    this.#kept.set(id, { text, payerId, untilWallMs: this.#clock.wallMs() + keptMs });
    for (const [oldest, { untilWallMs }] of this.#kept) {
      if (this.#kept.size <= mostKept && untilWallMs > this.#clock.wallMs()) return;
      this.#kept.delete(oldest);
    }
  }

  /** The words of an answer that this token was given; undefined where it is not known any more. */
  textOf(id: string, payerId: string): string | undefined {
    const kept = this.#kept.get(id);
    if (kept?.payerId !== payerId) return undefined;
    return kept.untilWallMs > this.#clock.wallMs() ? kept.text : undefined;
  }
}
