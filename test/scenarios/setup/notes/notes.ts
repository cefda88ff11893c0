import { z } from 'zod';
import type { Feature } from '#src/conversation/feature.ts';
import { tool } from '#src/conversation/ports/tool-definition.ts';
import { switchSetting } from '#src/conversation/settings/setting-definition.ts';
import { GuildNotes, manyNotes, noteKept } from './guild-notes.ts';
import { noteButton, noteCommand, noteForm, notePicker } from './note-command.ts';
import { notePart } from './note-store.ts';

/** Whether the model may keep notes. */
const spokenNotes = switchSetting('spoken_notes', true, {
  group: 'command.say',
  about: 'command.privacy.memories',
});

const keepNote = tool({
  name: 'keep_note',
  description: 'Keeps a note of whoever asks for that.',
  schema: z.strictObject({ note: z.string().trim().min(1).max(200) }),
  right: 'room',
  effect: 'last',
  isOffered: ({ of }) => of(spokenNotes),
  ask: ({ note }) => ({ id: 'tool.external.ask', with: { tool: 'keep note', given: note } }),
  async run({ note }, { askerIds: [askerId = ''], context: { channel, port } }) {
    await port(GuildNotes).keep(channel.guildId, askerId, note);
    return { facts: { outcome: 'The note is kept.' } };
  },
});

/** Notes: what people of a server asked the bot to keep. */
export const notes: Feature = {
  name: 'notes',
  tools: [keepNote],
  events: [noteKept],
  alerts: [manyNotes],
  settings: [spokenNotes],
  commands: [noteCommand],
  buttons: [noteButton],
  forms: [noteForm],
  pickers: [notePicker],
  help: [
    {
      topic: 'notes',
      command: 'notes',
      line: () => ({ id: 'command.privacy.memories' }),
    },
  ],
  open: ({ store }) => ({
    shard(services) {
      const known = new GuildNotes(services, store(notePart));
      return {
        ports: [known],
        run: () => known.expire(services.signal),
        session: ({ channel: { guildId } }) => ({
          entered: () => void known.load(guildId),
          panel() {
            const value = `${known.known(guildId).length}`;
            const line = { id: 'settings.own', with: { key: 'Notes', value } } as const;
            return { lines: [line], buttons: [noteButton.name] };
          },
        }),
        forgetServer: (guildId) => known.forgetServer(guildId),
        person: { forget: (guildId, personId) => known.forget(guildId, personId) },
      };
    },
  }),
};
