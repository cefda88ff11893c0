import { parentPort, workerData } from 'node:worker_threads';
import { similarity } from '#src/audio/echo/similarity.ts';
import type { Pcm } from '#src/audio/pcm.ts';

const { heard, expected } = workerData as { readonly heard: Pcm; readonly expected: Pcm };
parentPort?.postMessage(similarity(heard, expected));
