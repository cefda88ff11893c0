import type { ApiRoute } from '#src/api/route.ts';
import { ask } from './ask.ts';
import { say } from './say.ts';
import { listTracks, playTrack, setTrackVolume, steerTrack } from './tracks.ts';
import { listTranscripts, readTranscript } from './transcripts.ts';

/** Every operation of one server; what OpenAI's clients ask stands apart. */
export const routes: readonly ApiRoute[] = [
  say,
  ask,
  listTracks,
  playTrack,
  steerTrack,
  setTrackVolume,
  listTranscripts,
  readTranscript,
];
