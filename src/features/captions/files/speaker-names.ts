import type { TranscriptLine, TranscriptSpeaker } from '#src/features/captions/transcript-line.ts';
import { visibleLine } from '#src/texts/visible-line.ts';

/** Longest name that is shown, in characters; Discord takes 32. */
const maxNameChars = 64;
/** Everything that is read like the colon between a name and its words. */
const colons = /[:\u02d0\u05c3\u2236\ua789\ufe13\ufe55\uff1a]/gu;

/** Name that a line shows for its speaker. */
type NameOf = (speaker: TranscriptSpeaker) => string;

/**
 * Names on one line and without a colon, so that no name can look like another person's line. A name that another
 * speaker of these lines has already is followed by a number: no person can pass for another.
 */
export function speakerNames(lines: readonly TranscriptLine[], somebody: string): NameOf {
  const shown = new Map<string, string>();
  const owners = new Map<string, string>();
  const isTaken = (name: string, id: string) => (owners.get(alike(name)) ?? id) !== id;
  const add = (speaker: TranscriptSpeaker): void => {
    const key = keyOf(speaker);
    if (shown.has(key)) return;
    const [id, name] = [idOf(speaker), plainName(speaker.name, somebody)];
    let free = name;
    for (let number = 2; isTaken(free, id); number++) free = `${name} (${number})`;
    owners.set(alike(free), id);
    shown.set(key, free);
  };
  // The bot keeps its name, whatever people call themselves.
  for (const kind of ['bot', 'person'] as const) {
    for (const { speaker } of lines) if (speaker.kind === kind) add(speaker);
  }
  return (speaker) => shown.get(keyOf(speaker)) ?? plainName(speaker.name, somebody);
}

function plainName(name: string, somebody: string): string {
  const plain = visibleLine(name.replace(colons, ' '));
  const short = [...plain].slice(0, maxNameChars).join('').trim();
  return short === '' ? somebody : short;
}

/** A changed name is another one: each line keeps the name that its speaker had then. */
function keyOf(speaker: TranscriptSpeaker): string {
  return `${idOf(speaker)} ${speaker.name}`;
}

function idOf(speaker: TranscriptSpeaker): string {
  return speaker.kind === 'bot' ? 'bot' : speaker.personId;
}

/** Small and capital letters, and letters of other widths, look the same to a reader in a hurry. */
function alike(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
