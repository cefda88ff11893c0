import { notManaging } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import { personaFile } from '#src/features/personas/persona-file.ts';
import { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import { personaOption } from './persona-option.ts';
import { unknownPersona } from './persona-replies.ts';

export const exportPersona: Command = {
  name: 'export',
  description: 'command.voice.export',
  shownTo: 'caller',
  options: [{ ...personaOption('command.voice.export.persona'), required: true }],
  async run(call, { port }) {
    const denied = notManaging(call);
    if (denied) return [denied];
    const { guildId, words } = call;
    const found = await port(PersonaRequests).find(guildId, words.persona ?? '');
    if (!found)
      return [unknownPersona(words.persona ?? '', await port(PersonaRequests).names(guildId))];
    const files = [{ name: fileNameOf(found.name), text: personaFile(found) }];
    return [{ id: 'persona.exported', with: { persona: found.name }, to: 'caller', files }];
  },
};

/** Letters of other scripts may not survive as the name of a file. */
function fileNameOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `persona${plain === '' ? '' : `-${plain}`}.json`;
}
