import type { ChatModel } from '#src/chat/chat-model.ts';

/** Answer of the chat model, whatever it is asked. */
export const modelAnswer = 'The bird is a crow.';
/** Its translation, whatever it is to translate. */
export const modelTranslation = 'Der Vogel ist eine Krähe.';

/** The chat model of a scene. */
export const sceneModel: ChatModel = {
  async *reply(messages) {
    const isTranslation = `${messages.at(-1)?.content}`.includes('<lines>');
    yield {
      kind: 'text',
      text: isTranslation ? `[1] ${modelTranslation}` : modelAnswer,
    };
  },
};
