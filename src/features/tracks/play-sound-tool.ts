import { z } from 'zod';
import { type Owned, outcomeOf, tool } from '#src/features/contract/tool-definition.ts';
import { openText } from '#src/people/confidential-text.ts';
import { mostNameUnits } from '#src/playback/tracks/track-name.ts';
import type { RunningTracks } from './session-tracks.ts';
import { usualTrack } from './track-names.ts';
import { outcomeText } from './track-outcomes.ts';

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
    { askerId, own, session }: Owned<RunningTracks>,
    signal,
  ) {
    const tracks = own.sessionTracks.get(session);
    const request = { sound, track, loop, next, signal };
    const [playing] = await tracks.play(tracks.caller(askerId), request);
    const line = outcomeText(playing);
    const outcome = outcomeOf(line);
    if (playing.kind !== 'several') return outcome;
    return { ...outcome, quote: { text: openText(session.notices.spokenText(line)) } };
  },
});
