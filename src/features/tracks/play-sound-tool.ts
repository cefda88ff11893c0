import { z } from 'zod';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { outcomeOf, tool } from '#src/features/contract/tool-definition.ts';
import { spokenText } from '#src/notices/notice.ts';
import { openText } from '#src/people/confidential-text.ts';
import { mostNameUnits } from '#src/playback/tracks/track-name.ts';
import { usualTrack } from './track-names.ts';
import { outcomeText, type TrackCaller } from './track-outcomes.ts';

const schema = z.strictObject({
  sound: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((words) => !/:\/\/|\w\.\w+\//.test(words), { error: 'Links are not played.' })
    .describe('What they call it, in their own words.'),
  track: z.string().max(mostNameUnits).optional().describe('Only where they name one.'),
  loop: z.boolean().optional().describe('Again and again.'),
  next: z.boolean().optional().describe('Before all that wait.'),
});

/** Plays a sound of the library on a track, for the last of those who asked; where several fit, it asks which. */
export const playSound = tool({
  name: 'play_sound',
  description:
    'Plays a sound or music that lies on this machine, by its name, say rain. Never a link. Where several fit, whoever asks is asked which: add nothing to that.',
  schema,
  right: 'room',
  effect: 'change',
  quotesOthers: true,
  async run(
    { sound, track = usualTrack, loop = false, next = false },
    { askerId, context },
    signal,
  ) {
    const asker = callerIn(askerId, context);
    const request = { sound, track, loop, next, signal };
    const [playing] = await context.features.sessions.tracks.play(asker, request);
    const line = outcomeText(playing);
    const outcome = outcomeOf(line);
    if (playing.kind !== 'several') return outcome;
    const { channel, parts } = context;
    return { ...outcome, quote: { text: openText(spokenText(line, channel.guildId, parts)) } };
  },
});

/** A person of the channel as the caller of a request. */
export function callerIn(id: string, { channel, parts, people }: SessionContext): TrackCaller {
  const name = people().find((one) => one.id === id)?.name ?? 'Someone';
  return { id, name, mayManage: parts.places.mayManage(channel.guildId, id) };
}
