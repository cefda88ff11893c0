import { type MessagePort, parentPort } from 'node:worker_threads';
import { similarity } from '#src/audio/echo/similarity.ts';
import type { Pcm } from '#src/audio/pcm.ts';

type LikenessRequest = {
  readonly heard: Pcm;
  readonly expected: Pcm;
  readonly answer: MessagePort;
};

parentPort?.on('message', ({ heard, expected, answer }: LikenessRequest) => {
  answer.postMessage(similarity(heard, expected));
});
