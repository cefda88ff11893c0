import { standardModels } from '#src/provider/models/standard-models.ts';
import { mostAnswerTokens } from '#src/spending/reservation.ts';
import type { Engine } from './engine.ts';

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
  async open(settings) {
    const { openClient } = await import('#src/provider/api-client.ts');
    const { openChatModel, dropSound } = await import(
      '#src/chat/completions/openai-chat.ts'
    );
    const client = openClient(settings);
    const { model, report, audioModel: { model: audioName, ...audio } = {} } = settings;
    // The budget reserves this many tokens for each answer.
    const maxTokens = mostAnswerTokens;
    if (audioName === undefined)
      return openChatModel(client, { model, maxTokens, report });
    const audioModel = openChatModel(client, {
      ...audio,
      model: audioName,
      maxTokens,
      report,
    });
    if (audioName !== model)
      return { ...openChatModel(client, { model, maxTokens, report }), audioModel };
    return { ...dropSound(audioModel), audioModel };
  },
};
