import { notManaging } from '#commands/rights.ts';
import { pipelineNames } from '#src/pipeline/pipeline-names.ts';
import type { Command } from '#src/session/ports/command.ts';
import { changed } from './changed.ts';

export const pipeline: Command = {
  name: 'pipeline',
  description: 'command.settings.pipeline',
  shownTo: 'caller',
  isForEverybody: true,
  options: [
    {
      name: 'to',
      description: 'command.settings.pipeline.to',
      required: true,
      kind: 'choice',
      values: pipelineNames,
    },
  ],
  async run(call, { settings }) {
    const barred = notManaging(call);
    if (barred) return [barred];
    const setting = await settings.set(call.guildId, 'pipeline', call.words.to ?? '');
    return changed('pipeline', setting, call);
  },
};
