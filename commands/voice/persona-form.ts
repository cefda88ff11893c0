import { createHash } from 'node:crypto';
import { notManaging } from '#commands/rights.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall, FormHandler, Reply } from '#src/conversation/command.ts';
import type { Form, FormInput } from '#src/conversation/ports/form.ts';
import {
  type Persona,
  type PersonaField,
  personaKeyOf,
  personaLimits,
  readPersona,
} from '#src/conversation/settings/persona.ts';
import { PersonaRequests } from '#src/features/personas/persona-requests.ts';
import { faultReply, savedReply } from './persona-replies.ts';

/** Fields of the form; all other fields of a persona stay unchanged. */
const fields = [
  'name',
  'instructions',
  'voice',
  'tone',
  'language',
] as const satisfies PersonaField[];
const formName = 'persona';
const maxTagChars = 35;

/** Form of a persona; `former` is the persona to change, and `name` the suggested name of a new one. */
export function formOfPersona({ former, name }: { former?: Persona; name?: string }): Form {
  const inputs = fields.map((field): FormInput => {
    const isLong = field === 'instructions' || field === 'tone';
    const isRequired = field === 'instructions' || field === 'name';
    return {
      name: field,
      label: `form.persona.${field}`,
      maxChars: field === 'language' ? maxTagChars : personaLimits[field],
      value: former ? former[field] : field === 'name' ? name : undefined,
      ...(isLong && { isLong }),
      ...(isRequired && { isRequired }),
    };
  });
  return {
    name: former ? `${formName}:${referenceTo(former.name)}` : formName,
    title: former ? 'form.persona.edit' : 'form.persona.new',
    inputs,
  };
}

/** Handler of a persona form that was sent. */
export const personaForm: FormHandler = {
  name: formName,
  inputs: fields,
  async run(call, { port }) {
    const denied = notManaging(call);
    if (denied) return [denied];
    const { guildId, words } = call;
    const former = await formerOf(call, port(PersonaRequests));
    const read = readPersona({ ...former, ...typed(words) });
    if (read.kind === 'fault') return [withTyped(faultReply(read.fault), words)];
    const { persona } = read;
    const isRenamed = !former || personaKeyOf(former.name) !== personaKeyOf(persona.name);
    if (isRenamed && (await port(PersonaRequests).find(guildId, persona.name)))
      return [taken(persona, words)];
    const saving = await port(PersonaRequests).save(guildId, persona, former?.name);
    const reply = savedReply(persona, saving);
    return [saving.kind === 'saved' ? reply : withTyped(reply, words)];
  },
};

/** An empty input removes its field. */
function typed(words: CommandCall['words']): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(fields.map((field) => [field, words[field]?.trim()]));
}

/** The persona for which the form was opened; undefined: a new one, or it was removed. */
async function formerOf(
  { guildId, words: { about } }: CommandCall,
  personas: Public<PersonaRequests>,
): Promise<Persona | undefined> {
  if (about === undefined) return undefined;
  const names = await personas.names(guildId);
  const name = names.find((one) => referenceTo(one) === about);
  return name === undefined ? undefined : await personas.find(guildId, name);
}

/** Names a persona in few characters, whatever its name is written in. */
function referenceTo(name: string): string {
  return createHash('sha256').update(personaKeyOf(name)).digest('hex').slice(0, 16);
}

function taken({ name }: Persona, words: CommandCall['words']): Reply {
  return withTyped({ id: 'persona.taken', with: { persona: name }, to: 'caller' }, words);
}

/** Discord keeps nothing of a sent form, so the reply returns its text. */
function withTyped(reply: Reply, { instructions, tone }: CommandCall['words']): Reply {
  const texts = [instructions, tone].filter((one) => one !== undefined);
  if (texts.length === 0) return reply;
  return { ...reply, files: [{ name: 'persona.txt', text: `${texts.join('\n\n')}\n` }] };
}
