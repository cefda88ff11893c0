import { z } from 'zod';
import { tool } from '#src/session/ports/tool.ts';

/** Deletes a memory of the server. */
export const forgetMemory = tool({
  name: 'forget_memory',
  description:
    'Deletes one of the memories by its number. Only if whoever asks wants that. Waits for a button first.',
  schema: z.strictObject({ number: z.number().int().min(1) }),
  right: 'room',
  isDestructive: true,
  setting: 'memory',
  effect: 'change',
  doing: 'memory.forget.doing',
  prepare: ({ number }, { memories }, signal) => memories.forget(number, signal),
});
