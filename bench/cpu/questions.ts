import { Clips } from '#bench/clips.ts';
import type { EncodedSpeech } from '#sandbox/voice/voice-ports.ts';
import { encodeSpeech } from '#sandbox/voice-client/speech-frames.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';

/** A command that the bot obeys instead of answering. */
const command = /^stop\b/;

/** Shortest and longest question, in packets of 20 ms: each takes about the 2 s of all of them. */
const [fewest, most] = [80, 140];

/** Questions of the recordings, encoded. */
export async function encodedQuestions(codec: OpusCodec): Promise<readonly EncodedSpeech[]> {
  await using clips = await Clips.open();
  const asked = clips.all.filter(({ text }) => !command.test(text));
  const encoded = asked.map(({ pcm }) => encodeSpeech(pcm, codec));
  return encoded.filter(({ frames }) => frames.length >= fewest && frames.length <= most);
}
