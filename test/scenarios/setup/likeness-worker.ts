import { type MessagePort, parentPort } from 'node:worker_threads';
import type { Pcm } from '#src/audio/pcm.ts';
import { measureSimilarity } from '#test/audio/similarity.ts';

type LikenessRequest = {
  readonly heard: Pcm;
  readonly expected: Pcm;
  readonly answer: MessagePort;
};

parentPort?.on('message', ({ heard, expected, answer }: LikenessRequest) => {
  answer.postMessage(measureSimilarity(heard, expected));
});
