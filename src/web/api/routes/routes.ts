import type { ApiRoute } from '#src/web/api/route.ts';
import { ask } from './ask.ts';
import { readPlay } from './plays.ts';
import { say } from './say.ts';
import {
  fadeTrack,
  listTracks,
  loopTrack,
  playTrack,
  readTrack,
  removeFromTrack,
  seekTrack,
  setTrackVolume,
  steerTrack,
} from './tracks.ts';
import { listTranscripts, readTranscript } from './transcripts.ts';

/** Every operation of one server; what OpenAI's clients ask stands apart. */
export const routes: readonly ApiRoute[] = [
  say,
  ask,
  listTracks,
  readTrack,
  playTrack,
  setTrackVolume,
  seekTrack,
  fadeTrack,
  loopTrack,
  removeFromTrack,
  steerTrack,
  readPlay,
  listTranscripts,
  readTranscript,
];
