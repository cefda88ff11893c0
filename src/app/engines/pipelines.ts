import type { ChatModel } from '#src/chat/ports.ts';
import type { Config } from '#src/config/types.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline, PipelineName, PipelineRegistry } from '#src/pipeline/pipeline.ts';
import type { Engines } from './engines.ts';

/** One way to answer, and the name of the model that thinks in it. */
type PipelineChoice = {
  readonly engine: string;
  readonly pipeline: Pipeline;
};

/** Every way to answer that there are engines for; the configured one first. */
export function pipelinesOf(
  config: Config,
  engines: Omit<Engines, typeof Symbol.asyncDispose>,
  chat: ChatModel,
): PipelineRegistry {
  const ways = new Map<PipelineName, PipelineChoice>([
    ['chained', chainedWay(config, engines, chat)],
  ]);
  const hearing = audioModelWay(config, engines);
  if (hearing) ways.set('audio-model', hearing);
  const { realtime } = engines;
  if (realtime) {
    ways.set('realtime', { engine: config.realtime?.model ?? 'realtime', pipeline: realtime });
  }
  const { pipeline: standard } = config;
  const wayOf = (name: PipelineName): PipelineChoice => {
    const way = ways.get(name);
    if (!way) throw new Error(`The pipeline ${name} is not set up.`);
    return way;
  };
  return {
    names: [...ways.keys()].sort((a, b) => Number(b === standard) - Number(a === standard)),
    open: (name) => wayOf(name).pipeline,
    engine: (name) => wayOf(name).engine,
  };
}

function chainedWay(
  { chat: { ...config } }: Config,
  { chatName, synthesizer }: Pick<Engines, 'chatName' | 'synthesizer'>,
  chat: ChatModel,
): PipelineChoice {
  const engine = config.kind === 'remote' ? config.model : chatName;
  return { engine, pipeline: chained({ chat, synthesizer }) };
}

function audioModelWay(
  { audioModel: config }: Config,
  { audioModel: model, synthesizer }: Pick<Engines, 'audioModel' | 'synthesizer'>,
): PipelineChoice | undefined {
  if (!model) return undefined;
  const { input, model: engine = 'audio-model' } = config;
  return { engine, pipeline: audioModel({ open: () => model, synthesizer, input }) };
}
