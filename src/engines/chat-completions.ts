import type { z } from 'zod';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { mostAnswerTokens } from '#src/spending/reservation.ts';
import { createWithoutSetting, type Engine, listWithout } from './engine.ts';

const ownSettings: Readonly<Record<string, z.ZodType>> = {
  CHAT_COMPLETION_WITHOUT: createWithoutSetting('chat_template_kwargs,stream'),
};

/**
 * Any server with OpenAI's `/chat/completions`. The result has an `audioModel`, which also hears and speaks, if
 * the settings name one.
 */
export const chatCompletions: Engine<'chat'> = {
  role: 'chat',
  name: 'completions',
  about: '/chat/completions; usual',
  price: 'requests',
  standardModel: standardModels.chat,
  settings: ownSettings,
  async open(settings) {
    const { openClient } = await import('#src/provider/api-client.ts');
    const { openChatModel, dropSound } = await import(
      '#src/chat/completions/openai-chat.ts'
    );
    const client = openClient(settings);
    const { model, report, audioModel: { model: audioName, ...audio } = {} } = settings;
    // The budget reserves this many tokens for each answer.
    const maxTokens = mostAnswerTokens;
    const without = listWithout(settings.own.CHAT_COMPLETION_WITHOUT);
    const usual = { maxTokens, report, without };
    if (audioName === undefined) return openChatModel(client, { ...usual, model });
    const audioModel = openChatModel(client, { ...usual, ...audio, model: audioName });
    if (audioName !== model)
      return { ...openChatModel(client, { ...usual, model }), audioModel };
    return { ...dropSound(audioModel), audioModel };
  },
};
