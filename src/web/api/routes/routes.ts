import { createChatCompletion } from '#src/web/api/openai/completions.ts';
import { listModels, retrieveModel } from '#src/web/api/openai/models.ts';
import { createSpeech } from '#src/web/api/openai/speech.ts';
import {
  createTranscription,
  createTranslation,
} from '#src/web/api/openai/transcriptions.ts';
import type { ApiRoute } from '#src/web/api/route.ts';
import { ask } from './ask-route.ts';
import { listenToEvents } from './events-route.ts';
import { say } from './say-route.ts';
import { playSentSound } from './track-sound.ts';
import { trackRoutes } from './tracks.ts';
import { listTranscripts, readTranscript } from './transcripts.ts';

/** All routes of the HTTP API. A new route is added here. */
export const allRoutes: readonly ApiRoute[] = [
  say,
  ask,
  playSentSound,
  ...trackRoutes,
  listTranscripts,
  readTranscript,
  listenToEvents,
  listModels,
  retrieveModel,
  createChatCompletion,
  createSpeech,
  createTranscription,
  createTranslation,
];
