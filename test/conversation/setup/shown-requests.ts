import { readWav } from '#src/audio/wav.ts';
import type { MockRequest } from '#test/fakes/providers/mock-settings.ts';
import type { MockProviders } from '#test/fakes/providers/providers.ts';
import type { TalkThing } from '#test/fakes/providers/realtime-call.ts';
import { hears } from './sayings.ts';

/** One request for an answer: what was shown, a line each thing, as in `user: Adam: hello`; sound by its words. */
export type ShownRequest = { readonly lines: readonly string[] };

type ShownRequestMessage = {
  readonly role: string;
  readonly content?: string | readonly ShownPiece[];
  readonly audio?: { readonly id: string };
};
type ShownPiece = { readonly text?: string; readonly input_audio?: { readonly data: string } };

/** Requests to a chat server. */
export function askedIn(providers: MockProviders): readonly ShownRequest[] {
  return providers.requests.flatMap((one) =>
    one.endpoint === 'chat' && one.body ? [shownIn(one, providers)] : [],
  );
}

/** Conversation items of a Realtime server. A name is an item of its own before the sound it belongs to. */
export function linesIn(items: readonly TalkThing[]): string[] {
  const lines: string[] = [];
  for (const { type, role, text, sound } of items) {
    if (sound) lines.push(`${lines.pop()} ${text}`);
    else lines.push(`${role ?? (type === 'function_call' ? 'call' : 'tool')}: ${text}`);
  }
  return lines;
}

/** Work that servers are doing now. */
export function running({ requests, talk }: MockProviders): readonly string[] {
  const open = requests.filter(
    ({ endedAtMs, leftAtMs }) => endedAtMs === undefined && leftAtMs === undefined,
  );
  const answers = talk.calls.flatMap(({ active }) => (active > 0 ? ['talk'] : []));
  return [...open.map(({ endpoint }) => endpoint), ...answers];
}

function shownIn({ body }: MockRequest, providers: MockProviders): ShownRequest {
  const messages = (body?.messages ?? []) as readonly ShownRequestMessage[];
  const lines = messages.flatMap(({ role, content = '', audio }) => {
    if (role === 'system') return [];
    if (audio) return [`${role}: ${textBehind(audio.id, providers)}`];
    const text = typeof content === 'string' ? content : content.map(wordsOf).join('').trim();
    return text.split('\n').map((line) => `${role}: ${line}`);
  });
  return { lines };
}

function wordsOf({ text, input_audio }: ShownPiece): string {
  if (!input_audio) return `\n${text}`;
  return ` ${hears(readWav(Buffer.from(input_audio.data, 'base64')))}`;
}

/** The mock server names its answers by their length. */
function textBehind(id: string, { requests }: MockProviders): string {
  const said = requests.find(({ text }) => text !== undefined && id === `audio_${text.length}`);
  return said?.text ?? id;
}
