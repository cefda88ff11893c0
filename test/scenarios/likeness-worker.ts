import { parentPort, workerData } from 'node:worker_threads';
import type { Pcm } from '#src/audio/pcm.ts';
import { similarity } from '#src/audio/similarity.ts';

const { heard, expected } = workerData as { readonly heard: Pcm; readonly expected: Pcm };
parentPort?.postMessage(similarity(heard, expected));
