// Does the bot stop for who interrupts it, and for nothing else? npm run bench -- interruptions [--clips DIR] [--sounds DIR] [--count N] (virtual time, some minutes).
import { parseArgs } from 'node:util';
import { clipFolders } from '#bench/human-clips.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { formatInterruptions } from './interruption-report.ts';
import { readNoises, readVoiceSounds } from './overlap-sounds.ts';
import { type PlayedOverlap, playOverlaps } from './play-overlaps.ts';

const { values: options } = parseArgs({
  options: {
    /** Folder of people, with a manifest.json. */
    clips: { type: 'string', default: clipFolders.people },
    /** Folder of sounds that are no words, .opus or .wav. Names of laughs hold "laugh". */
    sounds: { type: 'string', default: 'test/fixtures/non-speech' },
    /** Number of sounds of people, spread over all. */
    count: { type: 'string', default: '100000' },
    /** Lists each sound. */
    list: { type: 'boolean', default: false },
  },
});

const codec = await loadOpus();
const voices = await readVoiceSounds(options.clips, codec);
const step = Math.max(1, Math.ceil(voices.length / Number(options.count)));
const sounds = [
  ...voices.filter((_, n) => n % step === 0),
  ...readNoises(options.sounds, codec),
];
console.log(
  'The person who is answered makes these sounds over the answer, on virtual time; ms from the begin of a sound, "back" from its end to full level.\n',
);
const played = await playOverlaps(sounds);
console.log(formatInterruptions(played));
if (options.list) for (const each of played) console.log(formatPlayed(each));

function formatPlayed({ sound, ...played }: PlayedOverlap) {
  const { endedMs = '-', silentMs = '-', backMs = '-', isDucked } = played;
  return `${sound.kind} | ${sound.name} | ${sound.sound.ms} ms after ${played.saidAfterMs} | ducked ${isDucked}, silent ${silentMs}, ended ${endedMs}, back ${backMs} | ${sound.text}`;
}
