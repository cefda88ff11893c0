import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Usage } from '#src/chat/chat-model.ts';
import type { ProgramPorts } from '#src/features/command.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import { createRefusal, createUnlistedModelRefusal } from '#src/web/api/api-refusal.ts';
import { defineRoute } from '#src/web/api/route.ts';
import { toRefusal } from '#src/web/api/text-refusals.ts';
import { toTokenKey } from '#src/web/api/tokens/token-budgets.ts';
import { type CompletionHead, toCompletion } from './completion.ts';
import {
  type CompletionQuestion,
  completionRequest,
  toCompletionQuestion,
} from './completion-request.ts';
import { toChunks } from './completion-stream.ts';
import { respondWithEvents, waitForFirstPart } from './server-events.ts';

export const createChatCompletion = defineRoute({
  method: 'post',
  path: '/v1/chat/completions',
  scope: 'chat',
  body: completionRequest,
  async run(call) {
    const { body: request, guildId, ports } = call;
    await setImmediate(); // frames of sound leave before its sound is unpacked
    const answers = ports.features.programAnswers;
    const { keptWords } = answers;
    const own = toTokenKey(call.token);
    const { format, ...question } = await toCompletionQuestion(request, (audioId) =>
      keptWords.find(`${own}${audioId}`),
    );
    const pipelines = answers.listPipelines(guildId);
    const pipeline = pipelines.find((name) => name === request.model);
    refuseModels(question, pipeline ?? pipelines[0], ports);
    const taken: Usage[] = [];
    const late = new AbortController();
    const signal = AbortSignal.any([call.connection.signal, late.signal]);
    using stack = new DisposableStack();
    if (!request.stream)
      stack.adopt(
        setTimeout(() => late.abort(createTooLateRefusal()), longestWholeMs),
        clearTimeout,
      );
    const onUsage = (usage: Usage) => void taken.push(usage);
    const [usual] = ports.features.programTranscriptions.listModels();
    // By either name of the usual model a sound is recognised once.
    const isUsual = question.transcriptionModel === usual;
    const by = { guildId, asker: call.asker, keptFor: own, pipeline, onUsage };
    const asked = {
      ...question,
      ...by,
      ...(isUsual && { transcriptionModel: undefined }),
    };
    const answer = await answers.answerQuestion(asked, signal);
    if (answer.kind === 'failed') throw toRefusal(answer.line);
    const head: CompletionHead = {
      id: `chatcmpl-${randomUUID()}`,
      created: Math.floor(call.clock.wallMs() / 1_000),
      model: request.model,
      reportsTier: (request.service_tier ?? undefined) !== undefined,
      isSpoken: question.isSpoken,
      format,
      taken,
      keep: (audioId, words) =>
        keptWords.keep(`${own}${audioId}`, Promise.resolve(words)),
    };
    if (!request.stream) return await toCompletion(answer.parts, head, ports.encoders);
    const includesUsage = request.stream_options?.include_usage === true;
    return respondWithEvents(
      await waitForFirstPart(toChunks(answer.parts, head, includesUsage)),
      call.connection.onBug,
    );
  },
});

/** Idle connections end after 2 minutes. */
const longestWholeMs = 110_000;

function createTooLateRefusal() {
  return createRefusal(
    504,
    'answer.late',
    'The answer takes too long: at most 110 s in one piece. Ask with stream.',
  );
}

/**
 * Refuses a model that may not be chosen, or that the pipeline does not use, by
 * `ApiRefusal`.
 */
function refuseModels(
  { speechModel, transcriptionModel, isSpoken }: Omit<CompletionQuestion, 'format'>,
  pipeline: PipelineName | undefined,
  { features }: ProgramPorts,
) {
  const named = [
    ['speech_model', speechModel, features.voices.listModels()],
    [
      'transcription_model',
      transcriptionModel,
      features.programTranscriptions.listModels(),
    ],
  ] as const;
  for (const [field, model, models] of named) {
    if (model === undefined) continue;
    if (!models.includes(model)) throw createUnlistedModelRefusal(field, model, models);
    if (pipeline !== 'audio-model' || !isSpoken) continue;
    throw createRefusal(
      400,
      'invalid_value',
      `The audio-model hears and speaks itself: leave ${field} out, or ask the model chained.`,
      field,
    );
  }
}
