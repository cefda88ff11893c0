/** Program of a process that writes the last words of a request back, three letters at a time. */
import { setTimeout as wait } from 'node:timers/promises';
import { BotError } from '#src/base/errors.ts';
import { serveJobs } from '#src/speech/local/process/serve-jobs.ts';

serveJobs({
  chat: {
    content: 'chat model',
    endings: [],
    loadRuntime: async () => undefined,
    open:
      async () =>
      async ({ body }, turn, sendText) => {
        const text: string = JSON.parse(body).messages.at(-1).content;
        if (text.includes('die')) process.exit(1);
        if (text.includes('too long'))
          throw new BotError(
            'provider.refused',
            false,
            'It exceeds the context length.',
          );
        const pieces = text.match(/.{1,3}/gs) ?? [];
        for (const piece of pieces) {
          sendText(piece);
          await turn.waitForThread();
          if (text.includes('slow')) await wait(5);
        }
        return {
          finish: 'stop',
          promptTokens: 10,
          keptTokens: 0,
          answerTokens: pieces.length,
          answerMs: 100,
          residentBytes: 1_000,
        };
      },
  },
});
