import type { QuotedLine } from '#src/features/captions/caption-outcomes.ts';
import type { Command, Replies } from '#src/features/contract/command.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';
import { noTranscript } from './transcript.ts';

/** Longest quote of one line, in characters: ten of them fit one message. */
const maxQuoteChars = 150;

export const find: Command = {
  name: 'find',
  description: 'command.captions.find',
  shownTo: 'caller',
  options: [
    {
      name: 'words',
      description: 'command.captions.find',
      required: true,
      kind: 'text',
      maxChars: 200,
    },
  ],
  async run({ guildId, callerId, words: typed }, { features, timesIn }) {
    const words = typed.words ?? '';
    const found = await features.transcripts.find(guildId, callerId, words);
    return found.kind === 'found' ? quotes(found.lines, timesIn(guildId)) : noTranscript(found);
  },
};

/** Quoted lines, shown to the caller alone. */
export function quotes(lines: readonly QuotedLine[], times: WallTimes): Replies {
  const [first, ...others] = lines.map((line) => quoted(line, times));
  return first ? [{ ...first, to: 'caller', lines: others }] : noTranscript({ kind: 'none' });
}

/** A stored line with its speaker, its time and the address of its message. */
function quoted({ name, atWallMs, text, link }: QuotedLine, times: WallTimes): TextLine {
  const chars = [...text];
  const short =
    chars.length > maxQuoteChars ? `${chars.slice(0, maxQuoteChars - 1).join('')}\u2026` : text;
  const words = link === undefined ? `"${short}"` : `"${short}" ${link}`;
  return { id: 'find.line', with: { name, time: times.minute(atWallMs), text: words } };
}
