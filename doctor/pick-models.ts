import {
  type ModelList,
  standardModels,
} from '#src/provider/models/standard-models.ts';

/** Models by role. `isGuess` means that no list named such a model. */
export type PickedModels = ReturnType<typeof pickModels>;

const kindPatterns = {
  transcription:
    /whisper|transcri|\bstt\b|\basr\b|parakeet|canary|voxtral|moonshine|sensevoice/i,
  speech:
    /\btts\b|kokoro|piper|\bbark\b|orpheus|xtts|speech|voice|chatterbox|parler|dia\b/i,
  realtime: /realtime/i,
  audioChat: /audio(?!.{0,200}(tts|transcri))/i,
  other:
    /embed|rerank|moderation|dall-e|image|video|sora|\bvad\b|davinci|babbage|gpt-live/i,
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
export function pickModels(list: ModelList) {
  const ids = list.kind === 'listed' ? list.models.map(({ id }) => id) : [];
  const listOfKind = (kind: ModelKind) =>
    ids.filter((id) => findModelKind(id) === kind);
  const pick = (kind: ModelKind, standard: string) => {
    if (ids.includes(standard)) return { model: standard, isGuess: false };
    const [first] = listOfKind(kind);
    if (first) return { model: first, isGuess: false };
    return { model: ids.length === 0 ? standard : (ids[0] ?? standard), isGuess: true };
  };
  return {
    CHAT_COMPLETION: pick('chat', standardModels.chat),
    SPEECH: pick('speech', standardModels.speech),
    TRANSCRIPTION: pick('transcription', standardModels.transcription),
    REALTIME: pick('realtime', standardModels.realtime),
    /** Reads a text aloud. */
    realtimeSpeech: pick('realtime', standardModels.realtimeSpeech),
  };
}

function findModelKind(id: string) {
  const order = ['transcription', 'speech', 'realtime', 'audioChat', 'other'] as const;
  return order.find((kind) => kindPatterns[kind].test(id)) ?? 'chat';
}
