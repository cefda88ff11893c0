import { z } from 'zod';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { ToolPorts } from '#src/conversation/tools/tool-entry.ts';
import { tool } from '#src/features/contract/tool-definition.ts';
import { spokenText } from '#src/notices/localized-text.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { ShelvedSound } from '#src/sources/fetch/ports.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import type { Quote } from '#src/voice/output/pending-answer.ts';
import { mostTrackNameUnits, usualTrack } from './track-names.ts';
import { playingOutcome } from './track-outcome-texts.ts';
import type { TrackCaller } from './track-outcomes.ts';

/** Sounds that are named in one question. */
const mostNamed = 5;

const schema = z.strictObject({
  sound: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((words) => !/:\/\/|\w\.\w+\//.test(words), { error: 'Links are not played.' })
    .describe('What they call it, in their own words.'),
  track: z.string().max(mostTrackNameUnits).optional().describe('Only where they name one.'),
  loop: z.boolean().optional().describe('Again and again.'),
  next: z.boolean().optional().describe('Before all that wait.'),
});

type SoundRequest = z.infer<typeof schema>;

/** Plays a sound of the library on a track; where several fit, it asks which. */
export const playSound = tool({
  name: 'play_sound',
  description:
    'Plays a sound or music that lies on this machine, by its name or title, say rain. Never a link. Where several fit, whoever asks is asked which: add nothing to that.',
  schema,
  right: 'room',
  effect: 'change',
  quotesOthers: true,
  async run(request, ports, signal) {
    const { line, question } = await play(request, ports, signal);
    const facts = { outcome: text(line.id, line.with) };
    return { facts, line, quote: question };
  },
});

type SoundPlay = {
  /** Outcome as a sentence. */
  readonly line: TextLine;
  /** Asks which of several sounds is meant. */
  readonly question?: Quote;
};

/**
 * Plays what lies here, for the last of those who asked; of several that fit nothing is played, and they are asked which. Links
 * are for commands alone.
 */
async function play(
  { sound, track = usualTrack, loop = false, next = false }: SoundRequest,
  { askerIds, context }: ToolPorts,
  signal: AbortSignal,
): Promise<SoundPlay> {
  const { channel, features } = context;
  const catalog = features.ports.sounds;
  const lying = await catalog.lying(sound, signal);
  const [meant, another] = lying;
  if (!meant) {
    const closest = await catalog.closest(sound);
    return { line: playingOutcome({ kind: 'no-sound', sound, closest }) };
  }
  if (another) return questionAbout(sound, lying.slice(0, mostNamed), context);
  const asker = askerIn(askerIds.at(-1) ?? '', context);
  const request = { sound: meant.name, track, loop, next };
  const playing = await features.ports.tracks.play(channel.guildId, asker, request);
  return { line: playingOutcome(playing) };
}

function questionAbout(
  sound: string,
  offered: readonly ShelvedSound[],
  { channel, parts }: SessionContext,
): SoundPlay {
  const names = offered.map(({ name }) => name);
  const list = offered.map((one) => spokenName(one, offered)).join(', ');
  const question = spokenText({ id: 'track.which_of', with: { list } }, channel.guildId, parts);
  const line = playingOutcome({ kind: 'several', sound, names });
  return { line, question: { text: openText(question) } };
}

/** Its title where no other has the same, else its name. */
function spokenName({ name, title }: ShelvedSound, offered: readonly ShelvedSound[]): string {
  const isOnly = offered.filter((one) => one.title === title).length === 1;
  return title !== undefined && isOnly ? title : name.replaceAll('/', ' ');
}

function askerIn(id: string, { channel, parts, people }: SessionContext): TrackCaller {
  const name = people().find((one) => one.id === id)?.name ?? 'Someone';
  return { id, name, mayManage: parts.places.mayManage(channel.guildId, id) };
}
