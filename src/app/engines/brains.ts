import { realClock } from '#src/base/clock.ts';
import { withoutToolsOnRefusal } from '#src/chat/completions/without-tools.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { announced } from '#src/chat/usage.ts';
import type { Brain, Config, RemoteServer } from '#src/config/types.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import { mostAnswerTokens } from '#src/spending/tariff.ts';
import {
  brainAudioChat,
  brainChat,
  type ChainParts,
  type EngineRoles,
  realtimeStandIn,
} from './engine-fallbacks.ts';

/** A brain, and how an answer of it is made. */
export type OpenBrain = {
  readonly pipeline: Brain['pipeline'];
  readonly engine: string;
  readonly open: () => Pipeline & Partial<Disposable>;
  /** Model for written answers; absent: the usual one. */
  readonly chat?: ChatModel;
};

export type BrainParts = {
  /** Roles that stand in while a brain fails, and speak for it. */
  readonly roles: Omit<EngineRoles, 'transcriber'>;
  readonly clientOf: (server: RemoteServer) => Promise<ApiClient>;
  readonly chainParts: ChainParts;
};

type BrainConfig = Pick<Config, 'audioModel' | 'brains' | 'chat' | 'deadlines'>;

/** The operator's brains by name. Opening costs nothing until one is asked. */
export async function openBrains(
  config: BrainConfig,
  parts: BrainParts,
): Promise<ReadonlyMap<string, OpenBrain>> {
  const all = config.brains.map(async (one) => {
    const opened = await openBrain(one, config, parts);
    return [one.name, { pipeline: one.pipeline, engine: one.server.model, ...opened }] as const;
  });
  return new Map(await Promise.all(all));
}

async function openBrain(
  { pipeline, server }: Brain,
  config: BrainConfig,
  { clientOf, chainParts, roles }: BrainParts,
): Promise<Pick<OpenBrain, 'chat' | 'open'>> {
  const limited = { ...server, maxTokens: mostAnswerTokens };
  const { audioModel: usual, deadlines } = config;
  const { synthesizer } = roles;
  switch (pipeline) {
    case 'chained': {
      const { openChatModel } = await import('#src/chat/completions/openai-chat.ts');
      const model = openChatModel(await clientOf(server), limited);
      const by = servedBy(server.model, server.baseUrl);
      const engine = withoutToolsOnRefusal(announced(model, by));
      const chat = brainChat({ config: server, engine }, config, roles, chainParts);
      return { chat, open: () => chained({ chat, synthesizer }) };
    }
    case 'audio-model': {
      const { openAudioChat } = await import('#src/chat/completions/audio-chat.ts');
      const options = { ...usual, model: server.model, maxTokens: mostAnswerTokens };
      const engine = openAudioChat(await clientOf(server), options, realClock);
      const model = brainAudioChat({ config: server, engine }, config, roles, chainParts);
      const { writtenBy } = await import('#src/chat/completions/audio-chat-text.ts');
      const open = () => audioModel({ model, synthesizer, input: usual.input });
      return { chat: writtenBy(model), open };
    }
    case 'realtime': {
      const { openRealtimeTalk } = await import('#src/chat/realtime/realtime-talk.ts');
      const { realtime } = await import('#src/pipeline/realtime.ts');
      const limits = { firstMs: deadlines.chat.firstMs };
      const options = { ...limited, voice: usual.voice, limits };
      const withStandIn = realtimeStandIn({ ...config, realtime: server }, roles, chainParts);
      const parts = { synthesizer, ...(withStandIn && { withStandIn }) };
      return { open: () => realtime({ talk: openRealtimeTalk(options), ...parts }) };
    }
  }
}
