import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import type { Locale } from '#src/texts/texts.ts';
import { headingOf } from './file-heading.ts';
import { jsonFile } from './json-file.ts';
import { parted } from './split-into-file-parts.ts';
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

/**
 * Largest file in bytes of UTF-8. Discord takes 20 MiB (10 MiB before September 2026), form included. Source: Discord
 * docs, "Uploading Files".
 */
const maxFileBytes = 9.5 * 1024 * 1024;

/**
 * A session as one file, or as several that can each be read alone, in the order of speech. A line is never cut in two,
 * so one that is longer than `maxBytes` makes a part that is larger.
 */
export function transcriptFiles(
  format: TranscriptFormat,
  content: TranscriptContent,
  maxBytes: number = maxFileBytes,
): readonly TranscriptFile[] {
  const { session, lines } = content;
  const ordered = lines.toSorted((a, b) => a.startMs - b.startMs || a.number - b.number);
  const heading = headingOf({ ...content, lines: ordered });
  const layout = layoutOf[format](heading, ordered);
  const texts = parted(layout, maxBytes);
  const stem = `transcript-${channelPart(session.channelName)}-${heading.day}`;
  return texts.map((text, place) => ({
    name: `${stem}${partName(place, texts.length)}.${format}`,
    text,
  }));
}

const layoutOf = {
  txt: textFile,
  srt: srtFile,
  json: jsonFile,
} as const;

function partName(place: number, of: number): string {
  return of === 1 ? '' : `-${place + 1}of${of}`;
}

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
