import { z } from 'zod';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import {
  defineTool,
  type FeatureTool,
} from '#src/features/contract/tool-definition.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import {
  type PipelineName,
  type PipelineRegistry,
  pipelineNames,
} from '#src/pipeline/pipeline.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import {
  createSynthesizerChain,
  createTranscriberChain,
} from '#src/speech/fallbacks/speech-chains.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import type { RawEngines } from '#src/spending/paid-engine.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import type { HeardBook } from './heard-book.ts';
import type { RunningCalls } from './running-calls.ts';
import { characterMs, pieceMs } from './simulated-models.ts';
import { makeVoiceSamples } from './spoken-sound.ts';
import type { WorldPlan } from './world-plan.ts';

const maxStallMs = 3_000;
/** Longest that a tool takes, in ms: usually, and where tools are slow. */
const [usualToolMs, slowToolMs] = [9_000, 15_000];
/** Time, in ms, after which a tool is given up. */
const toolDeadlineMs = 30_000;

/** Learns of each text that leaves to be spoken, and whether the voice failed. */
type VoiceListener = {
  readonly onAsked: (text: string) => void;
  readonly onOver: (text: string, hasFailed: boolean) => void;
};

/** A voice that is late, fails, and stalls in the middle. */
export function makeSynthesizer(
  calls: RunningCalls,
  heard: HeardBook,
  { onAsked, onOver }: VoiceListener,
): Synthesizer {
  return {
    async *synthesize(text, _voice, signal) {
      onAsked(text);
      try {
        await calls.call('speak', [50, 300, 20_000], signal, { text });
        onOver(text, false);
      } catch (error) {
        onOver(text, !signal.aborted);
        throw error;
      }
      const said = heard.beginText(text);
      const stalls = calls.luck.draw(`stalls ${text}`) < 0.05;
      const pieces = Math.ceil((text.length * characterMs) / pieceMs);
      for (let piece = 0; piece < pieces; piece++) {
        const isMiddle = piece === Math.floor(pieces / 2);
        if (stalls && isMiddle) await calls.stallVoice(maxStallMs, signal);
        signal.throwIfAborted();
        const samples = makeVoiceSamples(said.number, pieceMs);
        said.ms += pieceMs;
        yield { samples, rateHz: 24_000, channels: 1 };
      }
      said.isMade = true;
    },
  };
}

type SimulatedServers = Pick<RawEngines, 'chat' | 'synthesizer' | 'transcriber'>;

/** Servers of a world. Each may have a fallback, and a breaker. */
export function makeServers(
  { hasFallbacks, hasPartials }: Pick<WorldPlan, 'hasFallbacks' | 'hasPartials'>,
  { clock }: Pick<RunningCalls, 'clock'>,
  { chat, synthesizer, transcriber }: SimulatedServers,
): SimulatedServers {
  if (!hasFallbacks) return { chat, synthesizer, transcriber };
  const chainTwice = <Engine>(role: ProviderRole, engine: Engine) =>
    makeChain(role, [engine, engine], clock).chain;
  return {
    chat: createChatChain(chainTwice('chat', chat)),
    synthesizer: createSynthesizerChain(chainTwice('text to speech', synthesizer)),
    transcriber: createTranscriberChain(
      chainTwice('speech to text', transcriber),
      hasPartials,
    ),
  };
}

/** All ways to answer; `first` is the usual one. */
export function makePipelines(
  {
    chat,
    synthesizer,
  }: { readonly chat: ChatModel; readonly synthesizer: Synthesizer },
  speaking: ChatModel,
  first: PipelineName,
): PipelineRegistry {
  const speak = { open: () => speaking, synthesizer };
  const pipelines = {
    chained: createChainedPipeline({ chat, synthesizer }),
    'audio-model': createAudioModelPipeline({ ...speak, input: 'transcript' }),
    realtime: createAudioModelPipeline({ ...speak, input: 'audio' }),
    live: createAudioModelPipeline({ ...speak, input: 'audio' }),
  };
  return {
    names: [first, ...pipelineNames.filter((name) => name !== first)],
    open: (name) => pipelines[name],
    getEngineNames: () => 'simulated',
  };
}

/** Tools of each kind, whose arguments are free. */
export function makeTools(
  calls: RunningCalls,
  isSlow: boolean,
): readonly FeatureTool[] {
  const longestMs = isSlow ? slowToolMs : usualToolMs;
  const runWipe = async (
    _call: unknown,
    _ports: unknown,
    _own: unknown,
    signal: AbortSignal,
  ) => {
    await calls.call('run', [20, isSlow ? longestMs : 2_000, longestMs], signal);
    const line = { id: 'confirm.done' } as const;
    calls.kept.note('result', line);
    return { facts: { outcome: 'done' }, line };
  };
  const schema = z.object({ what: z.string() });
  const volumeAct = {
    writes: 'sound',
    noticedBy: 'everybody',
    undoneBy: 'room',
    undo: 'volume',
  } as const;
  const usual = {
    schema,
    right: 'anyone',
    run: runWipe,
    deadlineMs: toolDeadlineMs,
  } as const;
  const askConfirm = () => ({ id: 'tool.external', with: { tool: 'wipe' } }) as const;
  return [
    defineTool({
      ...usual,
      name: 'look',
      description: 'Looks.',
      act: { writes: 'nothing' },
      quotesOthers: true,
    }),
    defineTool({ ...usual, name: 'volume', description: 'Sets it.', act: volumeAct }),
    defineTool({
      ...usual,
      name: 'timer',
      description: 'Sets one.',
      act: { writes: 'row', noticedBy: 'asker', undoneBy: 'asker' },
      ask: askConfirm,
    }),
    defineTool({
      ...usual,
      name: 'wipe',
      description: 'Wipes.',
      act: { writes: 'deletion' },
      ask: askConfirm,
    }),
  ];
}
