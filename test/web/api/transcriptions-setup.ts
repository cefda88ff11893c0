import { toFile } from 'openai';
import { listenRateHz } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { joined, speech } from '#test/audio/speech.ts';

/** Nobody speaks for so long. */
const pause = new Int16Array(2.5 * listenRateHz);
const [first, second] = [speech('human-cards-004'), speech('human-something')];
const samples = joined([first.samples, pause, second.samples, pause]);

/** A WAV file with two sentences and a pause between. */
export const twoSentences = new Uint8Array(writeWav({ ...first, samples }));

export const wavFile = async () => await toFile(twoSentences, 'speech.wav', { type: 'audio/wav' });
