import type {
  TranscriptLine,
  TranscriptSpeaker,
  TranscriptWord,
} from '#src/features/captions/transcript-line.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { isoTime, wholeMs } from '#src/texts/wall-time.ts';
import type { FileHeading } from './file-heading.ts';
import { messageLink } from './message-link.ts';

/** Changes when a reader of the former one would misread the file. */
const version = 1;

/** JSON by `docs/transcript.schema.json`, each line of the transcript on a line of the file. */
export function jsonFile(heading: FileHeading, lines: readonly TranscriptLine[]): string {
  const { guildId, startedAtWallMs } = heading.session;
  const head = { format: 'parley-transcript', version, session: sessionJson(heading) };
  const entries = lines.map((line) => JSON.stringify(lineJson(line, guildId, startedAtWallMs)));
  return `${JSON.stringify(head).slice(0, -1)},"lines":[\n${entries.join(',\n')}\n]}\n`;
}

function sessionJson({ session, times }: FileHeading) {
  const { id, guildId, channelId, channelName, placeId, startedAtWallMs, endedAtWallMs } = session;
  return {
    id,
    guildId,
    channelId,
    channelName,
    placeId,
    startedAt: isoTime(startedAtWallMs),
    endedAt: endedAtWallMs === undefined ? undefined : isoTime(endedAtWallMs),
    timeZone: times.timeZone,
  };
}

function lineJson(line: TranscriptLine, guildId: string, startedAtWallMs: number) {
  const { number, speaker, text, isCut, language, words, confidence, post } = line;
  const [startMs, endMs] = [wholeMs(line.startMs), wholeMs(line.endMs)];
  return {
    number,
    speaker: speakerJson(speaker),
    startMs,
    endMs: Math.max(startMs, endMs),
    startedAt: isoTime(startedAtWallMs + startMs),
    text: visibleLine(text),
    isUnderstood: visibleLine(text) !== '',
    isCut,
    language,
    ...(confidence !== undefined && { confidence: share(confidence) }),
    words: words?.map(wordJson),
    link: post && messageLink(guildId, post),
  };
}

function speakerJson(speaker: TranscriptSpeaker) {
  const name = visibleLine(speaker.name);
  if (speaker.kind === 'person') return { kind: 'person', id: speaker.personId, name };
  return { kind: 'bot', name, answeredIds: speaker.answeredIds };
}

function wordJson({ text, startMs, endMs, confidence }: TranscriptWord) {
  return {
    text: visibleLine(text),
    startMs: wholeMs(startMs),
    endMs: Math.max(wholeMs(startMs), wholeMs(endMs)),
    ...(confidence !== undefined && { confidence: share(confidence) }),
  };
}

/** 0 to 1, whatever a recogniser counts. */
function share(confidence: number): number {
  return Math.min(1, Math.max(0, confidence)) || 0;
}
