import { splitIntoBatches } from '#src/base/batches.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
  Reply,
} from '#src/features/command.ts';
import type { Memory } from '#src/stores/memory-store.ts';
import { escapeTextValues } from '#src/texts/plain-text.ts';
import { type CheckedLine, formatText, type TextLine } from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';

/** The rest of Discord's 2,000 characters is for the heading. */
const maxReplyChars = 1_800;

/** `/privacy memories`: lists memories, or removes one. */
export const memories: Command = {
  name: 'memories',
  description: 'command.privacy.memories',
  options: [
    {
      name: 'delete',
      description: 'command.privacy.memories.delete',
      kind: 'number',
      min: 1,
      max: 1_000_000,
    },
  ],
  async run(call, ports) {
    const { caller, guildId, inputs } = call;
    if (inputs.delete === undefined) return await listMemories(call, ports);
    return [
      await ports.features.memories.removeMemory(
        guildId,
        Number(inputs.delete),
        caller,
      ),
    ];
  },
};

async function listMemories(
  { guildId, caller }: CommandCall,
  { features, guilds }: CommandPorts,
): Promise<Replies> {
  const listed = await features.memories.listMemories(guildId);
  if (!listed) return [{ id: 'store.unread' }];
  if (listed.memories.length === 0) {
    return [{ id: listed.isOn ? 'memory.none' : 'memory.off' }];
  }
  const times = guilds.getTimes(guildId);
  const lines = listed.memories.map((memory) => formatMemory(memory, times));
  const countChars = ({ id, with: fields = {} }: CheckedLine) =>
    formatText(id, escapeTextValues(fields), caller.locale).length + 1;
  const [firstBatch = [], ...batches] = splitIntoBatches(lines, countChars, {
    maxSize: maxReplyChars,
  });
  const replies = batches.map(
    ([heading, ...furtherLines]): Reply => ({ ...heading, lines: furtherLines }),
  );
  return [{ id: 'command.privacy.memories', lines: firstBatch }, ...replies];
}

function formatMemory(
  { number: n, text, byName: name, aboutName: about, atWallMs }: Memory,
  times: WallTimes,
): TextLine {
  const names = about === undefined ? name : `${name} \u2192 ${about}`;
  return {
    id: 'memory.line',
    with: { n, text, name: names, date: times.day(atWallMs) },
  };
}
