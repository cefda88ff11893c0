import {
  type ModelList,
  standardModels,
} from '#src/provider/models/standard-models.ts';

/** A model for a role. `isGuess` means that no list named such a model. */
export type PickedModel = { readonly model: string; readonly isGuess: boolean };

/** Models by role. */
export interface PickedModels {
  readonly CHAT_COMPLETION: PickedModel;
  readonly SPEECH: PickedModel;
  readonly TRANSCRIPTION: PickedModel;
  readonly REALTIME: PickedModel;
  readonly LIVE: PickedModel;
  /** Reads a text aloud. */
  readonly realtimeSpeech: PickedModel;
}

const kindPatterns = {
  transcription:
    /whisper|transcri|\bstt\b|\basr\b|parakeet|canary|voxtral|moonshine|sensevoice/i,
  speech:
    /\btts\b|kokoro|piper|\bbark\b|orpheus|xtts|speech|voice|chatterbox|parler|dia\b/i,
  realtime: /realtime/i,
  live: /gpt-live/i,
  audioChat: /audio(?!.{0,200}(tts|transcri))/i,
  other: /embed|rerank|moderation|dall-e|image|video|sora|\bvad\b|davinci|babbage/i,
} as const;

type ModelKind = keyof typeof kindPatterns | 'chat';

/**
 * Picks a model for each role by its name: OpenAI's usual model if listed, else the first that
 * fits.
 *
 * @example
 * import { pickModels } from '#doctor/pick-models.ts';
 *
 * const models = [{ id: 'llama3.2' }, { id: 'whisper-large-v3' }];
 * pickModels({ kind: 'listed', models }).TRANSCRIPTION; // { model: 'whisper-large-v3', isGuess: false }
 */
export function pickModels(list: ModelList): PickedModels {
  const ids = list.kind === 'listed' ? list.models.map(({ id }) => id) : [];
  const pickModel = (kind: ModelKind, standard: string): PickedModel => {
    if (ids.includes(standard)) return { model: standard, isGuess: false };
    const fitting = ids.find((id) => findModelKind(id) === kind);
    if (fitting) return { model: fitting, isGuess: false };
    return { model: ids[0] ?? standard, isGuess: true };
  };
  return {
    CHAT_COMPLETION: pickModel('chat', standardModels.chat),
    SPEECH: pickModel('speech', standardModels.speech),
    TRANSCRIPTION: pickModel('transcription', standardModels.transcription),
    REALTIME: pickModel('realtime', standardModels.realtime),
    LIVE: pickModel('live', standardModels.live),
    realtimeSpeech: pickModel('realtime', standardModels.realtimeSpeech),
  };
}

function findModelKind(id: string) {
  const order = [
    'transcription',
    'speech',
    'realtime',
    'live',
    'audioChat',
    'other',
  ] as const;
  return order.find((kind) => kindPatterns[kind].test(id)) ?? 'chat';
}
