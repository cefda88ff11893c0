import { readFile } from 'node:fs/promises';
import { decodeClip, readClips, toClipPath } from '#bench/turns/voice-clips.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { measureEditDistance } from '#src/base/edit-distance.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import { runToEnd } from '#test/fakes/bot-process.ts';

/** Waiting time of a newcomer, and how well the local recogniser hears. */
export async function benchNewcomer(): Promise<void> {
  console.log('\nLocal engines');
  await benchRecogniser();
  const { out } = await runToEnd({}, ['--once']);
  console.log(
    /first reply heard.*/.exec(out)?.[0] ?? 'npm start -- --once heard no reply',
  );
}

/** Share of words that the local recogniser gets wrong in the clips of `test/fixtures/scenes`, by voice. */
async function benchRecogniser() {
  const codec = await loadOpus();
  await using models = new LocalModels();
  const recogniser = await openLocalTranscriber({ models });
  const clips = [...(await readClips()).values()];
  for (const voice of ['human', 'slt', 'rms', 'kal16', 'espeak']) {
    let words = 0;
    let wrong = 0;
    for (const clip of clips.filter(({ id }) => id.startsWith(voice))) {
      const samples = decodeClip(await readFile(toClipPath(clip.id)), codec, 16_000);
      const pcm = { samples, rateHz: 16_000, channels: 1 } as const;
      for await (const update of recogniser.transcribe(
        pcm,
        new AbortController().signal,
      )) {
        if (update.kind !== 'final') continue;
        const wanted = clip.words.map(([word]) => word.toLowerCase());
        words += wanted.length;
        wrong += measureEditDistance(wanted, update.transcript.text.split(' '));
      }
    }
    console.log(
      `${voice}: ${Math.round((100 * wrong) / words)} % of ${words} words wrong`,
    );
  }
}
