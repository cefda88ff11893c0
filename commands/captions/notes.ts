import {
  headingTexts,
  splitIntoMessages,
} from '#src/features/captions/answers/recap.ts';
import { maxNoteChars } from '#src/features/captions/notes/channel-notes.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
  Reply,
} from '#src/features/command.ts';
import { type Note, noteKinds } from '#src/stores/transcripts/note-store.ts';
import {
  type AnyLine,
  type CheckedLine,
  formatText,
  type TextLine,
} from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';

const maxNumber = 1_000_000;

/** `/captions notes`: shows the notes of a voice channel to people who may open it, who correct and delete them. */
export const notesCommand: Command = {
  name: 'notes',
  description: 'command.captions.notes',
  options: [
    {
      name: 'channel',
      description: 'command.captions.notes.channel',
      kind: 'voice-channel',
    },
    {
      name: 'correct',
      description: 'command.captions.notes.correct',
      kind: 'number',
      min: 1,
      max: maxNumber,
    },
    {
      name: 'text',
      description: 'command.captions.notes.text',
      kind: 'text',
      maxChars: maxNoteChars,
      isProse: true,
    },
    {
      name: 'delete',
      description: 'command.captions.notes.delete',
      kind: 'number',
      min: 1,
      max: maxNumber,
    },
    { name: 'file', description: 'command.captions.notes.file', kind: 'boolean' },
  ],
  run: runNotes,
};

async function runNotes(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const { caller, inputs } = call;
  const { notes } = ports.features;
  // Without its channel, a number would be of another channel's notes.
  const channel = inputs.channel === undefined ? caller.channel : call.channel;
  if (!channel) return [{ id: 'notes.none' }];
  if (inputs.delete !== undefined)
    return [await notes.removeNote(channel, Number(inputs.delete), caller.id)];
  if (inputs.correct === undefined) return await showNotes(call, ports, channel);
  const corrected = await notes.correctNote(
    channel,
    Number(inputs.correct),
    inputs.text ?? '',
    caller,
  );
  const buttons = corrected.id === 'notes.left_out' ? ['captions.write_me'] : [];
  return [{ ...corrected, buttons }];
}

async function showNotes(
  { caller, guildId, inputs }: CommandCall,
  { features, guilds }: CommandPorts,
  channel: NonNullable<CommandCall['channel']>,
): Promise<Replies> {
  const notes = await features.notes.listNotes(channel, caller.id);
  if (!notes) return [{ id: 'store.unread' }];
  const times = guilds.getTimes(guildId);
  const messages = notes.split((all) => splitIntoMessages(formatNotes(all, times)));
  const [reply, ...furtherReplies] = messages.map(
    (message): Reply => ({
      id: 'notes.none',
      words: message.split((lines): readonly AnyLine[] => lines),
    }),
  );
  if (!reply) return [{ id: 'notes.none' }];
  if (inputs.file !== 'true') return [reply, ...furtherReplies];
  const file = notes.map((all) => ({
    name: 'notes.md',
    text: formatNotesFile(all, times),
  }));
  return [{ ...reply, files: [file] }];
}

/** Formats notes by kind, as a recap has its points. */
function formatNotes(notes: readonly Note[], times: WallTimes): readonly AnyLine[] {
  return noteKinds.flatMap((kind) => {
    const kindNotes = notes.filter((note) => note.kind === kind);
    return kindNotes.length === 0
      ? []
      : [headingTexts[kind], ...kindNotes.map((note) => formatNote(note, times))];
  });
}

function formatNote(
  { atWallMs, name, number, text }: Note,
  times: WallTimes,
): TextLine {
  return {
    id: 'memory.line',
    with: { n: number, text, name, date: times.day(atWallMs) },
  };
}

function formatNotesFile(notes: readonly Note[], times: WallTimes) {
  const lines = formatNotes(notes, times).map(
    ({ id, with: values = {} }: CheckedLine) => formatText(id, values),
  );
  return `${lines.join('\n')}\n`;
}
