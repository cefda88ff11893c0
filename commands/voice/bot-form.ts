import { notManaging } from '#commands/rights.ts';
import type { CommandCall, CommandPorts, Replies } from '#src/conversation/command.ts';
import type { Form } from '#src/conversation/ports/form.ts';
import type { Persona } from '#src/conversation/settings/persona.ts';
import { personaFile } from '#src/features/personas/persona-file.ts';
import { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import { formOfPersona } from './persona-form.ts';
import { unknownPersona } from './persona-replies.ts';

/** Actions of managers on the personas of a server. */
export const personaActs = ['new', 'edit', 'remove'] as const;

/** The requested form; undefined where there is none, and `withoutForm` gives the reason. */
export async function personaFormFor(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Form | undefined> {
  const { form, persona: name } = call.words;
  if ((form !== 'new' && form !== 'edit') || notManaging(call)) return undefined;
  if (form === 'new') return formOfPersona({ ...(name !== undefined && { name }) });
  const former = await meant(call, ports);
  return former && formOfPersona({ former });
}

/** Removes a persona, or gives the reason why there is no form. */
export async function withoutForm(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const denied = notManaging(call);
  if (denied) return [denied];
  const { guildId, words } = call;
  const persona = words.form === 'new' ? undefined : await meant(call, ports);
  if (words.form === 'new' || (words.form === 'edit' && persona))
    return [{ id: 'persona.form.late', to: 'caller' }];
  if (!persona) {
    if (words.persona === undefined) return [{ id: 'persona.which', to: 'caller' }];
    return [unknownPersona(words.persona, await ports.port(PersonaRequests).names(guildId))];
  }
  const removal = await ports.port(PersonaRequests).remove(guildId, persona.name);
  const isUnsaved = removal.kind === 'removed' && !removal.saved;
  return [
    {
      id: 'persona.removed',
      with: { persona: persona.name },
      ...(isUnsaved && { lines: [{ id: 'persona.unsaved' }] }),
      to: 'caller',
      files: [{ name: 'persona.json', text: personaFile(persona) }],
    },
  ];
}

/** The named persona, else the current one of the bot there. */
async function meant(
  { callerId: id, guildId, mayManage, words }: CommandCall,
  { port, sessions }: CommandPorts,
): Promise<Persona | undefined> {
  if (words.persona !== undefined) return await port(PersonaRequests).find(guildId, words.persona);
  const place = sessions.at(guildId) ? 'channel' : 'server';
  const now = await port(PersonaRequests).choose({ guildId, id, mayManage }, { place });
  if (now.kind !== 'chosen' || now.persona === undefined) return undefined;
  return await port(PersonaRequests).find(guildId, now.persona);
}
