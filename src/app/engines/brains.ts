import { realClock } from '#src/base/clock.ts';
import { withoutToolsOnRefusal } from '#src/chat/completions/without-tools.ts';
import { announced } from '#src/chat/usage.ts';
import type { Brain, Config, RemoteServer } from '#src/config/types.ts';
import { audioModel } from '#src/pipeline/audio-model.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { mostAnswerTokens } from '#src/spending/tariff.ts';
import { chatAlone, type LadderParts } from './engine-fallbacks.ts';

/** A brain, and how an answer of it is made. */
export type OpenBrain = {
  readonly pipeline: Brain['pipeline'];
  readonly engine: string;
  readonly open: () => Pipeline & Partial<Disposable>;
};

export type BrainParts = {
  readonly synthesizer: Synthesizer;
  readonly clientOf: (server: RemoteServer) => Promise<ApiClient>;
  readonly ladder: LadderParts;
};

/** The operator's brains by name. Opening costs nothing until one is asked. */
export async function openBrains(
  config: Pick<Config, 'audioModel' | 'brains'>,
  parts: BrainParts,
): Promise<ReadonlyMap<string, OpenBrain>> {
  const all = config.brains.map(async (one) => {
    const open = await openerOf(one, config, parts);
    return [one.name, { pipeline: one.pipeline, engine: one.server.model, open }] as const;
  });
  return new Map(await Promise.all(all));
}

async function openerOf(
  { pipeline, server }: Brain,
  { audioModel: usual }: Pick<Config, 'audioModel'>,
  { clientOf, ladder, synthesizer }: BrainParts,
): Promise<OpenBrain['open']> {
  const limited = { ...server, maxTokens: mostAnswerTokens };
  switch (pipeline) {
    case 'chained': {
      const { openChatModel } = await import('#src/chat/completions/openai-chat.ts');
      const model = openChatModel(await clientOf(server), limited);
      const by = servedBy(server.model, server.baseUrl);
      const chat = chatAlone(server, withoutToolsOnRefusal(announced(model, by)), ladder);
      return () => chained({ chat, synthesizer });
    }
    case 'audio-model': {
      const { openAudioChat } = await import('#src/chat/completions/audio-chat.ts');
      const options = { ...usual, model: server.model, maxTokens: mostAnswerTokens };
      const model = openAudioChat(await clientOf(server), options, realClock);
      return () => audioModel({ model, synthesizer, input: usual.input });
    }
    case 'realtime': {
      const { openRealtimeTalk } = await import('#src/chat/realtime/realtime-talk.ts');
      const { realtime } = await import('#src/pipeline/realtime.ts');
      const options = { ...limited, dialect: 'auto', voice: usual.voice } as const;
      return () => realtime({ talk: openRealtimeTalk(options), synthesizer });
    }
  }
}
