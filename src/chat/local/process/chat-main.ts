/** Program of the process of a chat model. */

import { serveJobs } from '#src/speech/local/process/serve-jobs.ts';
import { openLlamaChat } from './llama-chat.ts';

serveJobs({
  chat: {
    content: 'chat model',
    endings: [],
    loadRuntime: async () => undefined,
    open: openLlamaChat,
  },
});
