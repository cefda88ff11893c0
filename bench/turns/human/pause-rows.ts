import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { listMoments, type MomentDeps } from '#bench/turns/silences/turn-moments.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import {
  type HeardTurn,
  openTurnEncoder,
} from '#src/speech/local/process/smart-turn.ts';
import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import { type HumanScene, readHumanScenes } from './human-scenes.ts';
import { isCounted } from './watched-silences.ts';

/** What endpointing knows at one instant of a silence. The judgement is that of the latest answer. */
type MomentRow = readonly [
  sinceMs: number,
  silentMs: number,
  wordsLogit: number | null,
  isTextless: number,
  isLagging: number,
  isClosed: number,
  answeredMs: number | null,
  isPending: number,
];

/** A silence of a person, from which `scripts/models/turn_head.py` learns. Times count from its begin. */
export type PauseRow = {
  readonly file: string;
  readonly kind: 'hold' | 'eot';
  readonly insertedMs?: number | undefined;
  readonly lengthMs: number;
  readonly profile: string;
  readonly words: string;
  readonly wordCount: number;
  readonly spokenMs: number;
  readonly wordsLogit: number;
  readonly moments: readonly MomentRow[];
  /** `pooled` is base64 of 384 floats, little-endian. */
  readonly answers: readonly {
    readonly askedMs: number;
    readonly probability: number;
    readonly pooled: string;
  }[];
};

/** Hesitations that are put into each clip, at borders of words. */
const hesitationCount = 2;

/** Writes a line of JSON for each silence of the people in a folder. */
export async function writePauseRows(
  folder: string,
  file: string,
  deps: MomentDeps,
): Promise<void> {
  const hearTurn = await openTurnEncoder(
    getModelFolder('smart-turn-v3.2-merged-silence'),
  );
  const output = createWriteStream(file);
  for await (const scene of readHumanScenes(deps.codec, folder, hesitationCount)) {
    for (const row of await listRows(scene, deps, hearTurn))
      output.write(`${JSON.stringify(row)}\n`);
  }
  output.end();
  await once(output, 'finish');
}

/** Reads what `writePauseRows` wrote. */
export async function readPauseRows(file: string): Promise<readonly PauseRow[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line): PauseRow => JSON.parse(line));
}

async function listRows(
  scene: HumanScene,
  deps: MomentDeps,
  hearTurn: (samples: Int16Array) => Promise<HeardTurn>,
): Promise<readonly PauseRow[]> {
  const answers = new Map<number, HeardTurn>();
  const moments = await listMoments(scene, deps, async (samples, askedAtMs) => {
    if (!isCounted(scene, askedAtMs)) return undefined;
    const heardTurn = await hearTurn(samples);
    answers.set(askedAtMs, heardTurn);
    return heardTurn.probability;
  });
  return scene.silences.map((silence): PauseRow => {
    const { fromMs, toMs } = silence;
    const spokenWords = scene.words.filter(([, from]) => from < fromMs);
    const sentence = spokenWords.map(([text]) => text).join(' ');
    return {
      file: scene.file,
      kind: silence.kind,
      insertedMs: silence.insertedMs,
      lengthMs: toMs - fromMs,
      profile: scene.profile,
      words: sentence,
      wordCount: spokenWords.length,
      spokenMs: fromMs - (spokenWords[0]?.[1] ?? fromMs),
      wordsLogit: predictEndOfTurn(sentence, scene.language).completeLogit,
      moments: moments
        .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
        .map(({ atMs, silentMs, signs }): MomentRow => {
          const { endOfTurn, isClosed, isLagging, isTextless, judgement } = signs;
          const isPending = judgement?.isPending ?? false;
          return [
            atMs - fromMs,
            silentMs,
            endOfTurn?.completeLogit ?? null,
            Number(isTextless),
            Number(isLagging),
            Number(isClosed),
            judgement && !isPending ? judgement.askedAtMs - fromMs : null,
            Number(isPending),
          ];
        }),
      answers: [...answers]
        .filter(([askedAtMs]) => askedAtMs >= fromMs && askedAtMs < toMs)
        .map(([askedAtMs, { pooled, probability }]) => ({
          askedMs: askedAtMs - fromMs,
          probability,
          pooled: Buffer.from(new Uint8Array(pooled.slice().buffer)).toString('base64'),
        })),
    };
  });
}
