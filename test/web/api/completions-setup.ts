import { OpenAI } from 'openai';
import { expect } from 'vitest';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { programAnswers } from '#src/features/typed/program-answers.ts';
import { ProgramTranscriptions } from '#src/features/typed/program-transcriptions.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { PipelineName, PipelineRegistry } from '#src/pipeline/pipeline.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { Recordings } from '#src/sources/recordings.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import { paidEngines } from '#src/spending/paid-engine.ts';
import { apiBodyBytes } from '#src/web/api/api.ts';
import { openDoors } from '#src/web/http/doors.ts';
import { voicesOf } from '#test/commands/ports.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { boundless } from '#test/fakes/spending.ts';
import { sharedDecoding } from '#test/sources/sounds.ts';
import { openApi, programPorts } from './api-setup.ts';

type Parts = {
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
};

const weights = await loadSilero();

/** The API at an address of this machine, over a real chain, decoding and voice activity, with a model that says one thing; `openai` asks with a token. */
export async function openCompletions(over: Parts = {}) {
  await using stack = new AsyncDisposableStack();
  const {
    chat = new FakeChat([['Yes. ', 'They are patient dogs.']]),
    audioChat = chat,
    clock = realClock,
    synthesizer = new FakeSynthesizer(),
    transcriber = new FakeTranscriber({ texts: ['Is a retriever a good dog?'] }),
    spending = boundless,
    speechModels = [],
    transcriptionModels = [],
    pipelines: names = ['chained'],
  } = over;
  const recordings = new Recordings(sharedDecoding, { allowed: new AllowedHosts([]) });
  const pipelines: PipelineRegistry = {
    names,
    open: (name) =>
      name === 'audio-model'
        ? audioModel({ open: () => audioChat, synthesizer, input: 'audio' })
        : chained({ chat, synthesizer }),
    engine: () => 'a model',
  };
  const { dependencies, sessions } = openSessionFixture();
  const parts = {
    ...dependencies,
    ...paidEngines({ chat, transcriber, synthesizer, pipelines }),
    clock,
    onEvent: () => undefined,
    spending,
    style: { instructions: 'Be brief.', voice: {} },
  };
  const { signal } = new AbortController();
  const answers = programAnswers(parts, sessions, recordings, signal);
  const transcriptions = new ProgramTranscriptions(
    parts,
    recordings,
    transcriptionModels,
    weights,
    signal,
  );
  const voices = voicesOf([], speechModels);
  const api = stack.use(
    await openApi(
      programPorts({
        voices,
        more: { programAnswers: answers, programTranscriptions: transcriptions },
      }),
    ),
  );
  await api.add('parley_dog');
  const outcome = await openDoors({
    host: '127.0.0.1',
    port: 0,
    mostBodyBytes: apiBodyBytes,
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
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
