import type { ChatModel } from '#src/chat/ports.ts';

/** An audio model used for its text: its sound is asked for, as such models insist on some, and dropped. */
export function writtenBy(model: ChatModel): ChatModel {
  return {
    async *reply(messages, tools, signal, mostTokens) {
      let source: 'text' | 'transcript' | undefined;
      for await (const part of model.reply(messages, tools, signal, mostTokens)) {
        switch (part.kind) {
          case 'text':
          case 'transcript':
            source ??= part.kind;
            if (source === part.kind) yield { kind: 'text', text: part.text };
            break;
          case 'sound':
            break;
          case 'tool':
          case 'usage':
            yield part;
        }
      }
    },
  };
}
