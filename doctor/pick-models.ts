import { type ModelList, standardModels } from '#src/provider/models/models.ts';

/** `isGuess`: nothing says that the server has it, or that it is of this kind. */
type Pick = { readonly model: string; readonly isGuess: boolean };

/** By the settings that the model is for. */
export type Picks = {
  readonly CHAT_COMPLETION: Pick;
  readonly SPEECH: Pick;
  readonly TRANSCRIPTION: Pick;
  readonly REALTIME: Pick;
  /** Realtime model that reads aloud. */
  readonly realtimeSpeech: Pick;
};

const kinds = {
  transcription: /whisper|transcri|\bstt\b|\basr\b|parakeet|canary|voxtral|moonshine|sensevoice/i,
  speech: /\btts\b|kokoro|piper|\bbark\b|orpheus|xtts|speech|voice|chatterbox|parler|dia\b/i,
  realtime: /realtime/i,
  audioChat: /audio(?!.{0,200}(tts|transcri))/i,
  other: /embed|rerank|moderation|dall-e|image|video|sora|\bvad\b|davinci|babbage|gpt-live/i,
} as const;

type ModelKind = keyof typeof kinds | 'chat';

/** One model a role, by their names: the default, else the first that sounds like it. */
export function pickModels(list: ModelList): Picks {
  const ids = list.kind === 'listed' ? list.models.map(({ id }) => id) : [];
  const of = (kind: ModelKind) => ids.filter((id) => kindOf(id) === kind);
  const pick = (kind: ModelKind, standard: string): Pick => {
    if (ids.includes(standard)) return { model: standard, isGuess: false };
    const [first] = of(kind);
    if (first) return { model: first, isGuess: false };
    return { model: ids.length === 0 ? standard : (ids[0] ?? standard), isGuess: true };
  };
  return {
    CHAT_COMPLETION: pick('chat', standardModels.chat),
    SPEECH: pick('speech', standardModels.speech),
    TRANSCRIPTION: pick('transcription', standardModels.transcription),
    REALTIME: pick('realtime', standardModels.realtime),
    realtimeSpeech: pick('realtime', standardModels.realtimeSpeech),
  };
}

function kindOf(id: string): ModelKind {
  const order = ['transcription', 'speech', 'realtime', 'audioChat', 'other'] as const;
  return order.find((kind) => kinds[kind].test(id)) ?? 'chat';
}
