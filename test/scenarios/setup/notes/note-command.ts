import type {
  Button,
  Command,
  CommandCall,
  CommandPorts,
  FormHandler,
  PickerHandler,
  Replies,
} from '#src/conversation/command.ts';
import { GuildNotes } from './guild-notes.ts';

/** Lists the notes of the caller. */
export const noteButton: Button = {
  name: 'notes.list',
  label: 'button.transcript',
  style: 'plain',
  run: list,
};

/** Repeats a note that was picked from the list. */
export const notePicker: PickerHandler = {
  name: 'notes.pick',
  async run({ picked }) {
    const [value = ''] = picked ?? [];
    return [{ id: 'settings.own', with: { key: 'Picked', value }, to: 'caller' }];
  },
};

/** Keeps a note that was written in the form. */
export const noteForm: FormHandler = { name: 'notes', inputs: ['note'], run: keep };

/** Keeps a note of the caller; without one, it opens the form. */
export const noteCommand: Command = {
  name: 'notes',
  description: 'command.privacy.memories',
  shownTo: 'caller',
  options: [{ name: 'note', description: 'command.say', kind: 'text', maxChars: 200 }],
  async form({ words }) {
    if (words.note) return undefined;
    const inputs = [{ name: 'note', label: 'form.persona.name', maxChars: 200 }] as const;
    return { name: noteForm.name, title: 'form.persona.edit', inputs };
  },
  run: keep,
};

async function keep(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const { callerId, guildId, words } = call;
  if (words.note) await ports.port(GuildNotes).keep(guildId, callerId, words.note);
  return await list(call, ports);
}

async function list({ callerId, guildId }: CommandCall, { port }: CommandPorts): Promise<Replies> {
  const notes = port(GuildNotes);
  await notes.load(guildId);
  const own = notes.known(guildId).filter(({ personId }) => personId === callerId);
  const value = own.map(({ text }) => text).join('; ');
  const options = [...new Set(own.map(({ text }) => text))].map((text) => ({
    value: text,
    label: text,
  }));
  const menu = { kind: 'one-of', placeholder: { id: 'settings.pick.value' }, options } as const;
  const pickers =
    options.length === 0 ? [] : [{ ...menu, name: notePicker.name, least: 1, most: 1 }];
  return [{ id: 'settings.own', with: { key: 'Your notes', value }, to: 'caller', pickers }];
}
