import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '#src/base/clock.ts';
import type { Usage } from '#src/chat/chat-model.ts';
import type { ProgramPorts } from '#src/features/command.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import { createRefusal, toRefusal } from '#src/web/api/api-refusal.ts';
import { toTokenKey } from '#src/web/api/authorise.ts';
import { type ApiRoute, defineRoute } from '#src/web/api/route.ts';
import { type CompletionHead, toCompletion } from './completion.ts';
import {
  type CompletionQuestion,
  type CompletionRequest,
  completionRequest,
  toCompletionQuestion,
} from './completion-request.ts';
import { toChunks } from './completion-stream.ts';
import { respondWithEvents, waitForFirstPart } from './server-events.ts';

/** `POST /v1/chat/completions`: answers a conversation of a program, as OpenAI does. */
export const createChatCompletion: ApiRoute = defineRoute({
  method: 'post',
  path: '/v1/chat/completions',
  scope: 'chat',
  summary: 'Answers a conversation in text, or with sound, as OpenAI does.',
  body: completionRequest,
  async run(call) {
    const { asker, body: request, clock, connection, guildId, ports } = call;
    await setImmediate(); // frames of sound leave before its sound is unpacked
    const { programAnswers, programTranscriptions } = ports.features;
    const { keptWords } = programAnswers;
    const keyPrefix = toTokenKey(call.token);
    const { format, ...question } = await toCompletionQuestion(
      request,
      (audioId) => keptWords.find(`${keyPrefix}${audioId}`),
      ports.requestRules,
      connection.signal,
    );
    const pipelines = programAnswers.listPipelines(guildId);
    const pipeline = pipelines.find((name) => name === request.model);
    refuseModels(question, pipeline ?? pipelines[0]);
    const taken: Usage[] = [];
    const onUsage = (usage: Usage) => void taken.push(usage);
    const [usualModel, ...otherModels] = programTranscriptions.listModels();
    // By each name of the usual model a sound is recognised once.
    const transcriptionModel = otherModels.find(
      (name) => name === question.transcriptionModel,
    );
    using limit = createTimeLimit(connection.signal, request);
    const answer = await programAnswers.answerQuestion(
      {
        ...question,
        ...{ guildId, asker, keptFor: keyPrefix, pipeline, onUsage },
        transcriptionModel,
      },
      limit.signal,
    );
    if (answer.kind === 'failed') throw toRefusal(answer.line);
    const completion: CompletionHead = {
      ...createHeadFields(request, clock),
      isSpoken: question.isSpoken,
      format,
      taken,
      keepTranscript: (audioId, transcript) =>
        keptWords.keep(`${keyPrefix}${audioId}`, Promise.resolve(transcript)),
    };
    const headers = {
      ...createVoiceHeaders(question, ports),
      ...(question.transcriptionModel !== undefined && {
        'x-transcription-model': transcriptionModel ?? usualModel ?? '',
      }),
    };
    if (!request.stream)
      return Response.json(
        await toCompletion(answer.parts, completion, ports.encoders),
        { headers },
      );
    const includesUsage = request.stream_options?.include_usage === true;
    return respondWithEvents(
      await waitForFirstPart(toChunks(answer.parts, completion, includesUsage)),
      connection.onBug,
      headers,
    );
  },
});

/** Names the speech model that is asked, where a program asked for one: an unknown one is the usual one. */
function createVoiceHeaders(
  { isSpoken, speechModel }: Omit<CompletionQuestion, 'format'>,
  { features }: ProgramPorts,
): Readonly<Record<string, string>> {
  const models = features.voices.listModels();
  const model = models.find((name) => name === speechModel) ?? models[0];
  const isNamed = isSpoken && speechModel !== undefined && model !== undefined;
  return isNamed ? { 'x-speech-model': model } : {};
}

function createHeadFields(
  { model, service_tier }: CompletionRequest,
  clock: Pick<Clock, 'wallMs'>,
): Pick<CompletionHead, 'created' | 'id' | 'model' | 'reportsTier'> {
  return {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(clock.wallMs() / 1_000),
    model,
    reportsTier: (service_tier ?? undefined) !== undefined,
  };
}

/** Idle connections end after 2 minutes. */
const longestWholeMs = 110_000;

/** Creates a signal that aborts with `program`, and after 110 s if the answer is sent as a whole. */
function createTimeLimit(
  program: AbortSignal,
  { stream }: CompletionRequest,
): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController();
  const signal = AbortSignal.any([program, late.signal]);
  const abortLate = () => late.abort(createTooLateRefusal());
  const timer = stream ? undefined : setTimeout(abortLate, longestWholeMs);
  return { signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

function createTooLateRefusal() {
  return createRefusal(
    504,
    'answer.late',
    'The answer takes too long: at most 110 s in one piece. Ask with stream.',
  );
}

/** Refuses models that the pipeline does not use, by `ApiRefusal`. */
function refuseModels(
  { speechModel, transcriptionModel, isSpoken }: Omit<CompletionQuestion, 'format'>,
  pipeline: PipelineName | undefined,
) {
  const named = { speech_model: speechModel, transcription_model: transcriptionModel };
  for (const [field, model] of Object.entries(named)) {
    if (model === undefined || pipeline !== 'audio-model' || !isSpoken) continue;
    throw createRefusal(
      400,
      'invalid_value',
      `The audio-model hears and speaks itself: leave ${field} out, or ask the model chained.`,
      field,
    );
  }
}
