import { bySpeech } from '#src/features/captions/live/line-rendering.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import type { Locale } from '#src/texts/texts.ts';
import { headingOf } from './file-heading.ts';
import { jsonFile } from './json-file.ts';
import { srtFile } from './subtitle-files.ts';
import { textFile } from './text-file.ts';

/** By the ending of the file's name. */
export const transcriptFormats = ['txt', 'srt', 'json'] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

/** Content of one file, without lines that its reader may not know. */
export type TranscriptContent = {
  readonly session: TranscriptSession;
  readonly lines: readonly TranscriptLine[];
  /** IANA name of the zone of all times of day; UTC where there is none. The file tells it. */
  readonly timeZone?: string;
  readonly locale?: Locale;
};

export type TranscriptFile = { readonly name: string; readonly text: string };

/** A session as one file, in the order of speech. */
export function transcriptFile(
  format: TranscriptFormat,
  content: TranscriptContent,
): TranscriptFile {
  const lines = content.lines.toSorted(bySpeech);
  const heading = headingOf({ ...content, lines });
  const name = `transcript-${channelPart(content.session.channelName)}-${heading.day}.${format}`;
  return { name, text: textOf[format](heading, lines) };
}

const textOf = {
  txt: textFile,
  srt: srtFile,
  json: jsonFile,
} as const;

/** Longest name of a channel within the name of a file, in characters. */
const maxChannelChars = 40;

/** Letters and digits of any script, so that no system and no shell takes it for anything but a name. */
function channelPart(channelName: string): string {
  const plain = channelName
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '-')
    .replace(/^[-\p{M}]+/u, '');
  const short = [...plain].slice(0, maxChannelChars).join('').replace(/-$/, '');
  return short === '' ? 'channel' : short;
}
