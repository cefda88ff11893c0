import { makeCatalog } from '#test/fakes/fake-sounds.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';
import type { HeardBook } from './heard-book.ts';
import type { Invariants } from './invariants.ts';
import type { RunningCalls } from './running-calls.ts';
import {
  makePipelines,
  makeServers,
  makeSynthesizer,
  makeTools,
} from './simulated-engines.ts';
import { type ModelOptions, type Mood, SimulatedModels } from './simulated-models.ts';
import { makeTranscriber, type SaidWords } from './simulated-recogniser.ts';
import { makeSimulatedCodec, readFrame } from './spoken-sound.ts';
import type { WorldPlan } from './world-plan.ts';

export type ProcessEnginesOptions = {
  readonly plan: WorldPlan;
  readonly calls: RunningCalls;
  readonly heard: HeardBook;
  readonly saidOf: (number: number) => SaidWords | undefined;
  readonly nextNumber: () => number;
  readonly getMood: () => Mood;
  readonly judge: Pick<
    Invariants,
    'checkDecoded' | 'checkRecogniser' | 'noteVoiceOver'
  >;
  readonly onPrompt: ModelOptions['onPrompt'];
  /** Called with each text that leaves to be spoken. */
  readonly onSpoken: (text: string) => void;
  readonly misheard: string | undefined;
  /** Whether the process has stopped. What its engines still do in memory then, nobody learns. */
  readonly hasStopped: () => boolean;
};

/** Time, in ms, in which a slow model writes a sentence: about as long as it is said. */
const slowSentenceMs = 1_400;

/** Music that is not heard, so that the voice can be told from it. Its frames leave all the same. */
const silentSounds = makeCatalog({
  listNames: async () => ['rain'],
  open: async (title) =>
    makeSourceFromPcm(title, {
      samples: new Int16Array(480_000),
      rateHz: 48_000,
      channels: 1,
    }),
});

/** Engines, tools and sounds of one process. What they do ends with it. */
export function makeProcessEngines(options: ProcessEnginesOptions) {
  const {
    calls,
    heard,
    judge,
    misheard,
    getMood,
    hasStopped,
    nextNumber,
    onPrompt,
    onSpoken,
    plan,
    saidOf,
  } = options;
  const models = new SimulatedModels({
    calls,
    heard,
    saidOf,
    nextNumber,
    onPrompt: (...args) => hasStopped() || onPrompt(...args),
    sentenceMs: plan.writesSlowly ? slowSentenceMs : 20,
    mood: getMood,
  });
  const servers = makeServers(plan, calls, {
    chat: models.chat,
    synthesizer: makeSynthesizer(calls, heard, {
      onAsked: (text) => hasStopped() || onSpoken(text),
      onOver: (...args) => hasStopped() || judge.noteVoiceOver(...args),
    }),
    transcriber: makeTranscriber({
      calls,
      saidOf,
      onHeard: (by) => hasStopped() || judge.checkRecogniser(by),
      misheard,
      listens: plan.hasPartials,
    }),
  });
  return {
    ...servers,
    pipelines: makePipelines(servers, models.speaking, plan.pipeline),
    tools: makeTools(calls, plan.hasSlowTools),
    codec: makeSimulatedCodec((opus) => {
      if (hasStopped()) return;
      const number = readFrame(opus)?.number;
      judge.checkDecoded(opus, number === undefined ? undefined : saidOf(number)?.by);
    }),
    sounds: silentSounds,
  };
}
