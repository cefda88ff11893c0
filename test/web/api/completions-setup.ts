import { OpenAI } from 'openai';
import type {
  ChatCompletion,
  ChatCompletionChunk,
} from 'openai/resources/chat/completions';
import type { Stream } from 'openai/streaming';
import { expect } from 'vitest';
import { loadSilero } from '#src/audio/voice/voice-activity.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { ProgramAnswers } from '#src/features/typed/program-answers.ts';
import { ProgramTranscriptions } from '#src/features/typed/program-transcriptions.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type { PipelineName, PipelineRegistry } from '#src/pipeline/pipeline.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { RecordingFetcher } from '#src/sources/recordings.ts';
import type { Synthesizer, Transcriber } from '#src/speech/speech-engine.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import { createPaidEngines } from '#src/spending/paid-engine.ts';
import { getBodyLimitBytes } from '#src/web/api/api.ts';
import type { RequestRules } from '#src/web/api/openai/admit-request.ts';
import { openDoors } from '#src/web/http/doors.ts';
import { makeVoices } from '#test/commands/command-ports.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { boundlessBudget } from '#test/fakes/fake-spending.ts';
import { sharedDecoding } from '#test/sources/source-sounds.ts';
import { makeProgramPorts, openApi } from './api-setup.ts';

type CompletionDeps = {
  readonly chat?: ChatModel;
  /** A model that hears and speaks, for the pipeline `audio-model`. */
  readonly audioChat?: ChatModel;
  readonly clock?: Clock;
  readonly synthesizer?: Synthesizer;
  readonly transcriber?: Transcriber;
  readonly spending?: BudgetAuthority;
  /** Speech models that may be chosen. */
  readonly speechModels?: readonly string[];
  /** Models that may be chosen to recognise. */
  readonly transcriptionModels?: readonly string[];
  /** The ways to answer, the server's own first. */
  readonly pipelines?: readonly PipelineName[];
  /** What the operator lets programs send. */
  readonly requestRules?: RequestRules;
};

const weights = await loadSilero();

/** A question, which a request asks unless it has messages of its own. */
export const question = {
  role: 'user',
  content: 'Is a retriever a good dog?',
} as const;

const toRequest = (body: object) => ({
  model: 'parley',
  messages: [question],
  ...body,
});

/** The API at an address of this machine, over a real chain, decoding and voice activity, with a model that says one thing; `openai` asks with a token. */
export async function openCompletions(completionDeps: CompletionDeps = {}) {
  await using stack = new AsyncDisposableStack();
  const {
    chat = new FakeChat([['Yes. ', 'They are patient dogs.']]),
    audioChat = chat,
    clock = realClock,
    synthesizer = new FakeSynthesizer(),
    transcriber = new FakeTranscriber({ texts: [question.content] }),
    spending = boundlessBudget,
    speechModels = [],
    transcriptionModels = [],
    pipelines: names = ['chained'],
  } = completionDeps;
  const recordings = new RecordingFetcher(sharedDecoding, {
    allowed: new AllowedHosts([]),
  });
  const pipelines: PipelineRegistry = {
    names,
    open: (name) =>
      name === 'audio-model'
        ? createAudioModelPipeline({
            open: () => audioChat,
            synthesizer,
            input: 'audio',
          })
        : createChainedPipeline({ chat, synthesizer }),
    getEngineNames: () => 'a model',
  };
  const { dependencies, sessions } = openSessionFixture();
  const deps = {
    ...dependencies,
    ...createPaidEngines({ chat, transcriber, synthesizer, pipelines }),
    clock,
    onEvent: () => undefined,
    spending,
    style: { instructions: 'Be brief.', voice: {} },
  };
  const { signal } = new AbortController();
  const answers = new ProgramAnswers(deps, sessions.settings, recordings, signal);
  const transcriptions = new ProgramTranscriptions(
    deps,
    recordings,
    transcriptionModels,
    weights,
    signal,
  );
  const voices = makeVoices([], speechModels);
  const api = stack.use(
    await openApi(
      makeProgramPorts({
        voices,
        more: { programAnswers: answers, programTranscriptions: transcriptions },
      }),
      realClock,
      completionDeps.requestRules,
    ),
  );
  await api.add('parley_dog');
  const outcome = await openDoors({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: getBodyLimitBytes,
    onBug: (error) => expect.unreachable(`${error}`),
    routes: (app) => void app.route('/', api.app),
  });
  if (outcome.kind === 'refused') throw new Error(outcome.why);
  const baseURL = new URL('/v1', stack.use(outcome.server).url).href;
  const openai = new OpenAI({ apiKey: 'parley_dog', baseURL, maxRetries: 0 });
  const closing = stack.move();
  return {
    api,
    baseURL,
    chat,
    keptWords: answers.keptWords,
    openai,
    recordings,
    synthesizer,
    transcriber,
    /** Fields that the client has no types for are sent by its `post`, as they are by `extra_body` in Python. */
    complete: (body: object): Promise<ChatCompletion> =>
      openai.post('/chat/completions', { body: toRequest(body) }),
    /** Chunks of a streamed answer. */
    async stream(body: object) {
      const request = { body: { ...toRequest(body), stream: true }, stream: true };
      const chunks: Stream<ChatCompletionChunk> = await openai.post(
        '/chat/completions',
        request,
      );
      return await Array.fromAsync(chunks);
    },
    /** Posts JSON without a client between, until `signal` hangs up. */
    post: (path: string, body: object, signal: AbortSignal) =>
      fetch(`${baseURL}/${path}`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer parley_dog',
          'content-type': 'application/json',
        },
        body: JSON.stringify(toRequest(body)),
        signal,
      }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
