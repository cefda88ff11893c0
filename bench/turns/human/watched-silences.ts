import { readFile } from 'node:fs/promises';
import { listMoments, type MomentDeps } from '#bench/turns/silences/turn-moments.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import { openTurnEncoder } from '#src/speech/local/process/smart-turn.ts';
import type { TurnHead } from '#src/speech/local/process/turn-head.ts';
import { computeTurnLogit } from '#src/speech/local/process/turn-head.ts';
import { type HumanScene, readHumanScenes } from './human-scenes.ts';
import type { ReadSilence } from './read-silences.ts';

/** A silence, with the signs of an end at each of its instants. */
export type WatchedSilence = ReadSilence & {
  readonly scene: Pick<HumanScene, 'kind' | 'language' | 'profile'>;
  readonly hasWords: boolean;
};

/** A head that learnt without the people of these files. */
type FoldHead = TurnHead & { readonly files: readonly string[] };

const foldsFile = 'test/fixtures/turn-heads.json';

/** Reads the heads of all folds. Returns a function that finds, for a file, the head that never heard its speaker. */
export async function readFoldHeads(): Promise<(file: string) => TurnHead> {
  const folds: readonly FoldHead[] = JSON.parse(await readFile(foldsFile, 'utf8'));
  return (file) => {
    const head = folds.find(({ files }) => files.includes(file)) ?? folds[0];
    if (!head) throw new Error(`${foldsFile} holds no head`);
    return head;
  };
}

/**
 * Watches the silences of the people in a folder as the bot's hearing knows them. The head that judges a clip never heard its
 * speaker.
 */
export async function watchSilences(
  folder: string,
  deps: MomentDeps,
): Promise<readonly WatchedSilence[]> {
  const findHead = await readFoldHeads();
  const hearTurn = await openTurnEncoder(
    getModelFolder('smart-turn-v3.2-merged-silence'),
  );
  const silences: WatchedSilence[] = [];
  for await (const scene of readHumanScenes(deps.codec, folder)) {
    const head = findHead(scene.file);
    const moments = await listMoments(scene, deps, async (samples, askedAtMs) =>
      isCounted(scene, askedAtMs)
        ? computeTurnLogit(head, await hearTurn(samples))
        : undefined,
    );
    for (const silence of scene.silences) {
      const { fromMs, toMs } = silence;
      silences.push({
        ...silence,
        scene,
        hasWords: scene.words.length > 0,
        moments: moments.filter(({ atMs }) => atMs >= fromMs && atMs < toMs),
      });
    }
  }
  return silences;
}

/** Returns whether an instant lies in a silence of which figures are made. */
export function isCounted({ silences }: HumanScene, atMs: number): boolean {
  return silences.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
}
