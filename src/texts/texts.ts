/** Every sentence people read, by id. `{x}` is filled in. Wording is the product's. */
const english = {
  'join.ok': 'In {channel}. Just talk to me.',
  'join.consent': 'By calling me you said yes for this session; /privacy deny undoes it.',
  'join.none': 'Join a voice channel first, or pick one: /join channel.',
  'join.busy': "I'm in {other} with {n} people. Ask there, or add a second worker bot.",
  'join.timeout': "Discord's voice server did not answer in 15 s. Retrying; next try in {s} s.",
  'leave.ok': 'Left {channel} after {duration}.',
  'leave.nowhere': "I'm in no voice channel here.",
  'perm.room': 'Join {channel} first.',
  generic: "That didn't work ({code}). Try again in a moment.",
  'command.join': 'Call me into a voice channel',
  'command.join.channel': 'Which voice channel; yours if left out',
  'command.leave': 'Send me out of the voice channel',
  'fail.stt': "I couldn't make that out, please repeat.",
  'fail.llm': "I can't think right now: {provider} is not answering.",
  'fail.tts': "My voice is out, so I'm writing:",
} as const;

export type TextId = keyof typeof english;
export type Words = Readonly<Record<string, string | number>>;

/** The sentence `id` with its `{x}` filled from `words`; a word left out stays visible as `{x}`. */
export function text(id: TextId, words: Words = {}): string {
  return english[id].replace(/\{(\w+)\}/g, (whole, key: string) => `${words[key] ?? whole}`);
}
