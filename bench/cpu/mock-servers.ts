// Program of its own: the mock servers of recognition, chat and speech.

import {
  type MockProviders,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/mock-recogniser.ts';
import { serveOrders } from './child-program.ts';
import type { AnswerLength, ServersAddress, ServersOrder } from './orders.ts';

/** 5 s at the usual pace of 65 ms a character. */
const sentenceAnswer =
  'Yes, it is, and so was the last one that you asked me about a while ago, too.';
const answers: Readonly<Record<AnswerLength, string>> = {
  sentence: sentenceAnswer,
  story: Array<string>(115).fill(sentenceAnswer).join(' '),
};
/** Requests are kept by the mock servers; so many are forgotten at a time. */
const maxKeptRequests = 5_000;

const recogniser = await openRecogniser();
let length: AnswerLength = 'sentence';
let providers: MockProviders | undefined;

serveOrders<ServersOrder>(async (order) => {
  if (order.do === 'answer') {
    length = order.length;
    providers?.reset(toSettings());
    return undefined;
  }
  providers = await openMockProviders(toSettings());
  return { baseUrl: providers.baseUrl } satisfies ServersAddress;
});

setInterval(() => {
  if ((providers?.requests.length ?? 0) > maxKeptRequests)
    providers?.reset(toSettings());
}, 10_000).unref();

function toSettings() {
  return {
    hears: (pcm: Parameters<typeof recogniser.hearPcm>[0]) => recogniser.hearPcm(pcm),
    replies: [{ match: /^/, text: answers[length] }],
  };
}
