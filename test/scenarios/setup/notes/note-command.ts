import type { Command } from '#src/conversation/command.ts';
import { GuildNotes } from './guild-notes.ts';

/** Keeps a note of the caller, and lists those of the caller. */
export const noteCommand: Command = {
  name: 'notes',
  description: 'command.privacy.memories',
  shownTo: 'caller',
  options: [{ name: 'add', description: 'command.say.text', kind: 'text', maxChars: 200 }],
  async run({ callerId, guildId, words }, { port }) {
    const notes = port(GuildNotes);
    if (words.add) await notes.keep(guildId, callerId, words.add);
    await notes.load(guildId);
    const own = notes.known(guildId).filter(({ personId }) => personId === callerId);
    const value = own.map(({ text }) => text).join('; ');
    return [{ id: 'settings.own', with: { key: 'Your notes', value }, to: 'caller' }];
  },
};
