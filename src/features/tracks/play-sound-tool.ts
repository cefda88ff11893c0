import { z } from 'zod';
import {
  defineTool,
  toOutcome,
  type WithOwnObjects,
} from '#src/features/contract/tool-definition.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import { mostNameUnits } from '#src/playback/tracks/track-name.ts';
import type { RunningTracks } from './session-tracks.ts';
import { defaultTrack } from './track-names.ts';
import { toOutcomeLine } from './track-request-outcomes.ts';

const playSoundSchema = z.strictObject({
  sound: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((words) => !/:\/\/|\w\.\w+\//.test(words), {
      error: 'Links are not played.',
    })
    .describe('What they call it, in their own words.'),
  track: z.string().max(mostNameUnits).optional().describe('Only where they name one.'),
  loop: z.boolean().optional().describe('Again and again.'),
  next: z.boolean().optional().describe('Before all that wait.'),
});

/** Asks for a choice if several sounds fit. */
export const playSoundTool = defineTool({
  name: 'play_sound',
  description:
    'Plays a sound or music that lies on this machine, by its name, say rain. Never a link. Where several fit, whoever asks is asked which: add nothing to that.',
  schema: playSoundSchema,
  right: 'room',
  effect: 'change',
  quotesOthers: true,
  async run(
    { sound, track = defaultTrack, loop = false, next = false },
    { askerId, own, session }: WithOwnObjects<RunningTracks>,
    signal,
  ) {
    const tracks = own.sessionTracks.get(session);
    const request = { sound, track, loop, next, signal };
    const [playing] = await tracks.playSound(tracks.toCaller(askerId), request);
    const line = toOutcomeLine(playing);
    const outcome = toOutcome(line);
    if (playing.kind !== 'several') return outcome;
    return {
      ...outcome,
      quote: { text: toOpenText(session.notices.formatSpokenText(line)) },
    };
  },
});
